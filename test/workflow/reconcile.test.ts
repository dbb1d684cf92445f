import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { pushCommit } from '../../local/github/store.ts';
import { bareDatabase, type TestDatabase } from '../support/database.ts';
import { type BundledStep, runBundledAction, type StepResult } from './bundled-action.ts';
import { CANARIES, type ControlRepository, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens } from './pull-request.ts';

let database: TestDatabase;
let github: GitHubStandIn;
let repository: ControlRepository;
const sha = 'e'.repeat(40);

beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
  repository = controlRepository();
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  pushCommit(github.store, { branch: 'main', sha, files: ['runbooks/secrets.yaml'] });
});

afterAll(async () => {
  await github.stop();
  await database.drop();
});

function reconcile(
  inputs: Readonly<Record<string, string>> = {},
  over: Partial<BundledStep> = {},
): Promise<StepResult> {
  return runBundledAction({
    action: 'reconcile',
    with: { environment: 'production', ...inputs },
    env: { OPS_PRODUCTION_DATABASE_URL: database.url, ...CANARIES },
    workspace: repository.workspace,
    token: 'ghs_reconcile',
    apiUrl: github.apiUrl,
    event: { name: 'push', payload: { ref: 'refs/heads/main' } },
    sha,
    ...over,
  });
}

describe('a reconcile after the merge', () => {
  it('dry, says what it would do and does nothing', async () => {
    const result = await reconcile({ 'dry-run': 'true' });

    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(result.record).toMatchObject({ reason: 'dry_run', ok: true });
    expect(await database.sql`select jobname from cron.job`).toHaveLength(0);
  });

  it('refuses another plan than the one that was agreed on', async () => {
    const result = await reconcile({ 'expect-digest': 'f'.repeat(64) });

    expect(result.exitCode).toBe(1);
    expect(result.record.reason).toBe('plan_moved');
    expect(await database.sql`select jobname from cron.job`).toHaveLength(0);
  });

  it('makes the database what the files say, with an audit row', async () => {
    const { record: agreed } = await reconcile({ 'dry-run': 'true' });
    const result = await reconcile({ 'expect-digest': agreed.digest ?? '' });

    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(result.record).toMatchObject({
      action: 'reconcile',
      reason: 'applied',
      environment: 'production',
    });
    expect(result.summary).toContain('## Applied on production');
    const jobs = await database.sql`select jobname from cron.job`;
    expect(jobs.map(({ jobname }) => jobname)).toContain('sync_game_platform_stats');
    const [audit] = await database.sql`select * from ops.reconciliations where result = 'applied'`;
    expect(audit).toMatchObject({
      environment: 'production',
      actor: 'alice',
      commit_sha: sha,
      run_url: 'https://github.test/acme/ops/actions/runs/4711/attempts/1',
      plan_digest: result.record.digest,
    });
    expect(result.outputs['reconciliation-id']).toBe(String(audit?.id));
  });

  it('again, has nothing to do', async () => {
    const result = await reconcile();

    expect(result.record).toMatchObject({ reason: 'nothing_to_do', ok: true });
  });

  it('of a reverted commit reverts the database', async () => {
    const file = 'runbooks/cron/sync_game_platform_stats.yaml';
    const read = async () => {
      const [row] =
        await database.sql`select schedule from cron.job where jobname = 'sync_game_platform_stats'`;
      return row?.schedule;
    };
    const before = await read();
    repository.edit(file, 'schedule: ', "schedule: '7 5 * * *' # ");
    await reconcile();
    expect(await read()).not.toBe(before);

    repository.edit(file, "schedule: '7 5 * * *' # ", 'schedule: ');
    await reconcile();

    expect(await read()).toBe(before);
  });

  it('tells a renamed file from a job that goes and another that comes', async () => {
    const old = path.join(repository.workspace, 'runbooks/cron/sync_game_platform_stats.yaml');
    repository.write('runbooks/cron/pull_game_stats.yaml', readFileSync(old, 'utf8'));
    repository.remove('runbooks/cron/sync_game_platform_stats.yaml');

    const result = await reconcile({ 'dry-run': 'true' });

    repository.write(
      'runbooks/cron/sync_game_platform_stats.yaml',
      readFileSync(old.replace('sync_game_platform_stats', 'pull_game_stats'), 'utf8'),
    );
    repository.remove('runbooks/cron/pull_game_stats.yaml');
    expect(result.summary).toContain('Looks like sync_game_platform_stats under a new name');
    expect(result.summary).toContain('Goes on as pull_game_stats');
    expect(result.summary).not.toContain('stops running for good');
  });

  it('applies nothing while a file has an error', async () => {
    repository.write('runbooks/cron/broken.yaml', 'schedule: "* * *"\n');

    const result = await reconcile();

    repository.remove('runbooks/cron/broken.yaml');
    expect(result.exitCode).toBe(1);
    expect(result.record.reason).toBe('lint_failed');
    expect(result.stdout).toContain('file=runbooks/cron/broken.yaml');
  });

  it.each([
    [{ environment: 'nowhere' }, 'nowhere'],
    [{ 'dry-run': 'maybe' }, 'dry-run'],
    [{ 'allow-deletes': 'many' }, 'allow-deletes'],
    [{ 'allow-superseded': 'yes' }, 'allow-superseded'],
    [{ 'github-token': '' }, 'github-token'],
    [{ 'expect-digest': 'abc' }, 'expect-digest'],
  ])('refuses the inputs %j without a stack', async (inputs, word) => {
    const result = await reconcile(inputs);

    expect(result.exitCode).toBe(1);
    expect(result.record.reason).toBe('configuration_error');
    expect(result.record.message).toContain(word);
    expect(result.stdout + result.stderr).not.toMatch(/^ +at /m);
  });

  it('says which variable holds the connection when it is not set', async () => {
    const result = await reconcile({}, { env: {} });

    expect(result.record.message).toContain('OPS_PRODUCTION_DATABASE_URL');
  });

  it('showed no secret value in all of this', async () => {
    const results = [await reconcile(), await reconcile({ 'dry-run': 'true' })];

    for (const canary of [...Object.values(CANARIES), database.url, new URL(database.url).password]) {
      for (const { visible } of results) expect(visible).not.toContain(canary);
    }
    const [audit] = await database.sql`select string_agg(t::text, ' ') as text from ops.reconciliations as t`;
    for (const canary of Object.values(CANARIES)) expect(audit?.text).not.toContain(canary);
  });
});
