import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dispatchBuilds, PATIENCE } from '../../../actions/_shared/builds/dispatch/dispatch-builds.ts';
import { reconcileRuns } from '../../../actions/_shared/builds/dispatch/reconcile-runs.ts';
import { latestAttempt } from '../../../local/github/state/runs.ts';
import { addBuild } from '../builds/people.ts';
import { type DispatchWorld, startDispatchWorld } from './github-world.ts';

let world: DispatchWorld;
beforeAll(async () => {
  world = await startDispatchWorld(import.meta.url);
  await world.database.superuser`update ops.branches set one_at_a_time = false`;
});
afterAll(() => world.stop());

const BUILDS = 60;
/** Lists are late by less than a look waits for. */
const patience = { ...PATIENCE, listDelayMs: 1_500, againInMs: 100, postponeMs: 100 };
const STALE_MS = 400;

it('sixty builds, two dispatchers, a third of all calls failing in every way: one run each, all known', async () => {
  const ids: string[] = [];
  for (let count = 0; count < BUILDS; count += 1)
    ids.push((await addBuild(world.database.sql, world.org.production)).id);
  const calm = world.github.failAtRandom({
    seed: 6,
    rate: 0.33,
    staleMs: STALE_MS,
    operations: [
      'actions/create-workflow-dispatch',
      'actions/list-workflow-runs',
      'actions/get-workflow-run',
    ],
  });
  const open = async () =>
    Number(
      (
        await world.database.sql`
          select count(*) from ops.builds b where b.github_run_id is null and not ops.build_is_final(b.status)`
      )[0]?.count,
    );
  const round = (dispatcher: string) =>
    dispatchBuilds({
      sql: world.service,
      dispatcher,
      clientOf: world.clientOf,
      repositories: ['acme/app'],
      patience,
    });
  const end = Date.now() + 90_000;
  while ((await open()) > 0 && Date.now() < end) {
    const rounds = await Promise.all([round('one'), round('two')]);
    expect(rounds.flatMap(({ refused, failures }) => [...refused, ...failures])).toEqual([]);
    await sleep(100);
  }
  calm();
  await reconcileRuns({ sql: world.service, clientOf: world.clientOf });

  expect(await open()).toBe(0);
  for (const id of ids) {
    const living = world.runsOf(id).filter((run) => latestAttempt(run).conclusion !== 'cancelled');
    expect(living.map((run) => run.id)).toEqual([(await world.build(id)).run]);
    // What was lost was looked for, not started again.
    expect(world.runsOf(id)).toHaveLength(1);
  }
  const lost = world.github.calls.filter(
    ({ operation, fault }) => operation === 'actions/create-workflow-dispatch' && fault === 'lost_answer',
  );
  expect(lost.length).toBeGreaterThan(0);
  expect(world.github.violations).toEqual([]);
}, 120_000);
