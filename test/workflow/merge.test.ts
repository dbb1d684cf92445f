/** The real reconcile.yml: from the merge through staging and an approval to production, and what an old merge may do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../../local/workflows/engine/session.ts';
import { bareDatabase, type TestDatabase } from '../support/database.ts';
import { jobOf, logOf, recordOf, startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';
import { CANARIES } from './control-repository.ts';

const name = 'sync_game_platform_stats';
const file = `runbooks/cron/${name}.yaml`;

let world: WorkflowWorld;
let staging: TestDatabase;

beforeAll(async () => {
  staging = await bareDatabase(import.meta.url);
  world = await startWorkflowWorld({
    file: import.meta.url,
    database: 'bare',
    secrets: CANARIES,
    environmentSecrets: { staging: { OPS_STAGING_DATABASE_URL: staging.url } },
    environments: { production: { reviewers: [{ user: 'bob' }], branches: ['main'] } },
  });
}, 120_000);

afterAll(async () => {
  await world.stop();
  await staging.drop();
});

/** Alice merges another schedule. */
async function merge(schedule: string): Promise<RunView> {
  const text = world.text(file).replace(/^schedule: .*$/m, `schedule: '${schedule}'`);
  const [run] = await world.merge({ [file]: text });
  if (run === undefined) throw new Error('nothing ran');
  return run;
}

async function scheduleIn(database: TestDatabase): Promise<string | undefined> {
  const [known] = await database.sql`select to_regclass('ops.job_definitions') is not null as is_there`;
  if (known?.is_there !== true) return undefined;
  const rows = await database.sql`
    select definition #>> '{schedule,source}' as schedule from ops.job_definitions where name = ${name}`;
  return rows[0]?.schedule;
}

describe('a merge', { timeout: 60_000 }, () => {
  let first: RunView;

  it('reaches staging at once, and production when somebody else has approved', async () => {
    first = await merge('11 1 * * *');

    expect(jobOf(first, 'staging').conclusion, logOf(first)).toBe('success');
    expect(first.conclusion).toBeNull();
    expect(await scheduleIn(staging)).toBe('11 1 * * *');
    expect(await scheduleIn(world.database)).toBeUndefined();
    expect(() => world.alice.approve(first.id)).toThrow('cannot approve');

    await world.after(() => world.bob.approve(first.id));
    expect(first.conclusion, logOf(first)).toBe('success');
    expect(await scheduleIn(world.database)).toBe('11 1 * * *');
    const deployments = [...world.github.store.deployments.values()];
    expect(deployments.map(({ environment, statuses }) => [environment, statuses.at(-1)?.state])).toEqual([
      ['staging', 'success'],
      ['production', 'success'],
    ]);
  });

  it('waits for the one before it, and none is lost', async () => {
    const second = await merge('22 2 * * *');
    const third = await merge('33 3 * * *');
    expect(await scheduleIn(staging)).toBe('33 3 * * *');
    expect([second, third].map((run) => run.jobs.at(-1)?.conclusion)).toEqual([null, null]);

    await world.after(() => world.bob.approve(second.id));
    // Meanwhile main has moved on: the approved run leaves production to the newer one.
    expect(recordOf(second, 'production')).toMatchObject({ reason: 'superseded', ok: true });
    expect(await scheduleIn(world.database)).toBe('11 1 * * *');

    await world.after(() => world.bob.approve(third.id));
    expect(recordOf(third, 'production').reason, logOf(third)).toBe('applied');
    expect(await scheduleIn(world.database)).toBe('33 3 * * *');
  });

  it('that somebody runs again after newer ones changes nothing', async () => {
    await world.after(() => world.alice.rerun(first.id));
    const again = world.engine.runs.at(-1);
    expect(again).toMatchObject({ id: first.id, attempt: 2 });
    expect(recordOf(again, 'staging').reason).toBe('superseded');

    await world.after(() => world.bob.approve(first.id));
    expect(recordOf(again, 'production').reason).toBe('superseded');
    expect([await scheduleIn(staging), await scheduleIn(world.database)]).toEqual([
      '33 3 * * *',
      '33 3 * * *',
    ]);
  });

  it('that is rejected leaves production as it is, and is red', async () => {
    const run = await merge('44 4 * * *');
    await world.after(() => world.bob.reject(run.id, { comment: 'not today' }));

    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'production').log()).toContain('bob rejected the deployment: not today');
    expect(await scheduleIn(world.database)).toBe('33 3 * * *');
  });

  it('of another branch never deploys to production', async () => {
    const { store } = world.github;
    store.branches.set('other', store.branches.get('main') ?? '');
    const [run] = await world.after(() =>
      world.alice.dispatch('reconcile.yml', {
        ref: 'other',
        inputs: { environment: 'production', 'dry-run': false },
      }),
    );

    expect(run?.jobs.map(({ key, conclusion }) => [key, conclusion])).toEqual([
      ['staging', 'skipped'],
      ['production', 'skipped'],
    ]);
  });
});
