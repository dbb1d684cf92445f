import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../../local/github/settle.ts';
import { latestAttempt } from '../../../local/github/state/runs.ts';
import { type FixtureRepository, jobOf, startFixture } from './repository.ts';

let repository: FixtureRepository;

beforeEach(async () => {
  repository = await startFixture({ parallel: 4 });
  return () => repository.stop();
});

/** A workflow whose runs take so long that others come meanwhile. */
function slow(top: string, job = '', seconds = 0.6): void {
  repository.workflow(
    'slow',
    `
on: { workflow_dispatch: { inputs: { group: { type: string, default: g } } } }
${top}
jobs:
  only:
    ${job}
    runs-on: x
    steps: [{ run: "sleep ${seconds}; echo done" }]
`,
  );
}

/** Presses the button several times, a moment apart. */
async function press(...groups: readonly string[]): Promise<(string | null)[]> {
  const ids: number[] = [];
  for (const group of groups) {
    ids.push(repository.alice.dispatch('slow.yml', { inputs: { group } }).id);
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  await repository.engine.idle();
  return ids.map((id) => latestAttempt(repository.host.runs.get(id)).conclusion);
}

describe('a concurrency group', () => {
  it.each([
    ['of a workflow', `concurrency: { group: "\${{ inputs.group }}" }`, ''],
    ['of a job', '', `concurrency: { group: "\${{ inputs.group }}" }`],
  ])(
    '%s lets one run and one wait; a newer one takes the place of the one that waits',
    async (_of, top, job) => {
      slow(top, job);

      expect(await press('g', 'G', 'g', 'other')).toEqual(['success', 'cancelled', 'success', 'success']);
      const words = [repository.engine.runs[1]?.reason, repository.lines.join('\n')].join('\n');
      expect(words).toContain("Canceling since a higher priority waiting request for 'g' exists");
    },
  );

  it('with queue: max lets all wait, and none overtakes', async () => {
    slow('concurrency: { group: g, queue: max }', '', 0.2);

    expect(await press('1', '2', '3', '4')).toEqual(['success', 'success', 'success', 'success']);
    const ends = repository.host.runs.all().map((run) => latestAttempt(run).updatedAt.getTime());
    expect(ends).toEqual(ends.toSorted((a, b) => a - b));
  });

  it('with cancel-in-progress ends the one that runs', async () => {
    slow('concurrency: { group: g, cancel-in-progress: true }', '', 5);
    const started = performance.now();

    repository.alice.dispatch('slow.yml');
    await expect.poll(() => repository.lines.some((line) => line.includes('sleep 5'))).toBe(true);
    slow('concurrency: { group: g, cancel-in-progress: true }', '', 0.1);
    expect(await press('g')).toEqual(['success']);

    expect(repository.engine.runs.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'success']);
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('that a job shares with its own workflow can never be had', async () => {
    slow('concurrency: g', 'concurrency: G');

    expect(await press('g')).toEqual(['failure']);
    expect(repository.lines.join('\n')).toContain('deadlock was detected');
  });

  it('is free again when its run fails', async () => {
    slow('concurrency: g');
    repository.file(
      '.github/workflows/bad.yml',
      'on: workflow_dispatch\nconcurrency: g\njobs: { a: { runs-on: x, steps: [{ run: exit 1 }] } }',
    );

    expect((await repository.run('bad')).conclusion).toBe('failure');
    expect(await press('g')).toEqual(['success']);
  });
});

describe('an environment', () => {
  const job = 'environment: { name: production, url: "https://x.test" }';

  beforeEach(() => {
    settle(repository.host.store, { environments: { production: { reviewers: [{ user: 'bob' }] } } });
  });

  it('lets a job wait until somebody approves, and records the deployment', async () => {
    slow('', job, 0);
    const run = await repository.run('slow');
    expect(run.conclusion).toBeNull();
    expect(latestAttempt(repository.host.runs.get(run.id)).status).toBe('waiting');
    expect(repository.lines.join('\n')).not.toContain('done');

    repository.bob.approve(run.id);
    await repository.engine.idle();

    expect(run.conclusion).toBe('success');
    const [deployment] = [...repository.host.store.deployments.values()];
    expect(deployment?.environment).toBe('production');
    expect(deployment?.statuses.map(({ state }) => state)).toEqual(['waiting', 'in_progress', 'success']);
    expect(deployment?.statuses.at(-1)?.environmentUrl).toBe('https://x.test');
  });

  it('that a job uses without deploying keeps its rules and has no deployment', async () => {
    slow('', 'environment: { name: production, deployment: false }', 0);
    const run = await repository.run('slow');
    expect(run.conclusion).toBeNull();

    repository.bob.approve(run.id);
    await repository.engine.idle();

    expect(run.conclusion).toBe('success');
    expect(repository.host.store.deployments.size).toBe(0);
  });

  it('fails a job that is rejected', async () => {
    slow('', job, 0);
    const run = await repository.run('slow');

    repository.bob.reject(run.id, { comment: 'not on a Friday' });
    await repository.engine.idle();

    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'only').log()).toContain('bob rejected the deployment: not on a Friday');
    expect(repository.lines.join('\n')).not.toContain('done');
  });

  it('refuses branches that may not deploy', async () => {
    settle(repository.host.store, {
      environments: { production: { reviewers: [], branches: ['release/*'] } },
    });
    slow('', job, 0);
    const run = await repository.run('slow');

    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'only').log()).toContain('not allowed to deploy to production');
  });

  it('holds the concurrency group while it waits for approval', async () => {
    slow('', `${job}\n    concurrency: { group: deploy, queue: max }`, 0);
    const first = await repository.run('slow');
    const second = await repository.run('slow');
    const waiting = () => [first, second].map(({ id }) => latestAttempt(repository.host.runs.get(id)).status);
    expect(waiting()).toEqual(['waiting', 'in_progress']);

    repository.bob.approve(first.id);
    await repository.engine.idle();
    expect(waiting()).toEqual(['completed', 'waiting']);
  });

  it('is waited for no more when the run is cancelled', async () => {
    slow('', job, 0);
    const run = await repository.run('slow');

    repository.alice.cancel(run.id);
    await repository.engine.idle();

    expect(run.conclusion).toBe('cancelled');
  });
});

