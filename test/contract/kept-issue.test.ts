import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createGitHubClient } from '../../actions/_shared/github/client.ts';
import { keepIssue } from '../../actions/_shared/github/kept-issue.ts';
import { type GitHubStandIn, startGitHub } from '../../local/github/server.ts';
import { addIssue } from '../../local/github/store.ts';

const me = 'github-actions[bot]';
const stopped: GitHubStandIn[] = [];
let github: GitHubStandIn;

beforeEach(async () => {
  github = await startGitHub({ owner: 'acme', repo: 'ops' });
  stopped.push(github);
  github.allow('writer', { login: me, permissions: { issues: 'write' } });
  github.allow('reader', { login: me, permissions: { issues: 'read' } });
});

afterAll(async () => {
  for (const each of stopped) await each.stop();
});

function keep(content: string | null, { token = 'writer', visible = `differs: ${content}` } = {}) {
  const client = createGitHubClient({
    token,
    apiUrl: github.apiUrl,
    owner: 'acme',
    repo: 'ops',
    onWait: () => {},
  });
  return keepIssue(client, {
    marker: { kind: 'drift', environment: 'production' },
    author: me,
    label: 'ops-drift',
    title: 'Drift: production',
    content,
    visible,
    closing: 'Nothing differs any more.',
    reopening: 'It is back.',
  });
}

function theIssue() {
  const [issue, ...others] = github.store.issues.values();
  expect(others).toEqual([]);
  if (issue === undefined) throw new Error('no issue');
  return issue;
}

describe('the one issue', () => {
  it('opens, stays untouched, changes, closes by itself and comes back as the same', async () => {
    expect(await keep(null)).toMatchObject({ kind: 'unchanged', number: null });
    expect(await keep('one')).toMatchObject({ kind: 'created', number: 1 });
    expect(await keep('one')).toMatchObject({ kind: 'unchanged', number: 1 });
    expect(await keep('two')).toMatchObject({ kind: 'updated', number: 1 });
    expect(theIssue()).toMatchObject({ state: 'open', labels: ['ops-drift'], title: 'Drift: production' });
    expect(theIssue().body).toContain('differs: two');

    expect(await keep(null)).toMatchObject({ kind: 'closed', number: 1 });
    expect(theIssue()).toMatchObject({ state: 'closed', stateReason: 'completed' });
    expect(await keep(null)).toMatchObject({ kind: 'unchanged', number: 1 });

    expect(await keep('three')).toMatchObject({ kind: 'reopened', number: 1 });
    expect(theIssue()).toMatchObject({ state: 'open', stateReason: 'reopened' });
    expect([...github.store.comments.values()].map((comment) => comment.body)).toEqual([
      'Nothing differs any more.',
      'It is back.',
    ]);
    expect(github.violations).toEqual([]);
  });

  it('leaves alone what people wrote around its block', async () => {
    await keep('one');
    const issue = theIssue();
    issue.body = `Bob looks into it.\n\n${issue.body}\n\nSee the runbook.`;

    await keep('two');

    expect(theIssue().body).toMatch(
      /^Bob looks into it\.\n\n<!-- opsroom:drift[\s\S]*differs: two[\s\S]*-->\n\nSee the runbook\.$/,
    );
  });

  it('is found by marker, not by title', async () => {
    await keep('one');
    theIssue().title = 'Renamed by a person';

    expect(await keep('two')).toMatchObject({ kind: 'updated', number: 1 });
  });

  it('does not believe the marker of somebody else', async () => {
    await keep('one');
    const { body } = theIssue();
    github.store.issues.clear();
    addIssue(github.store, { title: 'Drift: production', body, author: 'mallory', labels: ['ops-drift'] });

    expect(await keep('one')).toMatchObject({ kind: 'created', number: 2 });
  });

  it('is opened once when the answer to the write is lost', async () => {
    github.fail({ operation: 'issues/create', kind: 'bad_gateway_after_write', times: 1 });

    expect(await keep('one')).toMatchObject({ kind: 'unchanged', number: 1 });
    theIssue();
  });

  it('closes the younger twin that a lagging list led to', async () => {
    github.lagBehind(2);
    await keep('one');
    await keep('one');
    expect(github.store.issues.size).toBe(2);

    await keep('one');

    expect([...github.store.issues.values()].map((issue) => issue.state)).toEqual(['open', 'closed']);
  });

  it('says which permission is missing', async () => {
    await expect(keep('one', { token: 'reader' })).rejects.toMatchObject({
      name: 'ConfigurationError',
      hint: expect.stringContaining('issues: write'),
    });
  });
});
