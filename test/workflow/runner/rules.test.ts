import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExpressions } from '../../../local/workflows/expressions.ts';
import { parsePairs } from '../../../local/workflows/file-commands.ts';
import { letsIn } from '../../../local/workflows/filter-pattern.ts';
import { loadLanguage } from '../../../local/workflows/language.ts';
import { loadWorkflow } from '../../../local/workflows/load-workflow.ts';
import { createMasks } from '../../../local/workflows/masks.ts';
import { expandMatrix, matrixSuffix } from '../../../local/workflows/matrix.ts';
import { grantedPermissions } from '../../../local/workflows/permissions.ts';
import { objectionTo } from '../../../local/workflows/triggers.ts';
import {
  type Annotation,
  createCommandReader,
  parseCommand,
} from '../../../local/workflows/workflow-commands.ts';
import { root } from '../../contract/action-metadata.ts';

const language = await loadLanguage();
const load = (text: string) => loadWorkflow(language, '.github/workflows/x.yml', text);
const JOBS = 'jobs: { only: { runs-on: x, steps: [{ run: "true" }] } }';

describe('workflow files', () => {
  it.each(readdirSync(path.join(root, '.github/workflows')))('of ours load: %s', async (name) => {
    const text = readFileSync(path.join(root, '.github/workflows', name), 'utf8');
    const workflow = await loadWorkflow(language, `.github/workflows/${name}`, text);

    expect(`${workflow.name}.yml`).toBe(name);
    expect(workflow.jobs.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'a job nobody has',
      `on: push\njobs: { a: { runs-on: x, needs: b, steps: [{ run: "1" }] } }`,
      /depends on unknown job|no dependencies/,
    ],
    ['an unknown key', `on: push\nname: x\npermission: {}\n${JOBS}`, /permission/],
    [
      'an expression that does not parse',
      `on: push\nrun-name: \${{ github. }}\n${JOBS}`,
      /expression|Unexpected/i,
    ],
    [
      'a job that calls a workflow',
      'on: push\njobs: { a: { uses: ./.github/workflows/b.yml } }',
      /calls another workflow/,
    ],
    [
      'a condition with text around its expression',
      `on: push\njobs: { a: { if: "no \${{ false }}", runs-on: x, steps: [{ run: "1" }] } }`,
      /x.yml: job a: .*always true/,
    ],
    [
      'a condition in a block, whose indentation is text for the parser',
      `on: push\njobs:\n  a:\n    if: >-\n      \${{ false\n      && true }}\n    runs-on: x\n    steps: [{ run: "1" }]`,
      /job a: .*always true/,
    ],
    [
      'such a condition of a step',
      `on: push\njobs: { a: { runs-on: x, steps: [{ id: s, if: "always() \${{ false }}", run: "1" }] } }`,
      /step s: .*always true/,
    ],
  ])('with %s are refused', async (_what, text, words) => {
    await expect(load(text)).rejects.toThrow(words);
  });
});

describe('expressions', () => {
  const expressions = createExpressions(language);
  const contexts = {
    github: { event: { a: { b: 'x' }, list: [1, 2] }, ref: 'refs/heads/Main' },
    inputs: { on: true },
  };

  it.each([
    ['github.event.a.b', 'x'],
    ['github.event.nothing.at.all', null],
    ["github.ref == 'REFS/heads/main'", true],
    ['contains(github.event.list, 2)', true],
    ["inputs.on && 'yes' || 'no'", 'yes'],
    ['fromJSON(\'[1,{"a":null}]\')[1]', { a: null }],
    ["format('{0}-{1}', 1, true)", '1-true'],
    ['github.event.list.*', [1, 2]],
    ['always() && !failure()', true],
  ])('%s is %j', (expression, value) => {
    expect(expressions.evaluate(expression, { contexts })).toEqual(value);
  });

  it('know how things stand', () => {
    const standing = { success: false, failure: true, cancelled: false };

    expect(expressions.holds('success()', { contexts, standing })).toBe(false);
    expect(expressions.holds('failure()', { contexts, standing })).toBe(true);
  });
});