describe('somebody who cancels', () => {
  it('ends steps by SIGINT first, and what tidies up still runs', async () => {
    repository.workflow(
      'slow',
      `
on: workflow_dispatch
jobs:
  only:
    runs-on: x
    steps:
      - run: |
          trap 'echo got-sigint; exit 130' INT
          echo ready; sleep 20 & wait
      - run: echo never-$((1 + 1))
      - if: always()
        run: echo tidied-$((1 + 1))
      - if: cancelled()
        run: echo knew-$((1 + 1))
  later:
    needs: only
    runs-on: x
    steps: [{ run: "echo never" }]
  report:
    needs: only
    if: always()
    runs-on: x
    steps: [{ run: "echo reported \${{ needs.only.result }}" }]
`,
    );
    const { id } = repository.alice.dispatch('slow.yml');
    await expect.poll(() => repository.lines).toContain('ready');

    repository.alice.cancel(id);
    await repository.engine.idle();

    const run = repository.latest();
    const log = jobOf(run, 'only').log();
    expect(run.conclusion).toBe('cancelled');
    expect(run.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['only', 'cancelled'],
      ['later', 'cancelled'],
      ['report', 'success'],
    ]);
    for (const seen of ['got-sigint', 'The operation was canceled.', 'tidied-2', 'knew-2'])
      expect(log).toContain(seen);
    expect(log).not.toContain('never-2');
    expect(jobOf(run, 'report').log()).toContain('reported cancelled');
  });

  it('ends a step that hears nothing, in the end by force, with all it started', async () => {
    repository.workflow(
      'slow',
      `
on: workflow_dispatch
jobs: { only: { runs-on: x, steps: [{ run: "trap '' INT TERM; echo ready; while true; do sleep 0.1; done" }] } }
`,
    );
    const { id } = repository.alice.dispatch('slow.yml');
    await expect.poll(() => repository.lines).toContain('ready');
    const started = performance.now();

    repository.alice.cancel(id);
    await repository.engine.idle();

    expect(repository.latest().conclusion).toBe('cancelled');
    expect(performance.now() - started).toBeGreaterThan(550);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('a machine that vanishes', () => {
  beforeEach(() => {
    repository.workflow(
      'slow',
      `
on: workflow_dispatch
concurrency: g
jobs:
  only:
    runs-on: x
    steps:
      - run: echo ready; sleep 30
      - if: always()
        run: echo tidied-$((1 + 1))
  after:
    needs: only
    if: always()
    runs-on: x
    steps: [{ run: "echo after \${{ needs.only.result }}" }]
`,
    );
  });

  it('says nothing: the run stays in progress until GitHub gives up on it', async () => {
    const { id } = repository.alice.dispatch('slow.yml');
    await expect.poll(() => repository.lines).toContain('ready');

    repository.engine.vanish(id);
    await repository.engine.idle();
    const stored = latestAttempt(repository.host.runs.get(id));
    expect(stored).toMatchObject({ status: 'in_progress', conclusion: null });
    expect(stored.jobs[0]).toMatchObject({ status: 'in_progress', conclusion: null });
    expect(repository.lines.join('\n')).not.toContain('tidied');

    repository.engine.giveUp(id);
    await repository.engine.idle();
    expect(stored).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(jobOf(repository.latest(), 'after').log()).toContain('after failure');
    expect(repository.lines.join('\n')).not.toContain('tidied');
  });
});

describe('a rerun', () => {
  it('is another attempt of the same run; of the failed jobs only, what succeeded is kept', async () => {
    repository.workflow(
      'again',
      `
on: workflow_dispatch
jobs:
  good:
    runs-on: x
    outputs: { word: "\${{ steps.say.outputs.word }}" }
    steps: [{ id: say, run: "echo good-$GITHUB_RUN_ATTEMPT; echo word=$GITHUB_RUN_ATTEMPT >> $GITHUB_OUTPUT" }]
  shaky:
    needs: good
    runs-on: x
    steps: [{ run: "echo attempt $GITHUB_RUN_ATTEMPT by $GITHUB_TRIGGERING_ACTOR hears \${{ needs.good.outputs.word }}; [ $GITHUB_RUN_ATTEMPT = 2 ]" }]
`,
    );
    const first = await repository.run('again');
    expect(first.conclusion).toBe('failure');

    repository.bob.rerun(first.id, 'failed');
    await repository.engine.idle();
    const second = repository.latest();
    expect(second).toMatchObject({ id: first.id, attempt: 2, conclusion: 'success' });
    expect(second.jobs.map(({ key }) => key)).toEqual(['shaky']);
    expect(jobOf(second, 'shaky').log()).toContain('attempt 2 by bob hears 1');
    expect(latestAttempt(repository.host.runs.get(first.id))).toMatchObject({
      number: 2,
      conclusion: 'success',
    });

    repository.bob.rerun(first.id);
    await repository.engine.idle();
    expect(repository.latest()).toMatchObject({ attempt: 3, conclusion: 'failure' });
    expect(repository.latest().jobs.map(({ key }) => key)).toEqual(['good', 'shaky']);
  });
});

afterEach(() => {
  for (const run of repository.host.runs.all()) {
    const attempt = latestAttempt(run);
    // Nothing that is over on one side goes on on the other.
    if (attempt.status !== 'completed') continue;
    expect(attempt.jobs.filter(({ status }) => status !== 'completed')).toEqual([]);
  }
});
