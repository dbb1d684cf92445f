import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dispatchBuilds } from '../../../actions/_shared/builds/dispatch/dispatch-builds.ts';
import { reconcileRuns } from '../../../actions/_shared/builds/dispatch/reconcile-runs.ts';
import { createSingleShotClient } from '../../../actions/_shared/github/single-shot-client.ts';
import type { FaultKind } from '../../../local/github/faults.ts';
import { addBuild } from '../builds/people.ts';
import { type DispatchWorld, startDispatchWorld } from './github-world.ts';

let world: DispatchWorld;
beforeAll(async () => {
  world = await startDispatchWorld(import.meta.url);
});
afterAll(() => world.stop());
beforeEach(() => world.forget());

const POST = 'actions/create-workflow-dispatch';
const round = (more: Partial<Parameters<typeof dispatchBuilds>[0]> = {}) =>
  dispatchBuilds({
    sql: world.service,
    dispatcher: 'round',
    clientOf: world.clientOf,
    repositories: ['acme/app'],
    ...more,
  });
const reconcile = () =>
  reconcileRuns({ sql: world.service, clientOf: world.clientOf, repositories: ['acme/app'] });
const asked = async (branch: 'production' | 'staging' | 'development' = 'production') =>
  (await addBuild(world.database.sql, world.org[branch])).id;
const calls = (operation: string, from: number) =>
  world.github.calls.slice(from).filter((call) => call.operation === operation).length;
const alerts = async () =>
  (
    await world.database.sql`select dedupe_key from ops.alerts where resolved_at is null order by dedupe_key`
  ).map((row) => row.dedupe_key);

