/** The final schema, as a reviewer reads it. After an intended change: UPDATE_GOLDEN=1 npm test -- test/database/ops/schema.test.ts */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { dumpSchema } from '../../support/schema-dump.ts';

const golden = new URL('../../schema.sql', import.meta.url);
const header =
  '-- Schema ops after all migrations. Generated; the test that compares it says how to update it.\n\n';
const database = await createTestDatabase(import.meta.url);
afterAll(() => database.drop());

it('test/schema.sql shows what the migrations make', async () => {
  const live = header + (await dumpSchema(database.sql, 'ops'));
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, live);
  expect(readFileSync(golden, 'utf8'), 'after an intended change run this test with UPDATE_GOLDEN=1').toBe(
    live,
  );
});

it('a change by hand shows in the dump', async () => {
  const before = await dumpSchema(database.sql, 'ops');
  await database.sql`grant select on ops.run_tokens to anon`;
  const after = await dumpSchema(database.sql, 'ops');
  await database.sql`revoke select on ops.run_tokens from anon`;
  expect(after).toBe(
    before.replace(
      'alter table ops.run_tokens enable row level security;',
      'alter table ops.run_tokens enable row level security;\ngrant select on table ops.run_tokens to anon;',
    ),
  );
});
