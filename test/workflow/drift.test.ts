import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { pushCommit } from '../../local/github/store.ts';
import { bareDatabase, type TestDatabase } from '../support/database.ts';
import { runBundledAction, type StepResult } from './bundled-action.ts';
import { CANARIES, type ControlRepository, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens } from './pull-request.ts';

let database: TestDatabase;
let github: GitHubStandIn;
let repository: ControlRepository;

beforeAll(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  pushCommit(github.store, { branch: 'main', sha: 'c'.repeat(40), files: [] });
  database = await bareDatabase(import.meta.url);
  repository = controlRepository();
  const applied = await step('reconcile', { ...CANARIES });
  expect(applied.record.reason, applied.stdout).toBe('applied');
});

afterAll(async () => {
  await github.stop();
  await database.drop();
});

function step(
  action: string,
  env: Readonly<Record<string, string>> = {},
  token = 'ghs_drift',
): Promise<StepResult> {
  return runBundledAction({
    action,
    with: { environment: 'production' },
    env: { OPS_PRODUCTION_DATABASE_URL: database.url, ...env },
    workspace: repository.workspace,
    token,
    apiUrl: github.apiUrl,
    event: { name: 'schedule', payload: { schedule: '37 * * * *' } },
  });
}

async function setSchedule(schedule: string): Promise<void> {
  await database.sql`
    select cron.alter_job(job_id := jobid, schedule := ${schedule})
    from cron.job
    where jobname = 'sync_game_platform_stats'`;
}

function issues() {
  return [...github.store.issues.values()];
}

describe('drift', () => {
  it('is one issue that opens, changes, closes and comes back as the same', async () => {
    const [job] =
      await database.sql`select schedule from cron.job where jobname = 'sync_game_platform_stats'`;
    const declared = String(job?.schedule);

    expect((await step('drift')).record.reason).toBe('drift_none');
    expect(issues()).toEqual([]);

    await setSchedule('1 1 * * *');
    const found = await step('drift');
    expect(found.record, found.stdout).toMatchObject({ reason: 'drift_found', ok: true });
    expect(found.outputs.issue).toBe('1');
    expect(issues()).toMatchObject([{ state: 'open', labels: ['ops-drift'] }]);
    expect(issues()[0]?.body).toContain('`sync_game_platform_stats`');
    expect(issues()[0]?.body).toContain('At 01:01');

    const before = github.calls.length;
    await step('drift');
    expect(github.calls.slice(before).map((call) => call.operation)).toEqual(['issues/list-for-repo']);

    await setSchedule('2 2 * * *');
    await step('drift');
    expect(issues()[0]?.body).toContain('At 02:02');

    await setSchedule(declared);
    expect((await step('drift')).record.reason).toBe('drift_none');
    expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }]);

    await setSchedule('3 3 * * *');
    await step('drift');
    expect(issues()).toMatchObject([{ state: 'open' }]);
    expect(github.violations).toEqual([]);
  });

  it('leaves the issue alone when it could not look', async () => {
    const before = issues().map(({ state, body }) => ({ state, body }));

    const result = await step('drift', {
      OPS_PRODUCTION_DATABASE_URL: 'postgres://postgres@127.0.0.1:1/postgres',
    });

    expect(result.exitCode).toBe(1);
    expect(issues().map(({ state, body }) => ({ state, body }))).toEqual(before);
  });

  it('says which permission is missing', async () => {
    await setSchedule('4 4 * * *');

    const result = await step('drift', {}, 'ghs_fork');

    expect(result.exitCode).toBe(1);
    expect(result.record.message).toContain('issues: write');
  });

  it('shows no secret value', async () => {
    const result = await step('drift', { ...CANARIES });

    const seen = [result.visible, ...issues().map((issue) => issue.body ?? '')].join('\n');
    for (const canary of [...Object.values(CANARIES), database.url, new URL(database.url).password]) {
      expect(seen).not.toContain(canary);
    }
  });

  it('stays open when pg_cron is dropped, and closes when the jobs are back', async () => {
    await database.sql`select cron.unschedule(jobid) from cron.job`;
    await step('drift');
    const number = issues().find((issue) => issue.state === 'open')?.number;
    await database.superuser`alter schema cron rename to cron_dropped`;

    const dropped = await step('drift');

    expect(dropped.record, dropped.stdout).toMatchObject({ reason: 'drift_found', ok: true });
    expect(dropped.outputs.issue).toBe(String(number));
    const open = issues().find((issue) => issue.number === number);
    expect(open).toMatchObject({ state: 'open' });
    expect(open?.body).toContain('pg_cron is not there any more');
    expect(open?.body).toContain('`sync_game_platform_stats`');
    expect(open?.body).toContain('create extension pg_cron');

    await database.superuser`alter schema cron_dropped rename to cron`;
    expect((await step('reconcile', { ...CANARIES })).record.reason).toBe('applied');
    expect((await step('drift')).record.reason).toBe('drift_none');
    expect(issues().find((issue) => issue.number === number)).toMatchObject({ state: 'closed' });
  });
});
