import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../../actions/_shared/builds/recorder/frame.ts';
import { recoverLogs } from '../../../actions/_shared/builds/recovery/recover-logs.ts';
import { lines, openRecoveryWorld, type RecoveryWorld, succeeded, type TestBuild } from './recovery-world.ts';
import { storedLines } from './story.ts';

let world: RecoveryWorld;
beforeAll(async () => {
  world = await openRecoveryWorld(import.meta.url);
});
afterAll(async () => {
  expect(world.github.violations).toEqual([]);
  await world.close();
});
beforeEach(() => world.empty());

describe('an artifact that is not what it says', () => {
  const tells = [lines(1, ['forged']), succeeded];

  async function victim(): Promise<TestBuild> {
    return world.taken(world.ranOnGitHub([{ key: 'build' }]));
  }

  async function refusal(): Promise<string> {
    expect(await world.round()).toMatchObject({ replayed: 0, imported: 0 });
    const [only, ...others] = await world.recoveries();
    expect([only?.kind, only?.state, others]).toEqual(['buffer', 'refused', []]);
    return only?.error ?? '';
  }

  it('does not write to the build of another run, whatever it names', async () => {
    const build = await victim();
    const own = world.ranOnGitHub([{ key: 'build' }]);
    world.leaveBuffer(own, tells, { build: build.buildId, attempt: 1 });
    await world.round();
    expect(await world.recoveries()).toMatchObject([{ kind: 'buffer', state: 'stale' }]);
    expect([await storedLines(world.service, build), await world.statusOf(build)]).toEqual([[], 'running']);
  });

  it('does not speak for another run', async () => {
    const build = await victim();
    const [{ github_run_id: run } = { github_run_id: '0' }] = await world.service<
      { github_run_id: string }[]
    >`
      select github_run_id from ops.builds where id = ${build.buildId}`;
    world.leaveBuffer(world.ranOnGitHub([{ key: 'build' }]), tells, {
      build: build.buildId,
      attempt: 1,
      run: { runId: run },
    });
    expect(await refusal()).toContain('another run');
    expect(await storedLines(world.service, build)).toEqual([]);
  });

  it('does not come from a fork', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }]);
    const build = await world.taken(run);
    world.leaveBuffer(run, tells, { build: build.buildId, attempt: 1 });
    const client = world.client();
    // The stand-in knows no forks: what it says of the run is changed on the way.
    client.octokit.hook.after('request', (response: { data: unknown }) => {
      const body = response.data as { workflow_run?: { head_repository_id?: number } };
      if (body?.workflow_run?.head_repository_id !== undefined) body.workflow_run.head_repository_id = 1;
    });
    const { replayed, failures } = await recoverLogs({
      sql: world.service,
      clientOf: () => client,
      graceMs: 0,
    });
    expect([replayed, failures.join()]).toEqual([0, expect.stringContaining('a run of a fork left it')]);
    expect(await storedLines(world.service, build)).toEqual([]);
  });

  it('does not write to a branch or a repository it did not run on', async () => {
    const build = await victim();
    await world.database
      .superuser`update ops.builds set github_run_id = null, status = 'dispatched' where id = ${build.buildId}`;
    await world.database.superuser`update ops.build_dispatches set github_run_id = null`;
    await world.database.superuser`update ops.branches set name = 'other' where name = 'main'`;
    world.leaveBuffer(world.ranOnGitHub([{ key: 'build' }]), tells, { run: { buildId: build.buildId } });
    expect(await refusal()).toContain('it is of another branch');
    await world.database.superuser`update ops.branches set name = 'main' where name = 'other'`;
    expect(await storedLines(world.service, build)).toEqual([]);
  });

  it('does not write to its own build from another workflow than the one that builds', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }]);
    const build = await world.taken(run);
    world.leaveBuffer(run, tells, { build: build.buildId, attempt: 1 });
    await world.database.superuser`update ops.projects set workflow = 'release.yml'`;
    expect(await refusal()).toContain('it is of another workflow');
    await world.database.superuser`update ops.projects set workflow = 'build.yml'`;
    expect(await storedLines(world.service, build)).toEqual([]);
  });

  it('is not a buffer, holds other lines than it says, or opens no build', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }]);
    world.leaveBuffer(run, tells, {}, { content: Buffer.from('PK but no zip') });
    expect(await refusal()).toContain('zip');
    await world.database.superuser`delete from ops.log_recoveries`;
    world.github.store.artifacts.clear();
    world.leaveBuffer(run, [{ ...lines(1, ['one', 'two']), count: 5 } as Frame]);
    expect(await refusal()).toContain('holds other lines');
    await world.database.superuser`delete from ops.log_recoveries`;
    world.github.store.artifacts.clear();
    world.leaveBuffer(run, tells, { run: { buildId: randomUUID() } });
    expect(await refusal()).toContain('there is no build');
  });
});
