import { afterAll, expect, it } from 'vitest';
import { bareDatabase } from '../../support/database.ts';
import { applyMigrations } from '../../support/migrations.ts';

const database = await bareDatabase(import.meta.url);
afterAll(() => database.drop());

it('where there is a publication for Realtime, runs and builds are in it', async () => {
  await database.sql`create publication supabase_realtime`;
  await applyMigrations(database.url);
  const rows = await database.sql`
    select r.prrelid::regclass::text as name
    from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
    where p.pubname = 'supabase_realtime' order by 1`;
  expect(rows.map((row) => row.name)).toEqual(['ops.artifacts', 'ops.builds', 'ops.run_events', 'ops.runs']);
});
