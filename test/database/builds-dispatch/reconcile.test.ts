import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dispatchBuilds } from '../../../actions/_shared/builds/dispatch/dispatch-builds.ts';
import { reconcileRuns } from '../../../actions/_shared/builds/dispatch/reconcile-runs.ts';
import { type Conclusion, latestAttempt } from '../../../local/github/state/runs.ts';
import { addBuild } from '../builds/people.ts';
import { type DispatchWorld, startDispatchWorld } from './github-world.ts';

let world: DispatchWorld;
beforeAll(async () => {
  world = await startDispatchWorld(import.meta.url);
});
afterAll(() => world.stop());
beforeEach(() => world.forget());

const reconcile = (more: Partial<Parameters<typeof reconcileRuns>[0]> = {}) =>
  reconcileRuns({ sql: world.service, clientOf: world.clientOf, repositories: ['acme/app'], ...more });
const log = async (build: string) =>
  (await world.database.sql`select message from ops.build_events where build_id = ${build} order by seq`).map(
    (row) => row.message,
  );

/** A build whose run was started, and then not heard of. */
async function silent(branch: 'production' | 'staging' = 'production') {
  const { id } = await addBuild(world.database.sql, world.org[branch]);
  await dispatchBuilds({ sql: world.service, dispatcher: 'test', clientOf: world.clientOf });
  const [run] = world.runsOf(id);
  if (run === undefined) throw new Error('it was not started');
  await world.silence();
  return { id, run: run.id };
}

/** Its one job ends, and the run with it. */
function finish(
  run: number,
  conclusion: Conclusion,
  more: { readonly step?: Conclusion | 'never' } = {},
): void {
  const { runs } = world.github;
  runs.start(run);
  // Of a file GitHub cannot read there are no jobs.
  const [job] = conclusion === 'startup_failure' ? [] : runs.addJobs(run, [{ key: 'build' }]);
  if (job === undefined) {
    runs.finish(run, conclusion);
    return;
  }
  runs.startJob(job.id);
  runs.startStep(job.id, { number: 1, name: 'Compile' });
  if (more.step !== 'never') runs.finishStep(job.id, 1, more.step ?? conclusion);
  runs.finishJob(job.id, conclusion);
  runs.finish(run, conclusion);
}

