import { readFileSync } from 'node:fs';
import path from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { pushCommit } from '../../local/github/store.ts';
import { root } from '../contract/action-metadata.ts';
import { emptyDatabase } from '../database/reconcile/empty-database.ts';
import type { TestDatabase } from '../support/database.ts';
import { runBundledAction, type StepResult } from './bundled-action.ts';
import { CANARIES, type ControlRepository, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens, openPullRequest } from './pull-request.ts';

const sha = 'e'.repeat(40);
const leaked = 'canary-key-somebody-wrote-into-a-command';

let database: TestDatabase;
let github: GitHubStandIn;
let repository: ControlRepository;
let reader: Sql;
let readerUrl: string;

/** The SQL of docs/github.md, block by block: what people run is what is tested. */
function documented(): readonly [string, string] {
  const text = readFileSync(path.join(root, 'docs/github.md'), 'utf8');
  const [role = '', net = '', ...others] = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(
    ([, sql = '']) => sql,
  );
  expect(others).toEqual([]);
  return [role, net];
}

beforeAll(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  pushCommit(github.store, { branch: 'main', sha, files: [] });
  database = await emptyDatabase(import.meta.url);
  repository = controlRepository();
  const applied = await step('reconcile', { url: database.url, env: { ...CANARIES } });
  expect(applied.record.reason, applied.stdout).toBe('applied');
  await database.sql`select cron.schedule('by_hand', '5 5 * * *', ${`select '${leaked}'`})`;

  const [role, net] = documented();
  expect(role).toContain('CHANGE-ME');
  await database.superuser`drop role if exists opsroom_plan`;
  await database.sql.unsafe(role.replace('CHANGE-ME', 'reader-password-0123456789'));
  await database.superuser.unsafe(net);
  const url = new URL(database.url);
  url.username = 'opsroom_plan';
  url.password = 'reader-password-0123456789';
  readerUrl = url.href;
  reader = postgres(readerUrl, { max: 1, onnotice: () => undefined });
});

afterAll(async () => {
  await reader.end();
  await github.stop();
  await database.superuser`drop owned by opsroom_plan`;
  await database.superuser`drop role opsroom_plan`;
  await database.drop();
});

function step(
  action: 'plan' | 'drift' | 'reconcile',
  over: {
    readonly url?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly with?: Readonly<Record<string, string>>;
  } = {},
): Promise<StepResult> {
  const inputs = action === 'plan' ? { environments: 'production' } : { environment: 'production' };
  return runBundledAction({
    action,
    with: { ...inputs, ...over.with },
    env: { OPS_PRODUCTION_DATABASE_URL: over.url ?? readerUrl, ...over.env },
    workspace: repository.workspace,
    token: `ghs_${action}`,
    apiUrl: github.apiUrl,
    event: action === 'plan' ? openPullRequest(github).event() : { name: 'schedule', payload: {} },
    sha,
  });
}

describe('a plan through the role of docs/github.md', () => {
  it('finds nothing to do right after a reconcile', async () => {
    const { record, summary } = await step('plan');

    expect(record, record.message).toMatchObject({ reason: 'plan_empty', ok: true });
    expect(record.counts).toMatchObject({ create: 0, update: 0, delete: 0, adopt: 0, unmanaged: 1 });
    expect(record.counts?.unchanged).toBeGreaterThan(40);
    // Nothing it would have to be allowed to see; functions are another matter, and not of this role.
    expect(summary).not.toMatch(/`(?:pg_\w+|cron\.\w+|Vault|privileges on \w+|a full view of [\w.]+)`: /);
    expect(summary).toContain('`by_hand`');
  });

  it('is the plan the reconcile will carry out, to the digest', async () => {
    const file = 'runbooks/cron/sync_game_platform_stats.yaml';
    repository.edit(file, 'schedule: ', "schedule: '7 5 * * *' # ");

    const looked = await step('plan');
    const dry = await step('reconcile', {
      url: database.url,
      env: { ...CANARIES },
      with: { 'dry-run': 'true' },
    });

    repository.edit(file, "schedule: '7 5 * * *' # ", 'schedule: ');
    expect(looked.record.counts).toMatchObject({ create: 0, update: 2, delete: 0 });
    expect(dry.record).toMatchObject({ reason: 'dry_run', digest: looked.record.digest });
  });

  it('calls secrets it was given not compared, neither changed nor a fault', async () => {
    const { record, stdout, summary } = await step('plan', {
      env: { OPS_ANON_KEY: 'another-value-entirely' },
    });

    expect(record, stdout).toMatchObject({ reason: 'plan_empty', ok: true });
    expect(summary).toContain('was not compared for secret anon_key: role opsroom_plan may not decrypt');
  });

  it('shows nothing of what people wrote into commands', async () => {
    const { visible } = await step('plan');

    expect(visible).not.toContain(leaked);
  });
});

