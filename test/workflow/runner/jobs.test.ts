import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FixtureRepository, jobOf, startFixture } from './repository.ts';

let repository: FixtureRepository;

beforeAll(async () => {
  repository = await startFixture({
    secrets: { repository: { PLACE: 'repo-secret' }, environments: { Staging: { PLACE: 'staging-secret' } } },
    variables: { repository: { LANE: 'repo-lane' }, environments: { staging: { LANE: 'staging-lane' } } },
  });
});

afterAll(() => repository.stop());

/** Runs jobs as a workflow of their own. */
async function jobs(text: string, top = '') {
  repository.workflow('jobs', `on: workflow_dispatch\n${top}\njobs:\n${text.replaceAll(/^/gm, '  ')}`);
  return repository.run('jobs');
}

const ok = 'runs-on: x\n  steps: [{ run: "true" }]';
const bad = 'runs-on: x\n  steps: [{ run: "false" }]';

/** Results by name. */
function results(run: Awaited<ReturnType<typeof jobs>>): Record<string, string | null> {
  return Object.fromEntries(run.jobs.map(({ name, conclusion }) => [name, conclusion]));
}

describe('jobs', () => {
  it('wait for those they need; a failure skips all behind it unless they say otherwise', async () => {
    const run = await jobs(`
a:
  ${bad}
b:
  needs: a
  ${ok}
c:
  needs: b
  if: failure()
  ${ok}
d:
  needs: [a]
  if: always() && needs.a.result == 'failure'
  ${ok}
e:
  needs: d
  ${ok}
f:
  needs: [a, b]
  if: "!cancelled()"
  runs-on: x
  steps: [{ run: "echo saw \${{ join(needs.*.result, '+') }}" }]
`);

    expect(results(run)).toEqual({
      a: 'failure',
      b: 'skipped',
      c: 'success',
      d: 'success',
      // d succeeded, but further up something failed: GitHub looks at the whole chain.
      e: 'skipped',
      f: 'success',
    });
    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'f').log()).toContain('saw failure+skipped');
  });

  it('that may fail count as successful for others', async () => {
    const run = await jobs(`
a:
  continue-on-error: true
  ${bad}
b:
  needs: a
  ${ok}
`);

    expect(results(run)).toEqual({ a: 'failure', b: 'success' });
    expect(run.conclusion).toBe('success');
  });

  it('of a matrix have the values, run as many at once as allowed, and one result', async () => {
    const run = await jobs(`
a:
  strategy:
    max-parallel: 1
    matrix: { lane: [one, two, three], include: [{ lane: two, extra: more }] }
  outputs: { last: "\${{ matrix.lane }}", two: "\${{ matrix.extra }}" }
  runs-on: x
  steps:
    - run: |
        echo "lane \${{ matrix.lane }} \${{ matrix.extra }} \${{ strategy.job-index }}/\${{ strategy.job-total }}"
        test ! -e /tmp/opsroom-fixture-$GITHUB_RUN_ID
        touch /tmp/opsroom-fixture-$GITHUB_RUN_ID; sleep 0.1; rm /tmp/opsroom-fixture-$GITHUB_RUN_ID
b:
  needs: a
  runs-on: x
  steps: [{ run: "echo last \${{ needs.a.outputs.last }} \${{ needs.a.outputs.two }}" }]
`);

    expect(results(run)).toEqual({
      'a (one)': 'success',
      'a (two, more)': 'success',
      'a (three)': 'success',
      b: 'success',
    });
    expect(jobOf(run, 'a (two, more)').log()).toContain('lane two more 1/3');
    expect(jobOf(run, 'b').log()).toContain('last three more');
  });

  it.each([
    [true, 'cancelled'],
    [false, 'success'],
  ])('of a matrix with fail-fast %s leave the others %s when one fails', async (failFast, other) => {
    const run = await jobs(`
a:
  strategy: { fail-fast: ${failFast}, matrix: { kind: [quick, slow] } }
  runs-on: x
  steps: [{ run: "[ \${{ matrix.kind }} = slow ] && sleep 2 || exit 1" }]
`);

    expect(results(run)).toEqual({ 'a (quick)': 'failure', 'a (slow)': other });
    expect(run.conclusion).toBe('failure');
  });

  it('whose matrix comes out empty fail, and say why', async () => {
    const run = await jobs(`
a:
  strategy: { matrix: { x: "\${{ fromJSON('[]') }}" } }
  ${ok}
`);

    expect(run.conclusion).toBe('failure');
    expect(run.reason).toContain("Matrix vector 'x' does not contain any values");
  });

  it('take longer than they may are cancelled', async () => {
    const run = await jobs(`
a:
  timeout-minutes: 1
  runs-on: x
  steps:
    - run: sleep 30
    - if: cancelled()
      run: echo tidied-$((1 + 1))
`);

    expect(run.conclusion).toBe('cancelled');
    expect(jobOf(run, 'a').log()).toContain('maximum execution time of 1 minutes');
    expect(jobOf(run, 'a').log()).toContain('tidied-2');
  });

  it('use defaults of the workflow and the job', async () => {
    const run = await jobs(
      `
a:
  runs-on: x
  defaults: { run: { working-directory: inner } }
  steps:
    - { run: mkdir inner, working-directory: . }
    - run: echo "\${PWD##*/} by \${BASH_VERSION:+bash}" && false | true
`,
      'defaults: { run: { shell: bash } }',
    );

    expect(jobOf(run, 'a').log()).toContain('inner by bash');
    expect(jobOf(run, 'a').log()).toContain('exit code 1');
  });

  it('get secrets and variables of an environment only if they name it', async () => {
    const step = 'run: "echo secret $(echo $PLACE | wc -c) lane $LANE"';
    const env = `env: { PLACE: "\${{ secrets.PLACE }}", LANE: "\${{ vars.LANE }}" }`;
    const run = await jobs(`
outside:
  runs-on: x
  steps: [{ ${env}, ${step} }]
inside:
  environment: staging
  runs-on: x
  steps: [{ ${env}, ${step} }]
`);

    expect(jobOf(run, 'outside').log()).toContain(`secret ${'repo-secret'.length + 1} lane repo-lane`);
    expect(jobOf(run, 'inside').log()).toContain(`secret ${'staging-secret'.length + 1} lane staging-lane`);
  });

  it('keep outputs that hold a secret to themselves', async () => {
    const run = await jobs(`
a:
  runs-on: x
  outputs: { leak: "\${{ secrets.PLACE }}", fine: ok }
  steps: [{ run: "true" }]
`);

    expect(jobOf(run, 'a').outputs).toEqual({ fine: 'ok' });
    expect(jobOf(run, 'a').log()).toContain("Skip output 'leak' since it may contain secret");
  });

  it('with a container are not run at all', async () => {
    const run = await jobs('a: { container: "debian:12", runs-on: x, steps: [{ run: "touch /tmp/never" }] }');

    expect(run.conclusion).toBe('failure');
    expect(run.reason).toContain('has container, which this runner cannot do');
  });

  it('run two at a time on this machine', async () => {
    const span = 'runs-on: x\n  steps: [{ run: "date +%s%N; sleep 0.4; date +%s%N" }]';
    const run = await jobs(['a', 'b', 'c'].map((name) => `${name}:\n  ${span}\n`).join(''));

    const times = run.jobs.map(({ log }) => [...log().matchAll(/ (\d{19})\n/g)].map(([, at]) => Number(at)));
    const most = times.map(
      ([start = 0]) => times.filter(([from = 0, to = 0]) => from <= start && start < to).length,
    );
    expect(Math.max(...most)).toBe(2);
  });
});