describe('a run that says nothing', () => {
  it.each([
    ['success', 'succeeded', null],
    ['failure', 'failed', /run \d+ ended as failure on GitHub: job build, step Compile/],
    ['cancelled', 'cancelled', /ended as cancelled/],
    ['timed_out', 'failed', /ended as timed_out/],
    ['startup_failure', 'failed', /ended as startup_failure/],
  ] as const)('and ended as %s: its build is %s', async (conclusion, status, why) => {
    const { id, run } = await silent();
    finish(run, conclusion);
    expect(await reconcile()).toMatchObject({ became: { [status]: 1 }, failures: [] });
    const build = await world.build(id);
    expect(build).toMatchObject({ status, attempt: 1 });
    if (why !== null) expect(build.error).toMatch(why);
    expect(world.github.violations).toEqual([]);
  });

  it('because its machine vanished is tried again, and where builds begin by hand it is lost', async () => {
    const { id, run } = await silent();
    finish(run, 'failure', { step: 'never' });
    expect(await reconcile()).toMatchObject({ became: { queued: 1 } });
    expect(await world.build(id)).toMatchObject({ status: 'queued', attempt: 1 });
    await dispatchBuilds({ sql: world.service, dispatcher: 'test', clientOf: world.clientOf });
    expect(world.runsOf(id)).toHaveLength(2);
    expect(await world.build(id)).toMatchObject({ status: 'dispatched', attempt: 2 });

    await world.database.superuser`update ops.branches set manual = true where id = ${world.org.staging}`;
    const once = await silent('staging');
    finish(once.run, 'failure', { step: 'never' });
    await reconcile();
    await world.database.superuser`update ops.branches set manual = false`;
    expect(await world.build(once.id)).toMatchObject({
      status: 'lost',
      error: expect.stringMatching(/machine of job build .* vanished/),
    });
  });

  it('and goes on keeps its lease; what it waits for is said once', async () => {
    const { id, run } = await silent();
    world.github.runs.start(run);
    expect(await reconcile()).toMatchObject({ became: { alive: 1 } });
    expect(await reconcile()).toMatchObject({ became: {} });
    Object.assign(world.github.runs.get(run).attempts.at(-1) ?? {}, { status: 'waiting' });
    for (let time = 0; time < 2; time += 1) {
      await world.silence();
      expect(await reconcile()).toMatchObject({ became: { alive: 1 } });
    }
    expect((await log(id)).filter((line) => /waits for approval/.test(line))).toHaveLength(1);
    expect(await world.build(id)).toMatchObject({ status: 'dispatched' });
  });

  it('that GitHub does not have any more is tried again, but not when nothing of the repository can be seen', async () => {
    const { id, run } = await silent();
    world.github.store.runs.delete(run);
    const other = world.github.issueToken({ kind: 'workflow', permissions: { contents: 'read' } });
    const { createSingleShotClient } = await import('../../../actions/_shared/github/single-shot-client.ts');
    const blind = createSingleShotClient({
      token: other,
      apiUrl: world.github.apiUrl,
      owner: 'acme',
      repo: 'app',
    });
    expect(await reconcile({ clientOf: () => blind })).toMatchObject({
      became: {},
      failures: [expect.any(String)],
    });
    expect(await world.build(id)).toMatchObject({ status: 'dispatched' });
    expect(await reconcile()).toMatchObject({ became: { queued: 1 } });
  });

  it('that one answer of GitHub does not have and another does stays as it is', async () => {
    const { id, run } = await silent();
    world.github.lagBehind(1);
    world.github.store.runs.delete(run);
    expect(await reconcile()).toMatchObject({ became: { unknown: 1 }, failures: [] });
    expect(await world.build(id)).toMatchObject({ status: 'dispatched' });
    expect(await reconcile()).toMatchObject({ became: { queued: 1 } });
  });

  it.each(['bad_gateway', 'lost_request', 'secondary_limit'] as const)(
    '%s: nothing is concluded, and the others are asked about',
    async (kind) => {
      const [first, second] = [await silent(), await silent('staging')];
      finish(first.run, 'success');
      finish(second.run, 'success');
      world.github.fail({ operation: 'actions/get-workflow-run', kind, times: 1 });
      const { became, failures } = await reconcile();
      expect(failures).toHaveLength(1);
      // A limit holds for all of the repository.
      expect(became).toEqual(kind === 'secondary_limit' ? {} : { succeeded: 1 });
      await reconcile();
      for (const { id } of [first, second])
        expect(await world.build(id)).toMatchObject({ status: 'succeeded' });
    },
  );

  it('was asked to stop: it is stopped, at once and then by force', async () => {
    const { id, run } = await silent();
    world.github.runs.start(run);
    const stop = world.github.runs.onRequest(() => undefined);
    await world.service`select ops.cancel_build(${id}, 'alice')`;
    const from = world.github.calls.length;
    await reconcile();
    await reconcile({ now: () => new Date(Date.now() + 11 * 60_000) });
    stop();
    expect(
      world.github.calls
        .slice(from)
        .map(({ operation }) => operation)
        .filter((name) => name?.includes('cancel')),
    ).toEqual(['actions/cancel-workflow-run', 'actions/force-cancel-workflow-run']);
    finish(run, 'cancelled');
    expect(await reconcile()).toMatchObject({ became: { cancelled: 1 } });
  });

  it('is told where it can be seen by its deployment', async () => {
    const { id, run } = await silent();
    const { runs } = world.github;
    runs.start(run);
    const [job] = runs.addJobs(run, [{ key: 'deploy' }]);
    if (job === undefined) throw new Error('no job');
    await runs.enterEnvironment(job.id, 'production');
    runs.startJob(job.id);
    runs.finishJob(job.id, 'success', { environmentUrl: 'https://shop.example' });
    runs.finish(run, 'success');
    await reconcile();
    expect(await world.build(id)).toMatchObject({
      status: 'succeeded',
      environment_url: 'https://shop.example',
    });
  });

  it('because somebody rejected its deployment says who, and what they said', async () => {
    world.github.addUser({ login: 'bob', role: 'write' });
    world.github.settle({ environments: { gate: { reviewers: [{ user: 'bob' }] } } });
    const { id, run } = await silent();
    const { runs } = world.github;
    runs.start(run);
    const [job] = runs.addJobs(run, [{ key: 'deploy' }]);
    if (job === undefined) throw new Error('no job');
    const gate = runs.enterEnvironment(job.id, 'gate');
    world.github.as('bob').reject(run, { environments: ['gate'], comment: 'not today' });
    await gate;
    runs.finishJob(job.id, 'failure');
    runs.finish(run, 'failure');
    await reconcile();
    expect(await world.build(id)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/bob rejected the deployment to gate of run \d+: not today/),
    });
  });
});

describe('a request that was doubled on its way', () => {
  it('leaves one run: the other, which never says a word, is found by its name and stopped', async () => {
    const { id } = await addBuild(world.database.sql, world.org.production);
    await dispatchBuilds({ sql: world.service, dispatcher: 'test', clientOf: world.clientOf });
    const [ours] = world.runsOf(id);
    world.github.as('alice').dispatch('build.yml', { inputs: { ops_build_id: id, ops_build_attempt: '1' } });
    const [, double] = world.runsOf(id);
    expect(double).toBeDefined();

    expect(await reconcile()).toMatchObject({ stopped: 0 });
    await world.pass(4);
    expect(await reconcile()).toMatchObject({ stopped: 1, failures: [] });

    const conclusions = world.runsOf(id).map((run) => [run.id, latestAttempt(run).conclusion]);
    expect(conclusions).toEqual([
      [ours?.id, null],
      [double?.id, 'cancelled'],
    ]);
    expect(await log(id)).toContainEqual(expect.stringContaining(`run ${double?.id} was one too many`));
    const calls = world.github.calls.length;
    expect(await reconcile()).toMatchObject({ stopped: 0 });
    // Nobody searches twice.
    expect(world.github.calls.length).toBe(calls);
  });
});
