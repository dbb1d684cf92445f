import { Octokit } from 'octokit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../local/github/operations.ts';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { addIssue, pushCommit } from '../../local/github/store.ts';

const repository = { owner: 'acme', repo: 'ops' };
let github: GitHubStandIn;

beforeAll(async () => {
  github = await startGitHub(repository);
  github.allow('writer', {
    login: 'github-actions[bot]',
    permissions: { contents: 'read', issues: 'write', 'pull-requests': 'write' },
  });
  github.allow('reader', {
    login: 'github-actions[bot]',
    permissions: { issues: 'read', 'pull-requests': 'read' },
  });
  github.allow('pulls-only', { login: 'github-actions[bot]', permissions: { 'pull-requests': 'write' } });
});

afterAll(() => github.stop());

function octokit(token = 'writer'): Octokit['rest'] {
  return new Octokit({
    auth: token,
    baseUrl: github.apiUrl,
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  }).rest;
}

function pullRequest(): number {
  return addIssue(github.store, {
    title: 'Slow the sync down',
    body: null,
    author: 'alice',
    pullRequest: {
      headSha: 'a'.repeat(40),
      headRef: 'slow',
      headRepository: 'acme/ops',
      baseSha: 'b'.repeat(40),
      files: [{ filename: 'runbooks/cron/sync.yaml', status: 'modified', additions: 1, deletions: 1 }],
    },
  }).number;
}

async function status(call: Promise<{ readonly status: number }>): Promise<number> {
  return call.then(
    (answer) => answer.status,
    (error: { status: number }) => error.status,
  );
}