describe('filters', () => {
  // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
  it.each([
    [['feature/*'], 'feature/my-branch', true],
    [['feature/*'], 'feature/beta-a/my-branch', false],
    [['feature/**'], 'feature/beta-a/my-branch', true],
    [['releases/mona-the-octocat'], 'releases/mona-the-octocat', true],
    [['*'], 'main', true],
    [['*'], 'a/b', false],
    [['**'], 'all/the/branches', true],
    [['*feature'], 'ver-10-feature', true],
    [['v2*'], 'v2.9', true],
    [['v[12].[0-9]+.[0-9]+'], 'v1.10.1', true],
    [['v[12].[0-9]+.[0-9]+'], 'v3.0.0', false],
    [['*.jsx?'], 'page.js', true],
    [['*.jsx?'], 'page.jsx', true],
    [['**.js'], 'src/js/app.js', true],
    [['docs/**'], 'docs/mona/octocat.txt', true],
    [['**/docs/**'], 'dir/docs/my-file.txt', true],
    [['**/docs/**'], 'docs/hello.md', true],
    [['**/README.md'], 'README.md', true],
    [['**/migrate-*.sql'], 'db/migrate-v1.0.sql', true],
    [['*.md', '!README.md'], 'README.md', false],
    [['*.md', '!README.md', 'README*'], 'README.md', true],
    [['a.b'], 'axb', false],
  ])('%j and %s: %s', (patterns, name, expected) => {
    expect(letsIn(patterns, name)).toBe(expected);
  });
});

describe('triggers', () => {
  const pull = (action: string, base = 'main') => ({ action, pull_request: { base: { ref: base } } });

  it.each([
    ['push', 'push', {}, 'refs/heads/main', true],
    ['push', 'issues', { action: 'opened' }, 'refs/heads/main', false],
    ['{ push: { branches: [main] } }', 'push', {}, 'refs/heads/other', false],
    ['{ push: { branches: [main] } }', 'push', {}, 'refs/tags/main', false],
    ['{ push: { branches-ignore: [main] } }', 'push', {}, 'refs/heads/main', false],
    ['{ push: { tags: [v*] } }', 'push', {}, 'refs/tags/v1', true],
    ['{ push: { tags: [v*] } }', 'push', {}, 'refs/heads/v1', false],
    ['{ push: { paths: [runbooks/**] } }', 'push', {}, 'refs/heads/main', true],
    ['{ push: { paths: [functions/**] } }', 'push', {}, 'refs/heads/main', false],
    ['{ push: { paths-ignore: ["**.md"] } }', 'push', {}, 'refs/heads/main', true],
    ['{ push: { paths-ignore: ["**"] } }', 'push', {}, 'refs/heads/main', false],
    ['pull_request', 'pull_request', pull('opened'), 'refs/pull/1/merge', true],
    ['pull_request', 'pull_request', pull('labeled'), 'refs/pull/1/merge', false],
    ['{ pull_request: { types: [labeled] } }', 'pull_request', pull('labeled'), 'refs/pull/1/merge', true],
    [
      '{ pull_request: { branches: [main] } }',
      'pull_request',
      pull('opened', 'next'),
      'refs/pull/1/merge',
      false,
    ],
    ['issue_comment', 'issue_comment', { action: 'edited' }, 'refs/heads/main', true],
    [
      '{ issue_comment: { types: [created] } }',
      'issue_comment',
      { action: 'edited' },
      'refs/heads/main',
      false,
    ],
    ['{ schedule: [{ cron: "7 * * * *" }] }', 'schedule', { schedule: '7 * * * *' }, 'refs/heads/main', true],
    [
      '{ schedule: [{ cron: "7 * * * *" }] }',
      'schedule',
      { schedule: '8 * * * *' },
      'refs/heads/main',
      false,
    ],
  ])('on: %s and %s %j at %s: %s', async (on, name, payload, ref, starts) => {
    const changedFiles = ['runbooks/cron/x.yaml', 'README.md'];
    const objection = objectionTo(await load(`on: ${on}\n${JOBS}`), { name, payload, ref, changedFiles });

    expect(objection === null, objection ?? '').toBe(starts);
  });

  it('of what a workflow did itself are dispatches only', async () => {
    const workflow = await load(`on: [issues, workflow_dispatch]\n${JOBS}`);
    const event = { payload: { action: 'opened' }, ref: 'refs/heads/main', byWorkflowToken: true };

    expect(objectionTo(workflow, { ...event, name: 'issues' })).toContain('start nothing');
    expect(objectionTo(workflow, { ...event, name: 'workflow_dispatch' })).toBeNull();
  });
});