describe('drift through the role of docs/github.md', () => {
  it('is none right after a reconcile, and is found when somebody changes a job', async () => {
    expect((await step('drift')).record.reason).toBe('drift_none');
    const [job] =
      await database.sql`select jobid, schedule from cron.job where jobname = 'sync_game_platform_stats'`;
    await database.sql`select cron.alter_job(${job?.jobid}, schedule => '1 1 * * *')`;

    const { record } = await step('drift');

    await database.sql`select cron.alter_job(${job?.jobid}, schedule => ${job?.schedule})`;
    expect(record).toMatchObject({ reason: 'drift_found', counts: { update: 1 } });
    expect((await step('drift')).record.reason).toBe('drift_none');
  });
});

describe('the role of docs/github.md', () => {
  it('may change no row of any table, also when it calls itself read-write', async () => {
    const open = await reader`
      select c.oid::regclass::text as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_(toast|temp)'
        and has_schema_privilege(n.oid, 'usage')
        and (has_table_privilege(c.oid, 'insert, update, delete, truncate, references, trigger'))
        -- The catalog's one exception: its rule lets an update set a parameter of the own session.
        and c.oid <> 'pg_catalog.pg_settings'::regclass
      order by 1`;
    const makes = await reader`
      select nspname from pg_namespace where has_schema_privilege(oid, 'create') and nspname !~ '^pg_'`;

    expect(open.map(({ name }) => name)).toEqual([]);
    expect(makes.map(({ nspname }) => nspname)).toEqual([]);
  });

  it.each([
    ['schedule a job', `select cron.schedule('x', '* * * * *', 'select 1')`],
    ['remove a job', `select cron.unschedule(1)`],
    ['read the commands of jobs', `select command from cron.job`],
    ['fire a job', `select ops.fire_now('sync_game_platform_stats')`],
    ['collect', `select ops.collect()`],
    ['send a request', `select net.http_get('http://127.0.0.1:1')`],
    ['read requests that wait', `select headers from net.http_request_queue`],
    ['store a secret', `select vault.create_secret('x', 'x')`],
    ['read secrets', `select decrypted_secret from vault.decrypted_secrets`],
    ['read secrets as they are stored', `select secret from vault.secrets`],
    ['read secrets through ours', `select ops.read_secret('anon_key')`],
    ['read run tokens', `select * from ops.run_tokens`],
    ['change a definition', `update ops.job_definitions set digest = 'x'`],
    ['forget what is ours', `delete from ops.managed_objects`],
    ['forget a migration', `delete from supabase_migrations.schema_migrations`],
    ['become the role that applies', `set role postgres`],
    ['make a table', `create table public.x (id int)`],
  ])('may not %s', async (_what, statement) => {
    const attempt = reader.begin('read write', (tx) => tx.unsafe(statement));

    await expect(attempt).rejects.toThrow(/permission denied/);
  });

  it('sees no value of any secret in anything it may read', async () => {
    const seen = JSON.stringify([
      await reader`select * from ops.plan_secrets()`,
      await reader`select * from ops.plan_cron_jobs()`,
      await reader`select * from ops.plan_projects()`,
      await reader`select * from ops.job_definitions`,
      await reader`select * from ops.managed_objects`,
    ]);

    expect(seen).toContain('anon_key');
    expect(seen).toContain("select ops.fire('sync_game_platform_stats')");
    for (const canary of [...Object.values(CANARIES), leaked]) expect(seen).not.toContain(canary);
  });

  it.each([
    [
      'a grant',
      'revoke select on ops.managed_objects from opsroom_plan',
      'grant select on ops.managed_objects to opsroom_plan',
      'ops.managed_objects',
    ],
    [
      'a policy',
      'drop policy opsroom_plan_select on ops.job_definitions',
      'create policy opsroom_plan_select on ops.job_definitions for select to opsroom_plan using (true)',
      'ops.job_definitions',
    ],
    [
      'a function',
      'revoke execute on function ops.plan_cron_jobs() from opsroom_plan',
      'grant execute on function ops.plan_cron_jobs() to opsroom_plan',
      'cron.job through ops.plan_cron_jobs()',
    ],
    [
      'the other function',
      'revoke execute on function ops.plan_secrets() from opsroom_plan',
      'grant execute on function ops.plan_secrets() to opsroom_plan',
      'vault.secrets through ops.plan_secrets()',
    ],
    [
      'the projects',
      'revoke execute on function ops.plan_projects() from opsroom_plan',
      'grant execute on function ops.plan_projects() to opsroom_plan',
      'ops.projects through ops.plan_projects()',
    ],
  ])('without %s plans nothing and says what is missing', async (_what, take, give, table) => {
    await database.sql.unsafe(take);
    const records = [(await step('plan')).record, (await step('drift')).record];
    await database.sql.unsafe(give);

    for (const record of records) {
      expect(record).toMatchObject({ reason: 'configuration_error', ok: false });
      expect(record.message).toContain(`opsroom_plan may not read ${table}`);
    }
  });
});
