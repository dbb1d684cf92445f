import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FixtureRepository, jobOf, startFixture, workflowOf } from './repository.ts';

let repository: FixtureRepository;

const TALKS = `
const phase = process.argv[1].split('/').pop().replace('.mjs', '');
const { env } = process;
console.log([phase, env.INPUT_WORD, env['INPUT_JOB-STATUS'], env.STATE_KEPT ?? 'no state', env.ACTIONS_RUNTIME_TOKEN ?? 'no runtime'].join(' | '));
const { appendFileSync } = await import('node:fs');
if (phase === 'main') {
  appendFileSync(env.GITHUB_STATE, 'KEPT=for later\\n');
  appendFileSync(env.GITHUB_OUTPUT, 'said=' + env.INPUT_WORD + '\\n');
  if (env.INPUT_FAIL === 'true') process.exitCode = 1;
}
`;

beforeAll(async () => {
  repository = await startFixture();
  for (const phase of ['pre', 'main', 'post']) repository.file(`actions/talk/${phase}.mjs`, TALKS);
  repository.file(
    'actions/talk/action.yml',
    `
name: Talk
description: Says which phase it is in
inputs:
  word: { description: what to say, default: "\${{ github.actor }}" }
  fail: { description: whether to fail, default: 'false' }
  job-status: { description: how the job goes, default: "\${{ job.status }}" }
outputs:
  said: { description: what was said }
runs: { using: node24, pre: pre.mjs, main: main.mjs, post: post.mjs }
`,
  );
  repository.file(
    'actions/both/action.yml',
    `
name: Both
description: Uses another action, and a script
inputs: { word: { description: what to say, required: true } }
outputs:
  shout: { description: the word, value: "\${{ steps.loud.outputs.word }}" }
runs:
  using: composite
  steps:
    - uses: $/actions/talk
      with: { word: "inner \${{ inputs.word }}" }
    - id: loud
      shell: bash
      run: |
        echo "word=\${{ inputs.word }}!" >> "$GITHUB_OUTPUT"
        ls "$GITHUB_ACTION_PATH"
`,
  );
});

afterAll(() => repository.stop());

async function steps(text: string, job = '') {
  repository.workflow('steps', workflowOf(text.trim(), job));
  const run = await repository.run('steps');
  return { run, job: jobOf(run, 'only'), log: jobOf(run, 'only').log() };
}

/** What the phases said, in order. */
function said(log: string): string[] {
  return [...log.matchAll(/ ((?:pre|main|post) \| .*)\n/g)].map(([, line = '']) => line);
}

describe('a JavaScript action', () => {
  it('has its phases: before all, in its place, and after all in reverse, with what it kept', async () => {
    const { run, log, job } = await steps(`
- id: one
  uses: $/actions/talk
  with: { word: one }
- uses: $/actions/talk
- run: echo "one said \${{ steps.one.outputs.said }}"
`);

    expect(run.conclusion, log).toBe('success');
    expect(said(log)).toEqual([
      'pre | one | success | no state | ***',
      'pre | alice | success | no state | ***',
      'main | one | success | no state | ***',
      'main | alice | success | no state | ***',
      'post | alice | success | for later | ***',
      'post | one | success | for later | ***',
    ]);
    expect(log).toContain('one said one');
    expect(job.steps.map(({ name }) => name)).toEqual([
      'Set up job',
      'Pre Run $/actions/talk',
      'Pre Run $/actions/talk',
      'Run $/actions/talk',
      'Run $/actions/talk',
      'Run echo "one said one"',
      'Post Run $/actions/talk',
      'Post Run $/actions/talk',
      'Complete job',
    ]);
  });

  it('cleans up after a failure too, and knows of it', async () => {
    const { run, log } = await steps(`
- uses: $/actions/talk
  with: { word: a, fail: true }
- uses: $/actions/talk
  with: { word: never }
`);

    expect(run.conclusion).toBe('failure');
    expect(said(log)).toEqual([
      'pre | a | success | no state | ***',
      'pre | never | success | no state | ***',
      'main | a | success | no state | ***',
      'post | never | failure | no state | ***',
      'post | a | failure | for later | ***',
    ]);
  });

  it('warns of inputs it does not have', async () => {
    const { log } = await steps('- uses: $/actions/talk\n  with: { wort: typo }');

    expect(log).toContain(
      "##[warning]Unexpected input(s) 'wort', valid inputs are ['word', 'fail', 'job-status']",
    );
  });

  it('of the workspace needs a checkout first', async () => {
    const { log: without } = await steps('- uses: ./actions/talk');
    expect(without).toContain('Did you forget to run actions/checkout');

    const { run, log } = await steps('- uses: actions/checkout@v6\n- uses: ./actions/talk');
    expect(run.conclusion, log).toBe('success');
    expect(said(log)).toHaveLength(2);
  });

  it('nobody has fails before any step', async () => {
    const { run, log, job } = await steps('- run: echo never-$((1 + 1))\n- uses: actions/unheard-of@v1');

    expect(run.conclusion).toBe('failure');
    expect(log).toContain('has no stand-in for actions/unheard-of');
    expect(log).not.toContain('never-2');
    expect(job.steps[0]?.conclusion).toBe('failure');
  });

  it('outside of the repository is refused', async () => {
    const { log } = await steps('- uses: ./../../outside');

    expect(log).toContain('outside of the repository');
  });
});

