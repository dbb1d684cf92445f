import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FixtureRepository, jobOf, startFixture, workflowOf } from './repository.ts';

let repository: FixtureRepository;

beforeAll(async () => {
  process.env.OPSROOM_LEAK = 'leaked from the outside';
  repository = await startFixture({
    secrets: { repository: { TOKEN: 'canary-token-value-123', LINES: 'canary-first\ncanary-second' } },
    machine: { LOCAL_SERVICE: 'http://127.0.0.1:9' },
  });
});

afterAll(() => repository.stop());

/** Runs steps as a workflow of their own. */
async function steps(text: string, job = '') {
  repository.workflow('steps', workflowOf(text.trim(), job));
  const run = await repository.run('steps');
  return { run, job: jobOf(run, 'only'), log: jobOf(run, 'only').log() };
}

describe('a run step', () => {
  it('fails with its exit code, after which only steps that ask for it run', async () => {
    const { run, job, log } = await steps(`
- run: exit 3
- run: echo never-seen-$((1 + 1))
- if: failure()
  run: echo on-failure-$((1 + 1))
- if: always()
  run: echo in-any-case-$((1 + 1))
`);

    expect(run.conclusion).toBe('failure');
    expect(log).toContain('##[error]Process completed with exit code 3.');
    expect(log).toContain('on-failure-2');
    expect(log).toContain('in-any-case-2');
    expect(log).not.toContain('never-seen-2');
    expect(job.steps.map(({ conclusion }) => conclusion)).toEqual([
      'success',
      'failure',
      'skipped',
      'success',
      'success',
      'success',
    ]);
  });

  it('may fail where continue-on-error forgives it: the outcome is known, the conclusion is good', async () => {
    const { run, log } = await steps(`
- id: shaky
  continue-on-error: true
  run: exit 1
- run: echo "\${{ steps.shaky.outcome }} then \${{ steps.shaky.conclusion }}"
`);

    expect(run.conclusion).toBe('success');
    expect(log).toContain('failure then success');
  });

  it.each([
    ['', 'false | true; echo survived-$((1 + 1))', true],
    ['bash', 'false | true; echo survived-$((1 + 1))', false],
    ['sh', 'echo survived-$((1 + 1))', true],
    ['bash -x {0}', 'echo survived-$((1 + 1))', true],
    ['node {0}', 'console.log("survived-" + (1 + 1))', true],
  ])('of shell "%s" runs as GitHub runs it', async (shell, script, survives) => {
    const { log } = await steps(`- run: '${script}'${shell === '' ? '' : `\n  shell: ${shell}`}`);

    expect(log.includes('survived-2'), log).toBe(survives);
  });

  it('has env of the workflow, the job and itself, the nearest first, and what steps before it added', async () => {
    const { log } = await steps(
      `
- run: |
    echo "ADDED=by a step" >> "$GITHUB_ENV"
    mkdir bin && printf '#!/bin/sh\\necho "own tool"\\n' > bin/tool && chmod +x bin/tool
    echo "$PWD/bin" >> "$GITHUB_PATH"
- env: { NEAR: step, FROM: "\${{ env.ADDED }}" }
  run: echo "$NEAR $JOB $ADDED $FROM $GITHUB_JOB" && tool
`,
      'env: { NEAR: job, JOB: of-job }',
    );

    expect(log).toContain('step of-job by a step by a step only');
    expect(log).toContain('own tool');
  });

  it('sees nothing of ours, and everything GitHub promises', async () => {
    const { log, run } = await steps('- run: env | sort');

    expect(log).not.toContain('leaked from the outside');
    expect(log).not.toContain('VITEST');
    for (const line of [
      'CI=true',
      'GITHUB_ACTIONS=true',
      'GITHUB_ACTOR=alice',
      'GITHUB_EVENT_NAME=workflow_dispatch',
      'GITHUB_REF=refs/heads/main',
      'GITHUB_REF_NAME=main',
      'GITHUB_REPOSITORY=acme/ops',
      `GITHUB_RUN_ID=${run.id}`,
      'GITHUB_RUN_ATTEMPT=1',
      'GITHUB_WORKFLOW_REF=acme/ops/.github/workflows/steps.yml@refs/heads/main',
      'LOCAL_SERVICE=http://127.0.0.1:9',
      'RUNNER_OS=Linux',
    ]) {
      expect(log).toContain(` ${line}\n`);
    }
    expect(log).toMatch(/ HOME=\S*opsroom-actions-\S*\/home\n/);
    expect(log).toMatch(/ RUNNER_TEMP=\S*opsroom-actions-\S*\/_temp\n/);
    expect(log).not.toContain('GITHUB_TOKEN=');
  });

  it('never shows a secret: not in its header, its output, a group, an annotation or the summary', async () => {
    const { log, job } = await steps(`
- env: { TOKEN: "\${{ secrets.TOKEN }}", LINES: "\${{ secrets.LINES }}" }
  run: |
    echo "the token is $TOKEN, \${{ secrets.TOKEN }}"
    echo "::group::$TOKEN"
    echo "::error title=$TOKEN::$TOKEN"
    echo "$LINES"
    made=made-up; echo "::add-mask::$made-value" && echo "$made-value"
    printf %s "$TOKEN" | base64
    echo "$TOKEN" >> "$GITHUB_STEP_SUMMARY"
    echo "\${{ github.token }}"
`);

    const seen = [log, JSON.stringify(job.annotations), job.summary, repository.lines.join('\n')].join('\n');
    expect(seen).toContain('***');
    expect(seen).not.toMatch(/canary|made-up-value|ghs_/);
    expect(seen).not.toContain(Buffer.from('canary-token-value-123').toString('base64'));
  });

  it('tells its lines while it runs', async () => {
    repository.workflow('slow', workflowOf('- run: echo early-$((1 + 1)); sleep 1; echo late'));
    repository.alice.dispatch('slow.yml');

    await expect.poll(() => repository.lines.join('\n')).toContain('early-2');
    const before = repository.lines.includes('late');
    await repository.engine.idle();
    expect(before).toBe(false);
    expect(repository.lines).toContain('late');
  });

  it('ends when its time is over, as a failure', async () => {
    const { run, job, log } = await steps(`
- timeout-minutes: 1
  run: sleep 30
- if: failure()
  run: echo after-$((1 + 1))
`);

    expect(run.conclusion).toBe('failure');
    expect(log).toContain('has timed out after 1 minutes.');
    expect(log).toContain('after-2');
    expect(job.steps[1]?.conclusion).toBe('failure');
  });

  it('keeps annotations, summaries, and groups', async () => {
    const { job, log } = await steps(`
- run: |
    echo "::warning file=a.yaml,line=7,title=Careful::mind the gap"
    echo "# One" >> "$GITHUB_STEP_SUMMARY"
- run: echo "# Two" >> "$GITHUB_STEP_SUMMARY"
- run: head -c 1048577 /dev/zero | tr '\\\\0' x >> "$GITHUB_STEP_SUMMARY"
`);

    expect(job.annotations[0]).toEqual({
      level: 'warning',
      message: 'mind the gap',
      title: 'Careful',
      file: 'a.yaml',
      line: 7,
    });
    expect(job.summary).toBe('# One\n\n# Two\n');
    expect(log).toContain('upload aborted, supports content up to a size of 1024k');
  });

  it('that writes nonsense into a file command fails, and says what', async () => {
    const { run, log } = await steps('- run: echo nonsense >> "$GITHUB_OUTPUT"');

    expect(run.conclusion).toBe('failure');
    expect(log).toContain("Invalid format 'nonsense'");
  });

  it('cannot overrule what GitHub sets', async () => {
    const { log } = await steps(
      '- env: { GITHUB_REPOSITORY: evil/ops }\n  run: echo "in $GITHUB_REPOSITORY"',
    );

    expect(log).toContain('in acme/ops');
  });

  it('leaves no process behind when the job is over', async () => {
    const { log } = await steps('- run: nohup sleep 60 >/dev/null 2>&1 & echo "pid $!"');
    const pid = Number(/pid (\d+)\n/.exec(log)?.[1]);

    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

describe('a log', () => {
  it('is bounded, and a line without an end cannot fill the memory', async () => {
    const { log } = await steps('- run: head -c 3000000 /dev/zero | tr "\\\\0" x; echo; yes | head -n 60000');

    expect(log.split('\n').length).toBeLessThan(50_010);
    expect(log.length).toBeLessThan(4_000_000);
    expect(log).toContain('later lines are not kept');
  }, 60_000);
});

/** Killed is enough: who buries it is the machine's business. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}