describe('the GitHub stand-in', () => {
  it('keeps to the description of GitHub in every operation it serves', async () => {
    const rest = octokit();
    const { data: issue } = await rest.issues.create({
      ...repository,
      title: 'Drift',
      body: 'x',
      labels: ['ops-drift'],
    });
    const at = { ...repository, issue_number: issue.number };
    const { data: comment } = await rest.issues.createComment({ ...at, body: 'hello' });
    const number = pullRequest();

    await rest.issues.get(at);
    await rest.issues.listForRepo({ ...repository, labels: 'ops-drift', state: 'all', per_page: 100 });
    await rest.issues.update({ ...at, state: 'closed', state_reason: 'completed' });
    await rest.issues.getComment({ ...repository, comment_id: comment.id });
    await rest.issues.listComments({ ...at, per_page: 100 });
    await rest.issues.updateComment({ ...repository, comment_id: comment.id, body: 'hello again' });
    await rest.issues.deleteComment({ ...repository, comment_id: comment.id });
    await rest.issues.createLabel({ ...repository, name: 'Watched', color: 'd73a4a' });
    await rest.issues.addLabels({ ...at, labels: ['watched'] });
    await rest.issues.getLabel({ ...repository, name: 'WATCHED' });
    await rest.issues.listLabelsForRepo({ ...repository });
    await rest.pulls.get({ ...repository, pull_number: number });
    await rest.pulls.listFiles({ ...repository, pull_number: number });
    const [base, head] = ['1'.repeat(40), '2'.repeat(40)];
    pushCommit(github.store, { branch: 'feature/x', sha: base, files: ['README.md'] });
    pushCommit(github.store, { branch: 'feature/x', sha: head, files: ['README.md', 'docs/a b.md'] });
    const { data: ref } = await rest.git.getRef({ ...repository, ref: 'heads/feature/x' });
    expect(ref.object.sha).toBe(head);
    const basehead = `${base}...${head}`;
    const { data: range } = await rest.repos.compareCommitsWithBasehead({ ...repository, basehead });
    expect(range).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0 });

    const succeeded = new Set(github.calls.filter((call) => call.status < 300).map((call) => call.operation));
    expect([...OPERATIONS].filter((operation) => !succeeded.has(operation))).toEqual([]);
    expect(github.violations).toEqual([]);
  });

  it('has teeth: an answer of the wrong shape is noticed', async () => {
    const [known] = github.store.issues.values();
    const before = github.violations.length;
    Object.assign(known ?? {}, { title: 7 });

    await octokit().issues.get({ ...repository, issue_number: 1 });

    expect(github.violations.splice(before)).toEqual([expect.stringContaining('issues/get response')]);
    Object.assign(known ?? {}, { title: 'Drift' });
  });

  it('has teeth: an undocumented request is noticed', async () => {
    const before = github.violations.length;

    await fetch(`${github.apiUrl}/repos/acme/ops/issues?label=x`, {
      headers: { authorization: 'token writer' },
    });
    await fetch(`${github.apiUrl}/repos/acme/ops/nothing`, { headers: { authorization: 'token writer' } });

    expect(github.violations.splice(before)).toEqual([
      'issues/list-for-repo request: unknown query parameter label',
      'no such operation: GET /repos/acme/ops/nothing',
    ]);
  });

  it('lists pull requests among issues, as GitHub does', async () => {
    const number = pullRequest();

    const { data } = await octokit().issues.get({ ...repository, issue_number: number });

    expect(data.pull_request?.url).toContain(`/pulls/${number}`);
    expect(await status(octokit().pulls.get({ ...repository, pull_number: 1 }))).toBe(404);
  });

  it('takes 65,536 characters and refuses one more with 422', async () => {
    const at = { ...repository, issue_number: pullRequest() };

    expect(await status(octokit().issues.createComment({ ...at, body: 'x'.repeat(65_536) }))).toBe(201);
    expect(await status(octokit().issues.createComment({ ...at, body: 'x'.repeat(65_537) }))).toBe(422);
    expect(await status(octokit().issues.createComment({ ...at, body: '𝕏'.repeat(65_536) }))).toBe(201);
  });

  it('refuses a read-only token with the words clients look for', async () => {
    const failure = octokit('reader').issues.createComment({
      ...repository,
      issue_number: pullRequest(),
      body: 'x',
    });

    await expect(failure).rejects.toThrow(/Resource not accessible by integration/);
    expect(await status(octokit('stranger').issues.get({ ...repository, issue_number: 1 }))).toBe(401);
  });

  it('lets a token for pull requests comment there and not on issues', async () => {
    const rest = octokit('pulls-only');

    expect(
      await status(rest.issues.createComment({ ...repository, issue_number: pullRequest(), body: 'x' })),
    ).toBe(201);
    expect(await status(rest.issues.createComment({ ...repository, issue_number: 1, body: 'x' }))).toBe(403);
  });

  it('finds labels whatever their case and refuses to make one twice', async () => {
    await octokit().issues.createLabel({ ...repository, name: 'Bug' });

    expect(await status(octokit().issues.createLabel({ ...repository, name: 'bug' }))).toBe(422);
  });

  it('pages lists with links', async () => {
    const number = pullRequest();
    for (let index = 0; index < 7; index += 1) {
      await octokit().issues.createComment({ ...repository, issue_number: number, body: `comment ${index}` });
    }

    const first = await octokit().issues.listComments({ ...repository, issue_number: number, per_page: 3 });
    const last = await octokit().issues.listComments({
      ...repository,
      issue_number: number,
      per_page: 3,
      page: 3,
    });

    expect(first.headers.link).toMatch(/page=2>; rel="next".*page=3>; rel="last"/);
    expect(last.data.map((comment) => comment.body)).toEqual(['comment 6']);
    expect(last.headers.link).not.toContain('rel="next"');
  });

  it('can lag behind its own writes', async () => {
    const number = pullRequest();
    github.lagBehind(1);
    await octokit().issues.createComment({ ...repository, issue_number: number, body: 'x' });

    expect((await octokit().issues.listComments({ ...repository, issue_number: number })).data).toHaveLength(
      0,
    );
    expect((await octokit().issues.listComments({ ...repository, issue_number: number })).data).toHaveLength(
      1,
    );
  });

  it('can break after it wrote', async () => {
    const number = pullRequest();
    github.fail({ operation: 'issues/create-comment', kind: 'bad_gateway_after_write', times: 1 });

    expect(
      await status(octokit().issues.createComment({ ...repository, issue_number: number, body: 'x' })),
    ).toBe(502);
    expect((await octokit().issues.listComments({ ...repository, issue_number: number })).data).toHaveLength(
      1,
    );
  });

  it('never broke the description while all this happened', () => {
    expect(github.violations).toEqual([]);
  });
});
