/** The real drift.yml: one issue that is open exactly while something was changed by hand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../../local/workflows/engine/session.ts';
import {
  jobOf,
  logOf,
  recordOf,
  startWorkflowWorld,
  visibleOf,
  type WorkflowWorld,
} from '../support/workflow-world.ts';
import { CANARIES } from './control-repository.ts';

const environment = 'production-plan';
const connection = 'OPS_PRODUCTION_DATABASE_URL';

let world: WorkflowWorld;
let without: string | null = null;

beforeAll(async () => {
  world = await startWorkflowWorld({
    file: import.meta.url,
    database: 'bare',
    secrets: CANARIES,
    engine: {
      permit: (granted) => Object.fromEntries(Object.entries(granted).filter(([scope]) => scope !== without)),
    },
  });
  const applied = await reconcile();
  expect(recordOf(applied, 'production').reason, logOf(applied)).toBe('applied');
}, 120_000);

afterAll(() => world.stop());

const reconcile = (): Promise<RunView> =>
  world.dispatch('reconcile.yml', { environment: 'production', 'dry-run': false });
const drift = (): Promise<RunView> => world.dispatch('drift.yml', { environment: 'production' });
const reason = async (): Promise<string> => recordOf(await drift()).reason;
const issues = () => [...world.github.store.issues.values()];

async function setSchedule(schedule: string): Promise<void> {
  await world.database.sql`
    select cron.alter_job(job_id := jobid, schedule := ${schedule})
    from cron.job
    where jobname = 'sync_game_platform_stats'`;
}

describe('drift', { timeout: 60_000 }, () => {
  it('is one issue that opens, changes, closes and comes back as the same', async () => {
    const [job] = await world.database
      .sql`select schedule from cron.job where jobname = 'sync_game_platform_stats'`;
    const declared = String(job?.schedule);

    expect(await reason()).toBe('drift_none');
    expect(issues()).toEqual([]);

    await setSchedule('1 1 * * *');
    const found = await drift();
    expect(recordOf(found), logOf(found)).toMatchObject({ reason: 'drift_found', ok: true });
    expect(jobOf(found).stepContext).toMatchObject({ __self: { outputs: { issue: '1' } } });
    expect(issues()).toMatchObject([{ state: 'open', labels: ['ops-drift'], author: 'github-actions[bot]' }]);
    expect(issues()[0]?.body).toContain('`sync_game_platform_stats`');
    expect(issues()[0]?.body).toContain('At 01:01');

    const before = world.github.calls.length;
    await drift();
    const calls = world.github.calls.slice(before).map((call) => call.operation);
    expect(calls).toEqual(['issues/list-for-repo']);

    await setSchedule('2 2 * * *');
    await drift();
    expect(issues()[0]?.body).toContain('At 02:02');

    await setSchedule(declared);
    expect(await reason()).toBe('drift_none');
    expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }]);

    await setSchedule('3 3 * * *');
    await drift();
    expect(issues()).toMatchObject([{ state: 'open' }]);
    expect(world.github.violations).toEqual([]);
  });

  it('leaves the issue alone when it could not look', async () => {
    const before = issues().map(({ state, body }) => ({ state, body }));
    const url = world.secrets[environment]?.[connection] ?? '';
    Object.assign(world.secrets[environment] ?? {}, {
      [connection]: 'postgres://postgres@127.0.0.1:1/postgres',
    });

    const run = await drift();

    Object.assign(world.secrets[environment] ?? {}, { [connection]: url });
    expect(run.conclusion).toBe('failure');
    expect(issues().map(({ state, body }) => ({ state, body }))).toEqual(before);
  });

  it('says which permission is missing', async () => {
    await setSchedule('4 4 * * *');
    without = 'issues';

    const run = await drift();

    without = null;
    expect(run.conclusion).toBe('failure');
    expect(recordOf(run).message).toContain('issues: write');
  });

  it('shows no secret value', async () => {
    await drift();

    const seen = [visibleOf(world.engine.runs), ...issues().map((issue) => issue.body ?? '')].join('\n');
    for (const canary of [
      ...Object.values(CANARIES),
      world.database.url,
      new URL(world.database.url).password,
    ]) {
      expect(seen).not.toContain(canary);
    }
  });

  it('stays open when pg_cron is dropped, and closes when the jobs are back', async () => {
    await world.database.sql`select cron.unschedule(jobid) from cron.job`;
    await drift();
    const number = issues().find((issue) => issue.state === 'open')?.number;
    await world.database.superuser`alter schema cron rename to cron_dropped`;

    const dropped = await drift();

    expect(recordOf(dropped), logOf(dropped)).toMatchObject({ reason: 'drift_found', ok: true });
    expect(jobOf(dropped).stepContext).toMatchObject({ __self: { outputs: { issue: String(number) } } });
    const open = issues().find((issue) => issue.number === number);
    expect(open).toMatchObject({ state: 'open' });
    expect(open?.body).toContain('pg_cron is not there any more');
    expect(open?.body).toContain('`sync_game_platform_stats`');
    expect(open?.body).toContain('create extension pg_cron');

    await world.database.superuser`alter schema cron_dropped rename to cron`;
    expect(recordOf(await reconcile(), 'production').reason).toBe('applied');
    expect(await reason()).toBe('drift_none');
    expect(issues().find((issue) => issue.number === number)).toMatchObject({ state: 'closed' });
  });
});
