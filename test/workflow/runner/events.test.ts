import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunView } from '../../../local/workflows/engine/session.ts';
import { type FixtureRepository, jobOf, startFixture, workflowOf } from './repository.ts';

let repository: FixtureRepository;

beforeEach(async () => {
  repository = await startFixture({ secrets: { repository: { KEY: 'canary-key-of-the-repository' } } });
  return () => repository.stop();
});

/** A workflow that tells what it was started by. */
function listener(on: string, permissions = '{ contents: read, issues: write }'): void {
  repository.workflow(
    'listener',
    `
on: ${on}
permissions: ${permissions}
jobs:
  only:
    runs-on: x
    steps:
      - env: { KEY: "\${{ secrets.KEY }}" }
        run: echo "heard \${{ github.event_name }} \${{ github.event.action }} \${{ github.ref }} by $GITHUB_ACTOR, key \${#KEY}"
`,
  );
}

async function runsAfter(act: () => unknown): Promise<RunView[]> {
  await repository.engine.idle();
  const before = repository.engine.runs.length;
  await act();
  await repository.engine.idle();
  return repository.engine.runs.slice(before);
}

const heard = (run: RunView | undefined): string | undefined =>
  run?.jobs.map((job) => /(heard .*)\n/.exec(job.log().replace(/.*##\[group\].*\n.*\n/, ''))?.[1]).join();

describe('an event', () => {
  it('of an issue runs the file of the default branch', async () => {
    listener('{ issue_comment: { types: [created] }, issues: { types: [closed] } }');
    const [opened, commented, edited, closed] = [
      await runsAfter(() => repository.alice.openIssue({ title: 'x' })),
      await runsAfter(() => repository.bob.comment(1, '/ack')),
      await runsAfter(() =>
        repository.bob.editComment([...repository.host.store.comments.keys()][0] ?? 0, '/resolve'),
      ),
      await runsAfter(() => repository.alice.closeIssue(1)),
    ];

    expect([opened, edited]).toEqual([[], []]);
    expect(heard(commented[0])).toBe('heard issue_comment created refs/heads/main by bob, key 28');
    expect(heard(closed[0])).toBe('heard issues closed refs/heads/main by alice, key 28');
  });

  it('of a pull request runs the file the pull request brings; of a fork without secrets, and only reading', async () => {
    const { host, alice } = repository;
    listener('workflow_dispatch');
    await repository.engine.idle();
    for (const branch of ['change', 'foreign'])
      host.store.branches.set(branch, host.store.branches.get('main') ?? '');
    for (const branch of ['change', 'foreign']) {
      alice.push({ branch, files: { '.github/workflows/listener.yml': pullListener() } });
    }

    const [own] = await runsAfter(() => alice.openPullRequest({ title: 'x', head: 'change' }));
    const [foreign] = await runsAfter(() =>
      host.as('mallory').openPullRequest({ title: 'y', head: 'foreign', fork: 'mallory/ops' }),
    );

    expect(heard(own)).toBe('heard pull_request opened refs/pull/1/merge by alice, key 28');
    expect(heard(foreign)).toBe('heard pull_request opened refs/pull/2/merge by mallory, key 0');
    expect(own?.jobs[0]?.permissions).toEqual({
      'pull-requests': 'write',
      'id-token': 'write',
      metadata: 'read',
    });
    expect(foreign?.jobs[0]?.permissions).toEqual({ 'pull-requests': 'read', metadata: 'read' });
  });

  it('of a push is filtered by what it changes', async () => {
    listener('{ push: { branches: [main], paths: [runbooks/**] } }');
    await repository.engine.idle();

    expect(await runsAfter(() => repository.alice.push({ files: { 'README.md': 'x' } }))).toEqual([]);
    const [run] = await runsAfter(() => repository.alice.push({ files: { 'runbooks/a.yaml': 'x' } }));
    expect(heard(run)).toBe('heard push  refs/heads/main by alice, key 28');
  });

  it('does not start a workflow that somebody has disabled', async () => {
    listener('issues');
    const workflow = repository.host.store.workflows.get('.github/workflows/listener.yml');
    if (workflow !== undefined) workflow.state = 'disabled_manually';

    expect(await runsAfter(() => repository.alice.openIssue({ title: 'x' }))).toEqual([]);
  });

  it('made with the token of a job starts nothing, except a dispatch', async () => {
    listener('{ issues: null, workflow_dispatch: null }');
    const call = (path: string, body: string): string =>
      `node -e "fetch('$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/${path}', { method: 'POST', headers: { authorization: 'Bearer $TOKEN' }, body: JSON.stringify(${body}) }).then((answer) => console.log('answer', answer.status))"`;
    repository.workflow(
      'maker',
      workflowOf(
        `
- env: { TOKEN: "\${{ github.token }}" }
  run: |
    ${call('issues', "{ title: 'made by a job' }")}
    ${call('actions/workflows/listener.yml/dispatches', "{ ref: 'main' }")}
`.trim(),
        'permissions: { issues: write, actions: write }',
      ),
    );

    const runs = await runsAfter(() => repository.alice.dispatch('maker.yml'));

    const [maker, started] = runs;
    expect(jobOf(maker ?? repository.latest(), 'only').log()).toMatch(/answer 201\n.*answer 20[04]\n/);
    expect(runs).toHaveLength(2);
    expect(heard(started)).toBe('heard workflow_dispatch  refs/heads/main by github-actions[bot], key 28');
  });
});

describe('the token of a job', () => {
  it('may do exactly what the job asks for, and nothing once the job is over', async () => {
    const ask = (path: string, method = 'GET', body = ''): string =>
      `node -e "fetch('$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/${path}', { method: '${method}', headers: { authorization: 'Bearer $TOKEN' }${body} }).then((answer) => console.log('${method} ${path}', answer.status))"`;
    repository.workflow(
      'asks',
      workflowOf(
        `
- env: { TOKEN: "\${{ secrets.GITHUB_TOKEN }}" }
  run: |
    ${ask('issues')}
    ${ask('issues', 'POST', ", body: JSON.stringify({ title: 'x' })")}
    ${ask('git/ref/heads/main')}
    echo "$TOKEN" | rev
`.trim(),
        'permissions: { issues: read }',
      ),
    );

    const log = jobOf(await repository.run('asks'), 'only').log();

    expect(log).toContain('GET issues 200');
    expect(log).toContain('POST issues 403');
    expect(log).toContain('GET git/ref/heads/main 403');
    const token = / ([0-9a-f]{36}_shg)\n/.exec(log)?.[1]?.split('').reverse().join('') ?? '';
    expect(token).toMatch(/^ghs_/);
    const late = await fetch(`${repository.host.apiUrl}/repos/acme/ops/issues`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(late.status).toBe(401);
  });

  it.each([
    ['id-token: write, ', 'identity acme/ops refs/heads/main'],
    ['', 'no identity'],
  ])('with permissions %sreads: %s', async (more, expected) => {
    const script = [
      'const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token, ACTIONS_RUNTIME_TOKEN: runtime } = process.env;',
      "if (runtime) throw new Error('a run step sees the runtime token');",
      "if (!url) { console.log('no identity'); process.exit(); }",
      "const answer = await fetch(url + '&audience=test', { headers: { authorization: 'Bearer ' + token } });",
      "const claims = JSON.parse(Buffer.from((await answer.json()).value.split('.')[1], 'base64url'));",
      "console.log('identity', claims.repository, claims.ref);",
    ];
    repository.file('identity.mjs', script.join('\n'));
    const steps = '- uses: actions/checkout@v6\n- run: node identity.mjs';
    repository.workflow('identity', workflowOf(steps, `permissions: { ${more}contents: read }`));

    expect(jobOf(await repository.run('identity'), 'only').log()).toContain(expected);
  });
});

function pullListener(): string {
  return `
on: pull_request
permissions: { pull-requests: write, id-token: write }
jobs:
  only:
    runs-on: x
    steps:
      - env: { KEY: "\${{ secrets.KEY }}" }
        run: echo "heard \${{ github.event_name }} \${{ github.event.action }} \${{ github.ref }} by $GITHUB_ACTOR, key \${#KEY}"
`;
}

afterEach(() => {
  expect(repository.lines.join('\n')).not.toContain('canary-key');
});
