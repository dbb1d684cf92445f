import { setTimeout as sleep } from 'node:timers/promises';
import type { Octokit } from 'octokit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import * as fixture from './github/fixture.ts';
import { octokit as clientOf, personClient, repository, statusOf as status } from './github/fixture.ts';

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
  github.addUser({ login: 'bob', role: 'write' });
  await octokit().issues.create({ ...repository, title: 'Drift', labels: ['ops-drift'] });
});

afterAll(() => github.stop());

function octokit(token = 'writer'): Octokit['rest'] {
  return clientOf(github, token).rest;
}

function pullRequest(): number {
  return fixture.addPullRequest(github).number;
}

describe('the GitHub stand-in', () => {
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

  it('has teeth: a body or a query of the wrong shape is noticed', async () => {
    const before = github.violations.length;
    const send = (path: string, body?: object) =>
      fetch(github.apiUrl + path, {
        headers: { authorization: 'token writer', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
    await send('/repos/acme/ops/issues', {});
    await send('/repos/acme/ops/issues', { title: 'x', labels: 'ops-alert' });
    await send('/repos/acme/ops/issues', { title: 'x', label: 'ops-alert' });
    await send('/search/issues');

    expect(github.violations.splice(before)).toEqual([
      "issues/create request / must have required property 'title'",
      'issues/create request /labels must be array',
      'issues/create request: undocumented body field label',
      'search/issues-and-pull-requests request: query parameter q is required',
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

  it('answers 304 to a caller who has seen it, and 200 again when it changed', async () => {
    const path = '/repos/acme/ops/issues?labels=ops-drift';
    const get = (etag = '') =>
      fetch(`${github.apiUrl}${path}`, { headers: { authorization: 'token writer', 'if-none-match': etag } });
    const etag = (await get()).headers.get('etag') ?? '';

    const again = await get(etag);
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    await octokit().issues.update({ ...repository, issue_number: 1, title: 'Drift, still' });
    expect((await get(etag)).status).toBe(200);
  });

  it('sorts, filters by all labels, state, assignee and age', async () => {
    const rest = octokit();
    const open = (title: string, labels: string[]) => rest.issues.create({ ...repository, title, labels });
    const { data: a } = await open('a', ['x', 'y']);
    const { data: b } = await open('b', ['X']);
    await rest.issues.addAssignees({ ...repository, issue_number: b.number, assignees: ['bob'] });
    const numbers = async (filter: object) =>
      (await rest.issues.listForRepo({ ...repository, ...filter })).data.map(({ number }) => number);

    expect(await numbers({ labels: 'x' })).toEqual([b.number, a.number]);
    expect(await numbers({ labels: 'x,Y' })).toEqual([a.number]);
    expect(await numbers({ labels: 'x', direction: 'asc' })).toEqual([a.number, b.number]);
    expect(await numbers({ assignee: 'bob' })).toEqual([b.number]);
    await sleep(2);
    const before = new Date(Date.now() + 1_000).toISOString();
    await rest.issues.update({ ...repository, issue_number: a.number, state: 'closed' });
    expect(await numbers({ labels: 'x' })).toEqual([b.number]);
    expect(await numbers({ labels: 'x', state: 'all', sort: 'updated' })).toEqual([a.number, b.number]);
    expect(await numbers({ state: 'all', since: before })).toEqual([]);
  });

  it('says who closed an issue and why, and forgets it on reopening', async () => {
    const rest = octokit();
    const { data } = await rest.issues.create({ ...repository, title: 'x' });
    const at = { ...repository, issue_number: data.number };
    github.as('bob').closeIssue(data.number, 'not_planned');
    expect((await rest.issues.get(at)).data).toMatchObject({
      state: 'closed',
      state_reason: 'not_planned',
      closed_by: { login: 'bob', type: 'User' },
    });

    await rest.issues.update({ ...at, state: 'open' });
    expect((await rest.issues.get(at)).data).toMatchObject({
      state: 'open',
      state_reason: 'reopened',
      closed_by: null,
      closed_at: null,
    });
  });

  it('answers 410 for an issue somebody deleted and gives its number to nobody else', async () => {
    const rest = octokit();
    const { data: gone } = await rest.issues.create({ ...repository, title: 'gone' });
    github.addUser({ login: 'root', role: 'admin' });
    github.as('root').deleteIssue(gone.number);
    const { data: next } = await rest.issues.create({ ...repository, title: 'next' });

    expect(await status(rest.issues.get({ ...repository, issue_number: gone.number }))).toBe(410);
    expect(await status(rest.issues.get({ ...repository, issue_number: 9_999 }))).toBe(404);
    expect(next.number).toBe(gone.number + 1);
  });

  it('names the field and the value of somebody who cannot be assigned', async () => {
    const failure = octokit().issues.create({ ...repository, title: 'x', assignees: ['nobody'] });

    await expect(failure).rejects.toMatchObject({
      status: 422,
      response: {
        data: {
          message: 'Validation Failed',
          errors: [{ resource: 'Issue', field: 'assignees', code: 'invalid', value: 'nobody' }],
        },
      },
    });
  });

  it('says the same face once, however often it is made', async () => {
    const rest = octokit();
    const { data } = await rest.issues.createComment({ ...repository, issue_number: 1, body: '/ack' });
    const react = () =>
      rest.reactions.createForIssueComment({ ...repository, comment_id: data.id, content: 'rocket' });

    expect([await status(react()), await status(react())]).toEqual([201, 200]);
    const { data: comment } = await rest.issues.getComment({ ...repository, comment_id: data.id });
    expect(comment.reactions).toMatchObject({ rocket: 1, total_count: 1 });
  });

  it('writes times to the second', async () => {
    const { data } = await octokit().issues.get({ ...repository, issue_number: 1 });

    expect(data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('refuses what is not JSON with 400', async () => {
    const answer = await fetch(`${github.apiUrl}/repos/acme/ops/issues`, {
      method: 'POST',
      headers: { authorization: 'token writer' },
      body: '{"title": ',
    });

    expect([answer.status, await answer.json()]).toMatchObject([400, { message: 'Problems parsing JSON' }]);
    github.violations.splice(0);
  });

  it('refuses a token that was revoked or is too old', async () => {
    const revoked = github.issueToken({ permissions: { issues: 'read' } });
    const old = github.issueToken({ permissions: { issues: 'read' }, expiresAt: new Date(Date.now() - 1) });
    const get = (token: string) => status(octokit(token).issues.get({ ...repository, issue_number: 1 }));

    expect(await get(revoked)).toBe(200);
    github.revokeToken(revoked);
    expect([await get(revoked), await get(old)]).toEqual([401, 401]);
  });

  it('never broke the description while all this happened', () => {
    expect(github.violations).toEqual([]);
  });
});

describe('people', () => {
  it('may do what their role allows, whatever their token says', async () => {
    for (const [login, role] of Object.entries({ tina: 'triage', rita: 'read' } as const)) {
      github.addUser({ login, role });
    }
    const label = (login: string) =>
      status(personClient(github, login).issues.update({ ...repository, issue_number: 1, labels: ['late'] }));
    const push = (login: string) =>
      status(personClient(github, login).git.createBlob({ ...repository, content: 'x' }));

    expect([await label('tina'), await label('rita')]).toEqual([200, 403]);
    expect([await push('bob'), await push('tina')]).toEqual([201, 403]);
    expect(() => github.as('rita').dispatch('build.yml')).toThrow(/write access/);
  });

  it('open issues without the labels they may not set', async () => {
    const rest = personClient(github, 'rita');
    const { data } = await rest.issues.create({
      ...repository,
      title: 'x',
      labels: ['late'],
      assignees: ['bob'],
    });

    expect(data).toMatchObject({ labels: [], assignees: [], author_association: 'MEMBER' });
  });

  it('who are strangers do not even see a private repository', async () => {
    const get = () => status(personClient(github, 'mallory').issues.get({ ...repository, issue_number: 1 }));

    expect(await get()).toBe(404);
    github.settle({ private: false });
    expect(await get()).toBe(200);
    github.settle({ private: true });
  });

  it('are told by role, coarsely and exactly', async () => {
    const level = async (username: string) => {
      const { data } = await octokit().repos.getCollaboratorPermissionLevel({ ...repository, username });
      return [data.permission, data.role_name];
    };
    github.addUser({ login: 'mia', role: 'maintain' });

    expect(await Promise.all(['mia', 'tina', 'bob', 'mallory'].map(level))).toEqual([
      ['write', 'maintain'],
      ['read', 'triage'],
      ['write', 'write'],
      ['none', 'none'],
    ]);
  });

  it('change only their own comments, until they may write', async () => {
    const { id } = github.as('rita').comment(1, 'mine');
    const edit = (login: string) =>
      status(personClient(github, login).issues.updateComment({ ...repository, comment_id: id, body: 'x' }));

    expect([await edit('tina'), await edit('rita'), await edit('bob')]).toEqual([403, 200, 200]);
  });
});
