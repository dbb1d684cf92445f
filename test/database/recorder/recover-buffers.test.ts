import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { replayBuffer } from '../../../actions/_shared/builds/recorder/replay.ts';
import { lines, openRecoveryWorld, type RecoveryWorld, stamp, succeeded } from './recovery-world.ts';
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

describe('a buffer that a recorder left as an artifact', () => {
  it('is stored behind the lines that came through, once, with how the build ended', async () => {
    const run = world.ranOnGitHub([{ key: 'build', log: `${stamp(1)} as GitHub has it\n` }]);
    const build = await world.taken(run);
    await world.service`
      select ops.record_build_lines(${build.buildId}, 1, ${build.token}, 1, ${'one\ntwo'}, ${'{2026-11-21T08:00:00Z}'}::text::timestamptz[])`;
    world.leaveBuffer(run, [lines(3, ['three', 'four']), { ...succeeded, status: 'almost' }], {
      build: build.buildId,
      attempt: 1,
      next: 3,
    });
    // What GitHub knows of the run is less than what its recorder knew: the buffer goes first.
    expect(await world.round()).toEqual({ replayed: 1, imported: 0, lines: 2, failures: [] });
    expect(await world.textsOf(build)).toEqual(['one', 'two', 'three', 'four']);
    expect(await world.statusOf(build)).toBe('almost');
    expect(await world.saidOf(build)).toEqual([
      `what the recorder of run ${run.id} could not store was found in its artifact: 2 lines`,
    ]);
    await world.database.superuser`update ops.buffer_looks set looked_until = now() - interval '1 day'`;
    expect(await world.round()).toEqual({ replayed: 0, imported: 0, lines: 0, failures: [] });
    expect(await world.textsOf(build)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('opens the build of a run that never reached the database', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }]);
    world.leaveBuffer(run, [lines(1, ['one', 'two']), succeeded]);
    expect(await world.round()).toMatchObject({ replayed: 1, lines: 2, failures: [] });
    const [build] = await world.service<{ id: string; commit_sha: string; trigger: string }[]>`
      select id, commit_sha, trigger from ops.builds where github_run_id = ${run.id}`;
    // From GitHub, not from the artifact.
    expect(build).toMatchObject({ commit_sha: run.headSha, trigger: 'dispatch' });
    const buildId = build?.id ?? '';
    expect(await world.textsOf({ buildId, attempt: 1, token: '' })).toEqual(['one', 'two']);
    expect(await world.statusOf({ buildId })).toBe('succeeded');
  });

  it('still has its place when GitHub was asked about the build meanwhile', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }]);
    const asked = { p_project_slug: null, p_branch: 'main', p_repository: 'acme/app' };
    const [opened] = await world.service<{ build_id: string }[]>`
      select build_id from ops.open_build(${asked.p_project_slug}, ${asked.p_branch}, 'push', ${run.id}, 1, ${asked.p_repository})`;
    const buildId = opened?.build_id ?? '';
    await world.service`select ops.settle_silent_build(${buildId}, 1, 'succeeded', 'it says so')`;
    world.leaveBuffer(run, [lines(1, ['one', 'two']), { ...succeeded, status: 'almost' }], {
      run: { buildId },
    });
    expect(await world.round()).toMatchObject({ replayed: 1, imported: 0, lines: 2, failures: [] });
    expect(await world.textsOf({ buildId, attempt: 1, token: '' })).toEqual(['one', 'two']);
    // That there were warnings its recorder alone knows.
    expect(await world.statusOf({ buildId })).toBe('almost');
  });

  it('goes behind the lines of a later job that took its numbers', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }, { key: 'deploy' }]);
    const build = await world.taken(run);
    const say = (seq: number, text: string, at: string) =>
      world.service`select ops.record_build_lines(${build.buildId}, 1, ${build.token}, ${seq}, ${text}, ${`{${at}}`}::text::timestamptz[])`;
    await say(1, 'one\ntwo', '2026-11-21T08:00:00Z');
    // Stored, and the answer was lost: it is in the buffer as well.
    await say(3, 'three', '2026-11-21T08:00:01.000Z');
    await say(4, 'same words\nof the next job', '2026-11-21T08:00:09Z');
    await world.ended(build);
    const own = [lines(3, ['three', 'same words', 'five']), lines(6, ['six'], '2026-11-21T08:00:02.000Z')];
    world.leaveBuffer(run, own, { build: build.buildId, attempt: 1, next: 3 });
    const whole = ['one', 'two', 'three', 'same words', 'of the next job', 'same words', 'five', 'six'];
    expect(await world.round()).toMatchObject({ replayed: 1, failures: [] });
    expect(await world.textsOf(build)).toEqual(whole);
    // Also by hand, which nobody counts.
    const kept = [...world.github.store.artifacts.values()][0]?.content ?? Buffer.alloc(0);
    expect(await replayBuffer(world.service, kept)).toMatchObject({ outcome: 'stored', lines: 4 });
    expect(await world.textsOf(build)).toEqual(whole);
    await world.database.superuser`delete from ops.log_recoveries`;
    await world.database.superuser`delete from ops.buffer_looks`;
    expect(await world.round()).toMatchObject({ replayed: 1, failures: [] });
    expect(await world.textsOf(build)).toEqual(whole);
  });

  it('waits while other jobs of its run may write', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }], { isOver: false });
    const build = await world.taken(run);
    world.leaveBuffer(run, [lines(1, ['one']), succeeded], { build: build.buildId, attempt: 1 });
    expect(await world.round()).toMatchObject({ replayed: 0, failures: [] });
    world.github.runs.finish(run.id, 'success');
    await world.database.superuser`update ops.log_recoveries set next_at = now()`;
    expect(await world.round()).toMatchObject({ replayed: 1 });
    expect(await world.textsOf(build)).toEqual(['one']);
  });

  it('comes too late for a build that is at another attempt', async () => {
    const run = world.ranOnGitHub([{ key: 'build' }]);
    const build = await world.ended(await world.taken(run), 'failed');
    world.leaveBuffer(run, [lines(1, ['one'])], { build: build.buildId, attempt: 1 });
    await world.taken(run, 2);
    expect(await world.round()).toMatchObject({ replayed: 0, failures: [] });
    expect(await world.recoveries()).toMatchObject([{ kind: 'buffer', state: 'stale' }]);
    expect(await storedLines(world.service, build)).toEqual([]);
  });
});
