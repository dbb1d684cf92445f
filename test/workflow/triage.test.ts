import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { alertBlock } from '../../actions/_shared/alerts/issue-marker.ts';
import { logOf, startWorkflowWorld, type WorkflowWorld } from '../support/workflow-world.ts';

let world: WorkflowWorld;
let issue: number;
const repository = () => `${world.github.store.owner}/${world.github.store.repo}`;

beforeAll(async () => {
  world = await startWorkflowWorld({ file: import.meta.url });
  world.github.addUser({ login: 'robot', role: 'admin', type: 'Bot' });
  world.github.addUser({ login: 'tim', role: 'triage' });
  world.github.addUser({ login: 'mona', role: 'maintain' });
}, 120_000);
afterAll(() => world.stop());

/** One alert, shown by an issue of ours, as the health workflow leaves it. */
beforeEach(async () => {
  await world.database.superuser`delete from ops.alerts`;
  await world.database.superuser`delete from ops.alert_issues`;
  await world.database.superuser`delete from ops.issue_commands`;
  await world.database.sql`select ops.raise_alert('late', 'check:late:sync', 'warning', 'sync is late')`;
  issue = await ours(
    alertBlock({ environment: 'staging', key: 'alert:check:late:sync', id: crypto.randomUUID() }, 'late'),
  );
  await world.database.superuser`
    insert into ops.alert_issues (repository, kind, key, number, state, opened_at)
    values (${repository()}, 'alert', 'alert:check:late:sync', ${issue}, 'open', now())`;
  await world.database.superuser`
    update ops.alerts set issue_repository = ${repository()}, issue_number = ${issue},
      issue_id = (select id from ops.alert_issues where number = ${issue})`;
});

async function ours(body: string, labels = ['ops-alert', 'env:staging']): Promise<number> {
  const token = world.github.issueToken({ permissions: { issues: 'write' }, kind: 'workflow' });
  const answer = await fetch(`${world.github.apiUrl}/repos/${repository()}/issues`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'sync is late', body, labels }),
  });
  return z.object({ number: z.number() }).parse(await answer.json()).number;
}

const status = async (): Promise<string> =>
  (await world.database.sql`select status from ops.alerts`)[0]?.status;
const commands = async () =>
  (await world.database.sql`select command, actor, outcome from ops.issue_commands`).map((row) => ({
    ...row,
  }));
const answers = () =>
  [...world.github.store.comments.values()].filter(
    ({ issue: of, body }) => of === issue && body.startsWith('<!-- opsroom:answer'),
  );
const say = (by: string, body: string) => world.after(() => world.github.as(by).comment(issue, body));

describe('a command', () => {
  it('is carried out, answered once by reaction and comment, and remembered', async () => {
    const [run] = await say('bob', '/ack on it');
    expect(run?.conclusion, logOf(run)).toBe('success');
    expect(await status()).toBe('acknowledged');
    expect(answers()).toHaveLength(1);
    expect(answers()[0]?.body).toContain('Acknowledged');
    expect(await commands()).toEqual([{ command: 'ack', actor: 'bob', outcome: 'done' }]);
    expect(world.github.violations).toEqual([]);
  }, 60_000);

  it.each([
    ['/snooze 2h', 'snoozed'],
    ['/silence for 1d deploy', 'silenced'],
    ['/resolve', 'resolved'],
    ['/status', 'active'],
    ['/help', 'active'],
  ])(
    '%s leaves it %s',
    async (text, after) => {
      const [run] = await say('bob', text);
      expect(run?.conclusion, logOf(run)).toBe('success');
      expect(await status()).toBe(after);
      expect(answers()).toHaveLength(1);
    },
    60_000,
  );

  it('closing the issue acknowledges it, reopening takes that back', async () => {
    await world.after(() => world.bob.closeIssue(issue));
    expect(await status()).toBe('acknowledged');
    await world.after(() => world.bob.reopenIssue(issue));
    expect(await status()).toBe('active');
  }, 60_000);

  it('is answered once though GitHub loses the answer to our comment, and two at once are both carried out', async () => {
    world.github.fail({ operation: 'issues/create-comment', kind: 'bad_gateway_after_write', times: 1 });
    await say('bob', '/ack');
    expect(answers()).toHaveLength(1);
    const runs = await world.after(() => {
      world.bob.comment(issue, '/unack');
      world.github.as('mona').comment(issue, '/snooze 1h');
    });
    expect(runs.map(({ conclusion }) => conclusion)).toEqual(['success', 'success']);
    expect(await status()).toBe('snoozed');
    expect(answers()).toHaveLength(3);
  }, 60_000);

  it('that GitHub would not let us answer is answered by running it again, without being done twice', async () => {
    world.github.fail({ operation: 'issues/create-comment', kind: 'bad_gateway', times: 1 });
    const [run] = await say('bob', '/ack');
    expect(run?.conclusion, logOf(run)).toBe('failure');
    expect([await status(), answers().length]).toEqual(['acknowledged', 0]);
    // As if the run had died: for a while it still holds the answer, and whoever runs it again waits for that.
    await world.database
      .superuser`update ops.issue_commands set answering_until = clock_timestamp() + interval '8 seconds'`;
    const [again] = await world.after(() => world.bob.rerun(run?.id ?? 0));
    expect(again?.conclusion, logOf(again)).toBe('success');
    expect(answers()).toHaveLength(1);
    expect(await commands()).toEqual([{ command: 'ack', actor: 'bob', outcome: 'done' }]);
    await world.after(() => world.bob.rerun(run?.id ?? 0));
    expect(answers()).toHaveLength(1);
  }, 120_000);
});

