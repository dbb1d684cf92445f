/** docs/reference/database.md says what the schema says. After an intended change: UPDATE_GOLDEN=1 npm test -- test/database/ops/reference.test.ts */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { schemaReference } from '../../support/schema-reference.ts';

const page = new URL('../../../docs/reference/database.md', import.meta.url);
const head =
  '# The database: what may be called and read\n\nGenerated from the comments of the migrations; a test keeps it true. What is not listed is closed to the API roles.\n\n';
const database = await createTestDatabase(import.meta.url);
afterAll(() => database.drop());

it('docs/reference/database.md lists every function and table the API roles may use', async () => {
  const live =
    head + (await schemaReference(database.sql, 'ops')) + (await schemaReference(database.sql, 'public'));
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(page, live);
  expect(readFileSync(page, 'utf8'), 'after an intended change run this test with UPDATE_GOLDEN=1').toBe(
    live,
  );
});