describe('a run', () => {
  it('is named by its run-name, and known to GitHub’s side with its jobs, steps and logs', async () => {
    repository.workflow(
      'named',
      `
on: { workflow_dispatch: { inputs: { id: { type: string, default: none }, count: { type: number, default: 2 } } } }
run-name: "build #\${{ inputs.id }} of \${{ github.ref_name }}"
jobs: { a: { runs-on: x, steps: [{ name: Say it, run: "echo said-\${{ toJSON(inputs.count) }}" }] } }
`,
    );
    const { id } = await repository.run('named', { id: '42' });

    const stored = repository.host.runs.get(id);
    const [job] = stored.attempts[0]?.jobs ?? [];
    expect(stored.displayTitle).toBe('build #42 of main');
    expect(stored.attempts[0]).toMatchObject({ status: 'completed', conclusion: 'success' });
    expect(job?.steps.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ['Set up job', 'success'],
      ['Say it', 'success'],
      ['Complete job', 'success'],
    ]);
    expect(job?.log).toContain('said-2');
  });

  it('of a file GitHub would refuse fails at once, at a push', async () => {
    repository.workflow(
      'broken',
      'on: push\njobs: { z: { runs-on: x, steps: [{ run: "1" }] }, a: { runs-on: x, needs: nobody, steps: [{ run: "1" }] } }',
    );
    await repository.engine.idle();

    expect(repository.latest()).toMatchObject({
      conclusion: 'startup_failure',
      path: '.github/workflows/broken.yml',
    });
    expect(repository.latest().reason).toContain('nobody');
    repository.alice.push({ files: { '.github/workflows/broken.yml': null } });
  });

  it('is started by its schedule, on the default branch, by name, by cron line or by the clock', async () => {
    repository.workflow(
      'timed',
      `
on: { schedule: [{ cron: '37 4 * * *' }, { cron: '5 9 * * 1', timezone: Europe/Berlin }] }
jobs: { a: { runs-on: x, steps: [{ run: "echo \${{ github.event.schedule }} \${{ github.ref }}" }] } }
`,
    );
    const { engine } = repository;
    const ticks = [
      await engine.tick('timed.yml'),
      await engine.tick('5 9 * * 1'),
      await engine.tick(new Date('2026-01-05T08:05:30Z')),
      await engine.tick(new Date('2026-01-05T09:05:30Z')),
    ];
    await engine.idle();

    expect(ticks.map((ids) => ids.length)).toEqual([1, 1, 1, 0]);
    const logs = engine.runs.filter(({ event }) => event === 'schedule').map((run) => jobOf(run, 'a').log());
    expect(logs[0]).toContain('37 4 * * * refs/heads/main');
    expect(logs[2]).toContain('5 9 * * 1');
  });
});