describe('nothing runs', () => {
  /** By whom, what, and how far it gets: the workflow's `if:` keeps most of it from a job; the action refuses the rest. */
  const hostile: readonly [string, string, string, 'skipped' | 'success'][] = [
    ['an outsider', 'nobody', '/resolve', 'skipped'],
    ['a reader', 'mallory', '/resolve', 'success'],
    ['a bot', 'robot', '/resolve', 'skipped'],
    ['a quoted line', 'bob', '> /resolve', 'skipped'],
    ['a code block', 'bob', '```\n/resolve\n```', 'skipped'],
    ['inline code', 'bob', '`/resolve`', 'skipped'],
    ['an indented line', 'bob', '    /resolve', 'skipped'],
    ['the second line', 'bob', 'hello\n/resolve', 'skipped'],
    ['a path', 'bob', '/resolve/all of it', 'success'],
    ['sixty thousand characters', 'bob', `/resolve ${'x'.repeat(60_000)}`, 'success'],
    ['sixty thousand characters below it', 'bob', `/resolve\n${'x\n'.repeat(30_000)}`, 'success'],
    ['somebody with triage only', 'tim', '/resolve', 'success'],
  ];
  it.each(hostile)(
    'for %s',
    async (_, by, text, ends) => {
      const runs = await say(by, text);
      expect(runs.map(({ jobs }) => jobs.map(({ conclusion }) => conclusion))).toEqual([[ends]]);
      expect(await status()).toBe('active');
      expect(await commands()).toEqual([]);
      expect(answers()).toEqual([]);
    },
    60_000,
  );

  it('for an edited comment, a pull request, an issue of somebody else with our marker, or another environment', async () => {
    const comment = world.bob.comment(issue, 'hello');
    expect(await world.after(() => world.bob.editComment(comment.id, '/resolve'))).toEqual([]);
    world.bob.push({ branch: 'change', files: { 'a.md': 'a' } });
    const pull = world.bob.openPullRequest({ title: 'x', head: 'change' });
    pull.labels.push('ops-alert', 'env:staging');
    const [onPull] = await world.after(() => world.bob.comment(pull.number, '/resolve'));
    expect(onPull?.jobs.map(({ conclusion }) => conclusion)).toEqual(['skipped']);
    const forged = world.bob.openIssue({
      title: 'mine',
      body: alertBlock(
        { environment: 'staging', key: 'alert:check:late:sync', id: crypto.randomUUID() },
        'late',
      ),
      labels: ['ops-alert', 'env:staging'],
    });
    await world.after(() => world.bob.comment(forged.number, '/resolve'));
    const production = await ours(
      alertBlock({ environment: 'staging', key: 'x', id: crypto.randomUUID() }, 'late'),
      ['ops-alert', 'env:production'],
    );
    await world.after(() => world.bob.comment(production, '/resolve'));
    expect(await status()).toBe('active');
    expect(await commands()).toEqual([]);
  }, 60_000);
});
