import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createGitHubClient, type GitHubClient } from '../../actions/_shared/github/client.ts';
import { markText } from '../../actions/_shared/github/marked-text.ts';
import { keepComment } from '../../actions/_shared/github/sticky-comment.ts';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { addComment, addIssue } from '../../local/github/store.ts';

const head = 'a'.repeat(40);
const newer = 'b'.repeat(40);
const me = 'github-actions[bot]';
const marker = { kind: 'plan', environment: 'production' } as const;
const stopped: GitHubStandIn[] = [];
let github: GitHubStandIn;
let number: number;
let waits: string[];

beforeEach(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  stopped.push(github);
  github.allow('writer', { login: me, permissions: { 'pull-requests': 'write' } });
  github.allow('fork', { login: me, permissions: { 'pull-requests': 'read' } });
  const pullRequest = { headSha: head, headRef: 'x', headRepository: 'acme/ops', baseSha: head, files: [] };
  number = addIssue(github.store, { title: 'x', body: null, author: 'alice', pullRequest }).number;
  waits = [];
});

afterAll(async () => {
  for (const each of stopped) await each.stop();
});

function client(token = 'writer'): GitHubClient {
  return createGitHubClient({
    token,
    apiUrl: github.apiUrl,
    owner: 'acme',
    repo: 'ops',
    onWait: (message) => waits.push(message),
  });
}

function keep(
  over: { content?: string; visible?: string; head?: string; onlyUpdate?: boolean; token?: string } = {},
) {
  const { token, ...rest } = over;
  return keepComment(client(token), {
    marker,
    author: me,
    head,
    content: 'c1',
    visible: 'the plan',
    onlyUpdate: false,
    number,
    ...rest,
  });
}

function bodies(): string[] {
  return [...github.store.comments.values()].map((comment) => comment.body);
}

function writes(): string[] {
  return github.calls.filter((call) => call.method !== 'GET').map((call) => call.operation);
}

describe('the one comment', () => {
  it('is created, then left alone while it says the same, then rewritten in place', async () => {
    expect(await keep()).toMatchObject({ kind: 'created' });
    expect(await keep()).toMatchObject({ kind: 'unchanged' });
    expect(await keep({ content: 'c2', visible: 'another plan' })).toMatchObject({ kind: 'updated' });

    expect(bodies()).toEqual([
      expect.stringMatching(/^<!-- opsroom:plan env=production -->\n.*\nanother plan$/),
    ]);
    expect(writes()).toEqual(['issues/create-comment', 'issues/update-comment']);
    expect(github.violations).toEqual([]);
  });

  it('is found beyond the first page', async () => {
    for (let index = 0; index < 120; index += 1)
      addComment(github.store, { issue: number, author: 'alice', body: 'hm' });
    await keep();

    await keep({ content: 'c2' });

    expect(bodies().filter((body) => body.startsWith('<!-- opsroom:plan'))).toHaveLength(1);
  });

  it('ignores a marker in the comment of somebody else', async () => {
    addComment(github.store, {
      issue: number,
      author: 'mallory',
      body: markText({ marker, head, content: 'c1', visible: 'nothing changes, trust me' }),
    });

    expect(await keep()).toMatchObject({ kind: 'created' });
  });

  it('is put right when somebody edited it', async () => {
    await keep();
    const [comment] = github.store.comments.values();
    if (comment !== undefined) comment.body = comment.body.replace('the plan', 'nothing');

    expect(await keep()).toMatchObject({ kind: 'updated' });
    expect(bodies()[0]).toContain('the plan');
  });

  it('is never overwritten by the run of an older commit', async () => {
    const pullRequest = github.store.issues.get(number)?.pullRequest;
    if (pullRequest != null) pullRequest.headSha = newer;
    await keep({ head: newer, visible: 'the newer plan' });

    expect(await keep({ content: 'c0', visible: 'the older plan' })).toMatchObject({ kind: 'stale' });
    expect(bodies()[0]).toContain('the newer plan');
  });

  it('is not opened only to say that there is nothing to say', async () => {
    expect(await keep({ onlyUpdate: true })).toMatchObject({ kind: 'nothing_to_say' });
    await keep();
    expect(await keep({ onlyUpdate: true, content: 'empty' })).toMatchObject({ kind: 'updated' });
  });

  it('is given up quietly with the token of a fork', async () => {
    expect(await keep({ token: 'fork' })).toEqual({ kind: 'forbidden' });
    expect(bodies()).toEqual([]);
  });

  it('is written once when the answer to the write is lost', async () => {
    github.fail({ operation: 'issues/create-comment', kind: 'bad_gateway_after_write', times: 1 });

    expect(await keep()).toMatchObject({ kind: 'unchanged' });
    expect(bodies()).toHaveLength(1);
  });

  it('waits out a secondary rate limit', async () => {
    github.fail({ operation: 'issues/create-comment', kind: 'secondary_limit', times: 1 });

    expect(await keep()).toMatchObject({ kind: 'created' });
    expect(waits).toEqual([expect.stringContaining('secondary rate limit on POST')]);
  });

  it('swallows the duplicate that a lagging list led to', async () => {
    github.lagBehind(2);
    await keep();
    await keep();
    expect(bodies()).toHaveLength(2);

    await keep();

    expect(bodies()).toHaveLength(1);
  });
});
