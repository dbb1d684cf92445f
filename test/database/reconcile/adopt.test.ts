import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { storeFoundSecrets } from '../../../actions/_shared/reconcile/adopt/store-secrets.ts';
import { type AdoptedFile, adopt } from '../../../actions/_shared/reconcile/adopt.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, job, ourMigrations } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
  await applyPlan({ sql: database.sql, desired: ours, env: {}, prune: false, actor: { name: 'test' } });
  await database.sql`select vault.create_secret('https://abcdefghijklmnopqrst.supabase.co', 'project_url')`;
  await database.sql`select cron.schedule('sync_game_platform_stats', '0 * * * *', ${COMMAND})`;
  await database.sql`select cron.schedule('job_queue_cleanup_daily', '15 3 * * *', 'delete from ops.job_queue where false')`;
});
afterAll(() => database.drop());

const TOKEN = 'ümläut-canary-77f2';
const COMMAND = `select net.http_post(
  url := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url') || '/functions/v1/sync',
  headers := jsonb_build_object('Content-Type', 'application/json', 'x-job-token', '${TOKEN}'),
  timeout_milliseconds := 10000)`;
const ours = desiredState({ jobs: [job('declared')] });
const ENVIRONMENTS = `testing:\n  lane: production\n  connection: { env: OPS_TESTING_DATABASE_URL }\n`;

function content(files: readonly AdoptedFile[], path: string): string {
  return files.find((file) => file.path === path)?.content ?? '';
}

describe('adopting live jobs', () => {
  it('writes a file for each one nobody declared, and entries for their secrets, without a value', async () => {
    const files = await adopt({ sql: database.sql, desired: ours });
    expect(files.map(({ path, mode }) => [path, mode])).toEqual([
      ['runbooks/cron/sync_game_platform_stats.yaml', 'create'],
      ['runbooks/cron/job_queue_cleanup_daily.yaml', 'create'],
      ['runbooks/secrets.yaml', 'append'],
    ]);
    expect(content(files, 'runbooks/secrets.yaml')).toContain('sync_game_platform_stats_x_job_token');
    expect(JSON.stringify(files)).not.toContain('canary');
  });

  it('takes names, and refuses ones that are not there', async () => {
    const files = await adopt({ sql: database.sql, desired: ours, names: ['job_queue_cleanup_daily'] });
    expect(files.map((file) => file.path)).toEqual(['runbooks/cron/job_queue_cleanup_daily.yaml']);
    await expect(adopt({ sql: database.sql, desired: ours, names: ['declared'] })).rejects.toMatchObject({
      name: 'ConfigurationError',
      hint: expect.stringContaining('job_queue_cleanup_daily'),
    });
  });

  it('ends in files that are valid, apply as they are with the secret moved inside the database, and run no job twice', async () => {
    const files = await adopt({ sql: database.sql, desired: ours });
    const read = memoryReader({
      'runbooks/environments.yaml': ENVIRONMENTS,
      ...Object.fromEntries(files.map((file) => [file.path, file.content])),
    });
    const declarations = await loadDeclarations({ root: '/nowhere', read });
    expect(declarations.diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([]);
    const resolved = declarations.resolve('testing');
    const desired = { ...resolved, migrations: ourMigrations(), jobs: [...resolved.jobs, ...ours.jobs] };

    const blocked = await computePlan({ sql: database.sql, desired, env: {}, prune: true });
    expect(blocked.blockers).toMatchObject([{ code: 'secret-missing' }]);
    const names = ['sync_game_platform_stats', 'job_queue_cleanup_daily'];
    expect(await storeFoundSecrets({ sql: database.sql, desired: ours, names })).toEqual([
      'sync_game_platform_stats_x_job_token',
    ]);
    expect(await storeFoundSecrets({ sql: database.sql, desired: ours, names })).toEqual([]);
    const [stored] = await database.superuser`
      select decrypted_secret from vault.decrypted_secrets where name = 'sync_game_platform_stats_x_job_token'`;
    expect(stored?.decrypted_secret).toBe(TOKEN);

    const result = await applyPlan({
      sql: database.sql,
      desired,
      env: {},
      prune: true,
      actor: { name: 'test' },
    });
    expect(result.reason).toBe('applied');
    expect(
      result.plan.changes.filter((change) => change.kind === 'cron').map((change) => change.action),
    ).toEqual(['adopt', 'adopt']);
    const rows =
      await database.superuser`select jobname::text as name, command from cron.job order by jobname`;
    expect(rows.map((row) => row.name)).toEqual([
      'declared',
      'job_queue_cleanup_daily',
      'sync_game_platform_stats',
    ]);
    expect(JSON.stringify(rows)).not.toContain('canary');
    expect(await adopt({ sql: database.sql, desired })).toEqual([]);
  });

  it('moves what stands there verbatim, of jobs under other file names too, and never a guess', async () => {
    await database.sql`select cron.schedule('Hook of Sales', '0 * * * *', ${"select net.http_get('https://x.test/a?token=sales-canary')"})`;
    await database.sql`select cron.schedule('quoted', '0 * * * *', ${"select net.http_get('https://x.test/a', headers := jsonb_build_object('apikey', 'ca''nary'))"})`;
    const files = await adopt({ sql: database.sql, desired: ours, names: ['Hook of Sales', 'quoted'] });
    expect(JSON.stringify(files)).not.toMatch(/sales-canary|ca'+nary/);
    const names = ['hook-of-sales', 'quoted'];
    expect(await storeFoundSecrets({ sql: database.sql, desired: ours, names })).toEqual([
      'hook_of_sales_url',
    ]);
    const [stored] = await database.superuser`
      select decrypted_secret as value from vault.decrypted_secrets where name = 'hook_of_sales_url'`;
    expect(stored?.value).toBe('https://x.test/a?token=sales-canary');
    const plan = await computePlan({ sql: database.sql, desired: ours, env: {}, prune: false });
    expect(JSON.stringify(plan)).not.toMatch(/sales-canary|ca'+nary/);
  });
});
