/** Supabase's own splinter, as its CLI ships it, over our schema as the API would expose it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type CliProject, cliPath, createCliProject } from '../../support/supabase/cli.ts';

const Advice = z.object({
  results: z.array(
    z.object({
      name: z.string(),
      detail: z.string(),
      metadata: z.object({ schema: z.string().optional(), name: z.string().optional() }),
    }),
  ),
});

/** What it may say: an index of a database nobody uses yet, and tables that are closed on purpose. */
const closedOnPurpose = new Set(['collector_state', 'crash_epoch', 'remembered_answers', 'run_tokens']);

// Installed by CI and by `npm run bench`; without a network the test says that it did not run.
describe.skipIf(cliPath === undefined)('supabase db advisors', () => {
  let database: TestDatabase;
  let project: CliProject;
  beforeAll(async () => {
    database = await createTestDatabase(import.meta.url);
    project = createCliProject({
      apiUrl: 'http://127.0.0.1:9',
      token: `sbp_${'0'.repeat(40)}`,
      ref: `${database.superuserUrl}?sslmode=disable`,
    });
    // Its lints about what an API shows look at the schemas named here, of old at public only.
    project.write(
      'supabase/config.toml',
      'project_id = "test"\n[api]\nschemas = ["public", "graphql_public", "ops"]\n',
    );
  });
  afterAll(async () => {
    project.remove();
    await database.drop();
  });

  async function advice(): Promise<readonly string[]> {
    const { code, stdout, stderr } = await project.run(
      'db',
      'advisors',
      '--level',
      'info',
      '--output-format',
      'json',
    );
    if (code !== 0) throw new Error(`supabase db advisors ended with ${code}: ${stderr}`);
    const partitions = await database.sql<{ relname: string }[]>`
      select relname from pg_class where relnamespace = 'ops'::regnamespace and relispartition`;
    const closed = new Set([...closedOnPurpose, ...partitions.map((row) => row.relname)]);
    return Advice.parse(JSON.parse(stdout))
      .results.filter(({ metadata }) => ['ops', 'public'].includes(metadata.schema ?? ''))
      .filter(({ name, metadata }) => name !== 'rls_enabled_no_policy' || !closed.has(metadata.name ?? ''))
      .filter(({ name }) => name !== 'unused_index')
      .map(({ name, detail }) => `${name}: ${detail}`);
  }

  it('finds nothing in ops and public', async () => {
    expect(await advice()).toEqual([]);
  }, 90_000);

  it('would have found a table that is open, and a view that is', async () => {
    await database.sql`create table ops.leak (id int)`;
    await database.sql`grant select on ops.leak to anon`;
    await database.sql`alter view public.job_run_log set (security_invoker = off)`;
    expect(await advice()).toEqual([
      expect.stringMatching(/^no_primary_key: .*ops\.leak/),
      expect.stringMatching(/^security_definer_view: .*public\.job_run_log/),
      expect.stringMatching(/^rls_disabled_in_public: .*ops\.leak/),
    ]);
  }, 90_000);
});