describe('a round of dispatching', () => {
  it('starts one run a build, and knows it', async () => {
    const [first, second] = [await asked(), await asked('staging')];
    expect(await round()).toMatchObject({ sent: 2, open: 0, refused: [], failures: [] });
    for (const id of [first, second]) {
      expect(world.runsOf(id)).toHaveLength(1);
      expect(await world.build(id)).toMatchObject({
        status: 'dispatched',
        attempt: 1,
        run: world.runsOf(id)[0]?.id,
      });
    }
    expect(await round()).toMatchObject({ sent: 0, open: 0 });
    expect(world.github.violations).toEqual([]);
  });

  it.each<FaultKind>(['lost_answer', 'bad_gateway_after_write'])(
    '%s: the run is found by its name, and is the only one',
    async (kind) => {
      const id = await asked();
      world.github.fail({ operation: POST, kind, times: 1 });
      expect(await round()).toMatchObject({ sent: 0, open: 1 });
      expect(await world.order(id)).toMatchObject({ state: 'unknown' });
      await world.pass(0);
      expect(await round()).toMatchObject({ sent: 1 });
      expect(world.runsOf(id)).toHaveLength(1);
      expect(await world.build(id)).toMatchObject({ status: 'dispatched', run: world.runsOf(id)[0]?.id });
    },
  );

  it.each<FaultKind>(['lost_request', 'bad_gateway'])(
    '%s: told again only after three looks, the last late enough, found none',
    async (kind) => {
      const id = await asked();
      world.github.fail({ operation: POST, kind, times: 1 });
      await round();
      for (const look of [1, 2]) {
        await world.pass(1);
        expect(await round()).toMatchObject({ open: 1 });
        expect(await world.order(id)).toMatchObject({ state: 'unknown', looks: look });
      }
      expect(world.runsOf(id)).toHaveLength(0);
      await world.pass(1);
      expect(await round()).toMatchObject({ sent: 1 });
      expect(await world.order(id)).toMatchObject({ state: 'sent', posts: 2 });
      expect(world.runsOf(id)).toHaveLength(1);
    },
  );

  it.each<FaultKind>(['secondary_limit', 'too_many_requests', 'rate_limit'])(
    '%s: put off for as long as GitHub says, and nobody else of the repository is asked meanwhile',
    async (kind) => {
      const from = world.github.calls.length;
      const ids = [await asked(), await asked('staging'), await asked('development')];
      world.github.fail({ operation: POST, kind, times: 1, retryAfter: 120 });
      expect(await round()).toMatchObject({ sent: 0, open: 3, postponed: 3 });
      expect(calls(POST, from)).toBe(1);
      for (const id of ids) expect(await world.order(id)).toMatchObject({ state: 'pending', posts: 0 });
      expect(await round()).toMatchObject({ sent: 0, open: 0 });
      const waits = await world.database.sql`
        select extract(epoch from next_at - now())::int as seconds from ops.build_dispatches`;
      expect(waits).toHaveLength(3);
      for (const { seconds } of waits) expect(seconds).toBeGreaterThan(90);
      await world.pass(0);
      expect(await round()).toMatchObject({ sent: 3 });
      for (const id of ids) expect(world.runsOf(id)).toHaveLength(1);
    },
  );

  it('a look that GitHub put off is none, and the run is not started again because of it', async () => {
    const id = await asked();
    world.github.fail({ operation: POST, kind: 'lost_answer', times: 1 });
    await round();
    for (let time = 0; time < 4; time += 1) {
      world.github.fail({ operation: 'actions/list-workflow-runs', kind: 'too_many_requests', times: 1 });
      await world.pass(0);
      await world.database
        .superuser`update ops.build_dispatches set created_at = created_at - interval '3 minutes'`;
      await round();
    }
    expect(await world.order(id)).toMatchObject({ state: 'unknown', looks: 0 });
    expect(await alerts()).toEqual(['build_dispatch:acme/app']);
    await world.pass(0);
    expect(await round()).toMatchObject({ sent: 1 });
    expect(world.runsOf(id)).toHaveLength(1);
    expect(await alerts()).toEqual([]);
  });

  it('lists that are late prove nothing before their time', async () => {
    const id = await asked();
    world.github.lagBehind(3);
    world.github.fail({ operation: POST, kind: 'lost_answer', times: 1 });
    await round();
    for (let look = 0; look < 3; look += 1) {
      await world.database.superuser`update ops.build_dispatches set next_at = now()`;
      expect(await round()).toMatchObject({ open: 1 });
    }
    await world.pass(0);
    expect(await round()).toMatchObject({ sent: 1 });
    expect(world.runsOf(id)).toHaveLength(1);
  });

  it('of two runs for one order the one that works is the build, and the other is cancelled', async () => {
    const id = await asked();
    world.github.fail({ operation: POST, kind: 'lost_answer', times: 1 });
    await round();
    const double = world.github
      .as('alice')
      .dispatch('build.yml', { inputs: { ops_build_id: id, ops_build_attempt: '1' } });
    world.github.runs.start(double.id);
    await world.pass(0);
    expect(await round()).toMatchObject({ sent: 1 });
    expect(await world.build(id)).toMatchObject({ run: double.id });
    const [first] = world.runsOf(id);
    expect(await world.order(id)).toMatchObject({ extra: `{${first?.id}}` });
    expect(await reconcile()).toMatchObject({ stopped: 1, failures: [] });
    expect(first?.attempts.at(-1)).toMatchObject({ conclusion: 'cancelled' });
    expect(double.attempts.at(-1)).toMatchObject({ status: 'in_progress' });
    expect(await reconcile()).toMatchObject({ stopped: 0 });
  });

  it('a refusal ends its build in the words of GitHub, and stops no other', async () => {
    await world.database
      .superuser`update ops.branches set inputs = '{"colour": "green"}' where id = ${world.org.production}`;
    const [bad, good] = [await asked(), await asked('staging')];
    const done = await round();
    await world.database.superuser`update ops.branches set inputs = '{}' where id = ${world.org.production}`;
    expect(done).toMatchObject({ sent: 1, refused: [expect.stringContaining(bad)] });
    expect(await world.build(bad)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining("'green'"),
    });
    expect(await world.build(good)).toMatchObject({ status: 'dispatched' });
    expect(await alerts()).toEqual([`build_dispatch:${bad}`]);
  });

  it('a workflow that is not there yet is waited for some minutes, then refused', async () => {
    await world.database.superuser`update ops.projects set workflow = 'later.yml'`;
    const [first, second] = [await asked(), await asked('staging')];
    expect(await round()).toMatchObject({ open: 2, postponed: 2 });
    world.github.as('alice').push({
      branch: 'main',
      files: { '.github/workflows/later.yml': LATER },
    });
    await world.pass(1);
    expect(await round()).toMatchObject({ sent: 1 });
    expect(world.runsOf(first)).toHaveLength(1);
    await world.pass(10);
    await round();
    await world.database.superuser`update ops.projects set workflow = 'build.yml'`;
    expect(await world.build(second)).toMatchObject({ status: 'failed' });
  });

  it('without a token for a repository nothing is refused: it waits for a dispatcher that has one', async () => {
    const id = await asked();
    expect(await round({ clientOf: () => null })).toMatchObject({ sent: 0, open: 1, postponed: 1 });
    expect(await round({ repositories: ['acme/other'] })).toMatchObject({ sent: 0, open: 0 });
    await world.pass(11);
    await round({ clientOf: () => null });
    expect(await alerts()).toEqual(['build_dispatch:acme/app']);
    await world.pass(0);
    expect(await round()).toMatchObject({ sent: 1 });
    expect(await alerts()).toEqual([]);
    expect(world.runsOf(id)).toHaveLength(1);
  });

  it('a token that does not see the repository refuses nothing, however long it is tried', async () => {
    const id = await asked();
    world.github.settle({ private: true });
    const blind = createSingleShotClient({
      token: world.github.issueToken({
        kind: 'person',
        login: 'stranger',
        permissions: { actions: 'write' },
      }),
      apiUrl: world.github.apiUrl,
      owner: 'acme',
      repo: 'app',
    });
    for (let time = 0; time < 3; time += 1) {
      expect(await round({ clientOf: () => blind })).toMatchObject({ open: 1, postponed: 1, refused: [] });
      await world.pass(6);
    }
    expect(await world.order(id)).toMatchObject({ error: 'The token does not see acme/app.' });
    expect(await round()).toMatchObject({ sent: 1 });
    world.github.settle({ private: false });
  });

  it('asks GitHub no more often than it may, and leaves the rest to the next one', async () => {
    for (const branch of ['production', 'staging', 'development'] as const) await asked(branch);
    const from = world.github.calls.length;
    expect(await round({ calls: 2 })).toMatchObject({ sent: 1 });
    expect(calls(POST, from)).toBe(1);
    expect(await round()).toMatchObject({ sent: 2 });
  });

  it('five rounds at once start each build once', async () => {
    const ids = [await asked(), await asked('staging'), await asked('development')];
    const rounds = await Promise.all(Array.from({ length: 5 }, () => round()));
    expect(rounds.reduce((sum, { sent }) => sum + sent, 0)).toBe(3);
    for (const id of ids) expect(world.runsOf(id)).toHaveLength(1);
  });

  it('a build alone is brought there without anybody else', async () => {
    const [mine, other] = [await asked(), await asked('staging')];
    expect(await round({ buildId: mine })).toMatchObject({ sent: 1 });
    expect(world.runsOf(other)).toHaveLength(0);
  });
});

const LATER = `on: { workflow_dispatch: { inputs: { ops_build_id: {}, ops_build_attempt: {}, ops_commit: {} } } }
run-name: build \${{ inputs.ops_build_id }} attempt \${{ inputs.ops_build_attempt }}
jobs: { a: { runs-on: ubuntu-24.04, steps: [{ run: 'true' }] } }
`;