describe('a matrix', () => {
  it('crosses its vectors in order, without what is excluded', () => {
    const jobs = expandMatrix({ os: ['a', 'b'], node: [1, 2], exclude: [{ os: 'b', node: 1 }] });

    expect(jobs).toEqual([
      { os: 'a', node: 1 },
      { os: 'a', node: 2 },
      { os: 'b', node: 2 },
    ]);
    expect(matrixSuffix(jobs[0] ?? {})).toBe(' (a, 1)');
  });

  // https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations#example-expanding-configurations
  it('is expanded by include as in GitHub’s own example', () => {
    const jobs = expandMatrix({
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    });

    expect(jobs).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
  });

  it('may be made of includes only', () => {
    expect(expandMatrix({ include: [{ a: 1 }, { a: 2 }] })).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each([
    [{ a: [] }, /does not contain any values/],
    [{ a: 'x' }, /not a list/],
    [{}, /at least one vector/],
    [{ a: Array.from({ length: 20 }, String), b: Array.from({ length: 20 }, String) }, /400 jobs/],
  ])('%j is refused', (matrix, words) => {
    expect(() => expandMatrix(matrix)).toThrow(words);
  });
});

describe('permissions', () => {
  it.each([
    [
      'the job’s own',
      { contents: 'read', issues: 'write', checks: 'none' },
      'write-all',
      { contents: 'read', issues: 'write', metadata: 'read' },
    ],
    ['the workflow’s', undefined, { issues: 'read' }, { issues: 'read', metadata: 'read' }],
    ['nothing', undefined, {}, { metadata: 'read' }],
    ['nothing, by the job', {}, { issues: 'write' }, { metadata: 'read' }],
    [
      'the repository’s default',
      undefined,
      undefined,
      { contents: 'read', packages: 'read', metadata: 'read' },
    ],
  ])('are %s', (_what, job, workflow, expected) => {
    expect(grantedPermissions({ job, workflow: workflow as never, fromFork: false })).toEqual(expected);
  });

  it('of a fork only read, and ask for no identity', () => {
    const job = { contents: 'read', 'pull-requests': 'write', 'id-token': 'write' };

    expect(grantedPermissions({ job, workflow: undefined, fromFork: true })).toEqual({
      contents: 'read',
      'pull-requests': 'read',
      metadata: 'read',
    });
  });
});

describe('masks', () => {
  const secret = 's3cret/"value" with ü';

  it.each([
    ['itself', secret],
    ['JSON', JSON.stringify({ a: secret })],
    ['a URL', `https://x.test/?q=${encodeURIComponent(secret)}`],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64 of a header', Buffer.from(`user:${secret}`).toString('base64')],
    ['base64 with something behind', Buffer.from(`${secret}!!`).toString('base64')],
  ])('hide a value in %s', (_how, text) => {
    const masks = createMasks([secret]);

    expect(masks.finds(text)).toBe(true);
    expect(masks.hide(text)).toContain('***');
    expect(masks.hide(text)).not.toContain('s3cret');
  });

  it('hide every line of a value, and the longer of two that begin alike', () => {
    const masks = createMasks(['line one\nline two', 'abc', 'abcdef']);

    expect(masks.hide('only line two, abcdef')).toBe('only ***, ***');
    expect(createMasks(['', ' ']).hide('text')).toBe('text');
  });
});

describe('workflow commands', () => {
  it('are read with their properties, unescaped', () => {
    expect(parseCommand('::error file=a%2Cb.ts,line=3,title=T%3A::50%25%0Asure')).toEqual({
      name: 'error',
      properties: { file: 'a,b.ts', line: '3', title: 'T:' },
      message: '50%\nsure',
    });
    expect(parseCommand('std::cout << 1')).toBeNull();
    expect(parseCommand('text ::error::x')).toBeNull();
  });

  it('mask, annotate, and can be stopped', () => {
    const masked: string[] = [];
    const annotations: Annotation[] = [];
    const read = createCommandReader({
      mask: (value) => masked.push(value),
      annotate: (annotation) => annotations.push(annotation),
      output: () => undefined,
      state: () => undefined,
    });

    expect(read('::add-mask::hidden')).toBe('::add-mask::***');
    expect(read('::warning file=x.ts,line=2::careful')).toBe('##[warning]careful');
    expect(read('::stop-commands::pause')).toBe('::stop-commands::pause');
    expect(read('::add-mask::shown')).toBe('::add-mask::shown');
    read('::pause::');
    expect(read('::error::again')).toBe('##[error]again');
    for (let count = 0; count < 20; count += 1) read('::error::many');

    expect(masked).toEqual(['hidden']);
    expect(annotations[0]).toMatchObject({ level: 'warning', file: 'x.ts', line: 2 });
    expect(annotations.filter(({ level }) => level === 'error')).toHaveLength(10);
  });
});

describe('file commands', () => {
  it('are lines and blocks', () => {
    expect(parsePairs('a=1\nb<<X\nline=1\n\nline 2\nX\nc=d=<<e\n')).toEqual({
      a: '1',
      b: 'line=1\n\nline 2',
      c: 'd=<<e',
    });
  });

  it.each([
    ['nonsense', /Invalid format 'nonsense'/],
    ['a<<END\nb', /Matching delimiter not found 'END'/],
    ['=x', /Name must not be empty/],
  ])('%j is refused', (text, words) => {
    expect(() => parsePairs(text)).toThrow(words);
  });
});