describe('a composite action', () => {
  it('runs its steps with its inputs, hands out its outputs, and its actions clean up', async () => {
    const { run, log } = await steps(`
- id: both
  uses: $/actions/both
  with: { word: hey }
- run: echo "outer heard \${{ steps.both.outputs.shout }}, inner is \${{ steps.loud.outputs.word || 'hidden' }}"
`);

    expect(run.conclusion, log).toBe('success');
    expect(said(log)).toEqual([
      'main | inner hey | success | no state | ***',
      'post | inner hey | success | for later | ***',
    ]);
    expect(log).toContain('outer heard hey!, inner is hidden');
    expect(log).toContain(' action.yml\n');
  });
});

describe('the stand-ins of GitHub’s own actions', () => {
  it('checkout: the files of the commit, in a workspace of its own, without the token unless it should stay', async () => {
    repository.file('notes/deep/a.txt', 'hello from the commit\n');
    const { log } = await steps(`
- run: ls -A | wc -l
- uses: actions/checkout@v6
  with: { persist-credentials: false }
- run: cat notes/deep/a.txt && git rev-parse HEAD && cat .git/config && echo changed > notes/deep/a.txt
- uses: actions/checkout@v6
  with: { path: again, sparse-checkout: notes }
- run: cat again/notes/deep/a.txt && ls again && grep -c extraheader again/.git/config
`);

    expect(log).toMatch(/ 0\n/);
    expect(log.match(/hello from the commit\n/g)).toHaveLength(2);
    expect(log).toContain(repository.host.store.branches.get('main'));
    expect(log).toMatch(/ notes\n[^\n]* 1\n/);
    expect(log.split('\n').filter((line) => line.includes('extraheader ='))).toEqual([]);
  });

  it('checkout needs contents: read', async () => {
    const { run, log } = await steps('- uses: actions/checkout@v6', 'permissions: { issues: read }');

    expect(run.conclusion).toBe('failure');
    expect(log).toContain('the token has no contents: read');
  });

  it('artifacts go from job to job, cache from run to run, and setup-node knows its version', async () => {
    repository.workflow(
      'steps',
      `
on: workflow_dispatch
jobs:
  make:
    runs-on: x
    steps:
      - id: cache
        uses: actions/cache@v4
        with: { path: kept, key: "k-\${{ github.sha }}", restore-keys: k- }
      - run: echo "hit \${{ steps.cache.outputs.cache-hit || 'none' }}" && mkdir -p kept out/b && echo 1 > kept/file && echo x > out/b/c.txt
      - uses: actions/upload-artifact@v4
        with: { name: built, path: out }
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: node --version
  take:
    needs: make
    runs-on: x
    steps:
      - uses: actions/download-artifact@v4
        with: { name: built, path: here }
      - run: cat here/b/c.txt
      - uses: actions/setup-node@v4
        with: { node-version: 20 }
`,
    );
    const first = await repository.run('steps');
    const second = await repository.run('steps');

    expect([...repository.host.store.artifacts.values()].map(({ name, runId }) => [name, runId])).toEqual([
      ['built', first.id],
      ['built', second.id],
    ]);
    expect(jobOf(first, 'make').log()).toContain('hit none');
    expect(jobOf(second, 'make').log()).toContain('hit true');
    expect(jobOf(first, 'make').log()).toMatch(/ v24\.\d+/);
    expect(jobOf(first, 'take').log()).toMatch(/ x\n/);
    expect(jobOf(first, 'take').log()).toContain('has Node v24');
  });
});
