/** The real plan.yml: what a pull request is told, from its opening to its last push. */
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

const file = 'runbooks/cron/sync_game_platform_stats.yaml';

let world: WorkflowWorld;
let branches = 0;

beforeAll(async () => {
  world = await startWorkflowWorld({ file: import.meta.url, database: 'bare', secrets: CANARIES });
}, 120_000);

afterAll(() => world.stop());

/** A branch off main with another schedule. */
function branchWith(schedule: string): string {
  branches += 1;
  const branch = `change-${branches}`;
  world.github.store.branches.set(branch, world.github.store.branches.get('main') ?? '');
  push(branch, schedule);
  return branch;
}

function push(branch: string, schedule: string): void {
  const text = world.text(file).replace(/^schedule: .*$/m, `schedule: '${schedule}'`);
  world.alice.push({ branch, files: { [file]: text } });
}

const comments = (issue: number): string[] =>
  [...world.github.store.comments.values()].filter((each) => each.issue === issue).map(({ body }) => body);
const results = (run: RunView | undefined) =>
  Object.fromEntries(run?.jobs.map(({ name, conclusion }) => [name, conclusion]) ?? []);

describe('a pull request', { timeout: 60_000 }, () => {
  it('has one comment an environment, kept in place as it changes', async () => {
    const head = branchWith('7 5 * * *');
    let number = 0;
    const [opened] = await world.after(() => {
      number = world.alice.openPullRequest({ title: 'Change a schedule', head }).number;
    });
    expect(results(opened), logOf(opened)).toEqual({
      lint: 'success',
      'plan (staging)': 'success',
      'plan (production)': 'success',
      'plan-ok': 'success',
    });
    expect(
      comments(number)
        .map((body) => body.split('\n')[0])
        .sort(),
    ).toEqual(['<!-- opsroom:plan env=production -->', '<!-- opsroom:plan env=staging -->']);
    expect(comments(number)[0]).toContain('At 05:07');

    const [changed] = await world.after(() => push(head, '8 6 * * *'));
    expect(comments(number)).toHaveLength(2);
    expect(comments(number)[0]).toContain('At 06:08');
    expect(recordOf(changed, 'plan (staging)').digest).not.toBe(recordOf(opened, 'plan (staging)').digest);

    const before = world.github.calls.length;
    const [again] = await world.after(() => world.alice.rerun(changed?.id ?? 0));
    expect(again, logOf(again)).toMatchObject({ attempt: 2, conclusion: 'success' });
    const writes = world.github.calls.slice(before).filter(({ method }) => method !== 'GET');
    expect(writes).toEqual([]);
    expect(world.github.violations).toEqual([]);
  });

  it('with an error in a file is red, with the error on its line', async () => {
    const head = branchWith('61 * * * *');
    const [run] = await world.after(() => world.alice.openPullRequest({ title: 'Break it', head }));

    expect(run?.conclusion).toBe('failure');
    expect(results(run)['plan-ok']).toBe('failure');
    const [annotation] = jobOf(run, 'lint').annotations;
    expect(annotation).toMatchObject({ level: 'error', file, line: expect.any(Number) });
    // The lines are marked once, by lint.
    expect(jobOf(run, 'plan (staging)').annotations.filter((each) => each.file === file)).toEqual([]);
    const checks = [...world.github.store.checkRuns.values()].filter(({ name }) => name === 'lint');
    expect(checks.at(-1)?.annotations).toMatchObject([{ path: file }, {}]);
  });

  it('of a fork is linted, without secrets and without a comment, and may be merged', async () => {
    const head = branchWith('9 7 * * *');
    const mallory = world.github.as('mallory');
    let number = 0;
    const [run] = await world.after(() => {
      number = mallory.openPullRequest({ title: 'From afar', head, fork: 'mallory/ops' }).number;
    });

    expect(results(run), logOf(run)).toEqual({ lint: 'success', plan: 'skipped', 'plan-ok': 'success' });
    expect(jobOf(run, 'lint').permissions).toEqual({ contents: 'read', metadata: 'read' });
    expect(comments(number)).toEqual([]);
  });

  it('whose newer push overtakes it ends the older run', async () => {
    const head = branchWith('10 8 * * *');
    const runs = await world.after(async () => {
      world.alice.openPullRequest({ title: 'In a hurry', head });
      await expect.poll(() => world.engine.runs.at(-1)?.jobs.length).toBeGreaterThan(0);
      push(head, '11 9 * * *');
    });

    expect(runs.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'success']);
    expect(runs[0]?.reason).toContain('higher priority');
  });

  it('shows no secret', () => {
    const seen = [
      visibleOf(world.engine.runs),
      ...[...world.github.store.comments.values()].map(({ body }) => body),
    ];
    for (const canary of [...Object.values(CANARIES), world.database.url]) {
      expect(seen.join('\n')).not.toContain(canary);
    }
  });
});
