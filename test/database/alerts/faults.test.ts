import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { MOST_CALLS } from '../../../actions/_shared/alerts/tally.ts';
import { addIssue } from '../../../local/github/store.ts';
import { ACTIONS_LOGIN } from '../../../local/github/tokens.ts';
import { passTime } from './pass-time.ts';
import { type AlertWorld, found, policy, startAlertWorld } from './world.ts';

const world: AlertWorld = await startAlertWorld(import.meta.url, { late: policy() });
const { service, pass, project, github, issues } = world;
const { sql } = world.database;
github.addUser({ login: 'root', role: 'admin' });
afterAll(() => world.drop());
beforeEach(async () => {
  await sql`
    truncate ops.alerts, ops.alert_events, ops.check_states, ops.check_policies, ops.silences, ops.watchers, ops.alert_issues,
             ops.alert_projections restart identity`;
  github.store.issues.clear();
  github.store.comments.clear();
  github.store.deletedIssues.clear();
  await pass();
  await project();
});

const one = [found('late', 'sync')];

describe('when GitHub', () => {
  it('asks us to wait, nobody calls it before that time is over, and nothing is lost', async () => {
    github.fail({ operation: 'issues/create', kind: 'secondary_limit', times: 1 });
    await pass({ results: [...one, found('late', 'other')] });
    const result = await project();
    expect(result).toMatchObject({ kind: 'behind', left: 2, calls: 2 });
    expect(result.problems).toEqual(['a new issue: GitHub asks us to wait 1 s']);
    await sql`update ops.alert_projections set not_before = now() + interval '1 minute'`;
    expect(await project()).toMatchObject({ kind: 'waiting', calls: 0 });
    await passTime(sql, '2 minutes');
    expect(await project()).toMatchObject({ kind: 'done' });
    expect(issues()).toHaveLength(2);
  });

  it('answers 429 to the list, the run ends there', async () => {
    github.fail({ operation: 'issues/list-for-repo', kind: 'too_many_requests', times: 1 });
    await pass({ results: one });
    expect(await project()).toMatchObject({ kind: 'behind', calls: 1 });
    await passTime(sql, '1 minute');
    expect(await project()).toMatchObject({ kind: 'done', counts: { created: 1 } });
  });

  it('opens an issue and loses the answer, the next run finds it by its marker', async () => {
    github.fail({ operation: 'issues/create', kind: 'bad_gateway_after_write', times: 1 });
    await pass({ results: one });
    expect(await project()).toMatchObject({ kind: 'behind', left: 1 });
    expect(await project()).toMatchObject({ kind: 'done' });
    expect(issues()).toHaveLength(1);
    expect(await service`select issue_number from ops.alerts`).toEqual([{ issue_number: 1 }]);
  });

  it('opens an issue, loses the answer, and lists lag behind: nobody opens it again', async () => {
    github.fail({ operation: 'issues/create', kind: 'bad_gateway_after_write', times: 1 });
    await pass({ results: one });
    github.lagBehind(3);
    // The list of this run, and of the two that follow, do not show it.
    for (let round = 0; round < 3; round += 1) expect((await project()).kind).toBe('behind');
    expect(issues()).toHaveLength(1);
    expect((await project()).kind).toBe('done');
    expect(issues()).toHaveLength(1);
  });

  it('opens an issue, loses the answer, and lists lag for longer than anybody saw: it is found by its number', async () => {
    github.as('data-team').openIssue({ title: 'not ours' });
    github.fail({ operation: 'issues/create', kind: 'lost_answer', times: 1 });
    await pass({ results: one });
    github.lagBehind(50);
    github.as('data-team').openIssue({ title: 'not ours' });
    await project();
    github.as('data-team').openIssue({ title: 'not ours either' });
    await passTime(sql, '11 minutes');
    expect(await project()).toMatchObject({ kind: 'done', counts: { created: 0 } });
    expect(await service`select issue_number from ops.alerts`).toEqual([{ issue_number: 3 }]);
    expect(issues().filter(({ labels }) => labels.includes('ops-alert'))).toHaveLength(1);
    github.lagBehind(0);
  });

  it('opens an issue nobody hears of, and it is over: it is found and closed, and comes back as the same', async () => {
    github.fail({ operation: 'issues/create', kind: 'lost_answer', times: 1 });
    github.lagBehind(50);
    await pass({ results: one });
    await project();
    await pass();
    await passTime(sql, '11 minutes');
    await project();
    await pass({ results: one });
    await project();
    expect(issues()).toMatchObject([{ number: 1, state: 'open' }]);
    github.lagBehind(0);
  });

  it('cannot be asked whether a lost issue is there, no second one is opened', async () => {
    github.fail({ operation: 'issues/create', kind: 'bad_gateway', times: 1 });
    await pass({ results: one });
    await project();
    await passTime(sql, '11 minutes');
    github.fail({ operation: 'issues/get', kind: 'bad_gateway', times: 1 });
    expect(await project()).toMatchObject({ kind: 'behind', left: 1, counts: { created: 0 } });
    expect(await project()).toMatchObject({ kind: 'done', counts: { created: 1 } });
  });

  it('did not open it, it is opened when no list can hide it any more', async () => {
    github.fail({ operation: 'issues/create', kind: 'bad_gateway', times: 1 });
    await pass({ results: one });
    await project();
    expect((await project()).kind).toBe('behind');
    expect(issues()).toEqual([]);
    await passTime(sql, '11 minutes');
    expect((await project()).kind).toBe('done');
    expect(issues()).toHaveLength(1);
  });

  it('loses the answer to a close, it is no person who closed it', async () => {
    await pass({ results: one });
    await project();
    await pass();
    github.fail({ operation: 'issues/update', kind: 'bad_gateway_after_write', times: 1 });
    await project();
    expect(issues()[0]?.state).toBe('closed');
    expect((await project()).kind).toBe('done');
    expect(await service`select closed_by_people, state from ops.alert_issues`).toEqual([
      { closed_by_people: false, state: 'closed' },
    ]);
    expect(github.store.comments.size).toBe(1);
  });

  it('loses the answer to a comment, it is not written twice', async () => {
    await pass({ results: one });
    await project();
    await pass();
    github.fail({ operation: 'issues/create-comment', kind: 'bad_gateway_after_write', times: 1 });
    await project();
    expect((await project()).kind).toBe('done');
    expect(github.store.comments.size).toBe(1);
    await passTime(sql, '11 minutes');
    await project();
    expect(github.store.comments.size).toBe(1);
    expect(await service`select say from ops.alert_issues`).toEqual([{ say: null }]);
  });

  it('did not write a comment, it is written later', async () => {
    await pass({ results: one });
    await project();
    await pass();
    github.fail({ operation: 'issues/create-comment', kind: 'secondary_limit', times: 1 });
    await project();
    await passTime(sql, '1 minute');
    await project();
    expect(github.store.comments.size).toBe(1);
  });

  it('is away, the run stops after two calls without an answer', async () => {
    github.fail({ operation: 'issues/list-for-repo', kind: 'bad_gateway', times: 1 });
    await pass({ results: Array.from({ length: 9 }, (_, index) => found('late', `${index}`)) });
    expect(await project()).toMatchObject({ kind: 'behind', calls: 1 });
    github.fail({ operation: 'issues/create', kind: 'bad_gateway', times: 2 });
    expect(await project()).toMatchObject({ kind: 'behind', calls: 3, left: 9 });
  });

  it('does not let the token write, the run says so', async () => {
    await pass({ results: one });
    expect(await project({ token: 'reader' })).toMatchObject({ isForbidden: true, kind: 'behind' });
  });
});

describe('an issue', () => {
  it('of somebody else is not believed, whatever marker it quotes', async () => {
    await pass({ results: one });
    await project();
    const { body } = issues()[0] ?? { body: '' };
    await sql`truncate ops.alert_issues, ops.alert_projections`;
    await sql`update ops.alerts set issue_id = null, issue_number = null, issue_repository = null`;
    github.store.issues.clear();
    addIssue(github.store, { title: 'x', body, author: 'mallory', labels: ['ops-alert', 'env:production'] });
    await project();
    expect(issues().map(({ number, body: text }) => `${number} ${text === body}`)).toEqual([
      '1 true',
      '2 false',
    ]);
  });

  it('is found again when the database was restored from before it', async () => {
    await pass({ results: one });
    await project();
    await sql`truncate ops.alert_issues, ops.alert_projections`;
    await sql`update ops.alerts set issue_id = null, issue_number = null, issue_repository = null`;
    expect(await project()).toMatchObject({ kind: 'done', counts: { created: 0 } });
    expect(issues()).toHaveLength(1);
    expect(await service`select issue_number from ops.alerts`).toEqual([{ issue_number: 1 }]);
  });

  it('without an alert behind it, after a restore, closes', async () => {
    await pass({ results: one });
    await project();
    await sql`truncate ops.alert_issues, ops.alert_projections, ops.alerts, ops.check_states`;
    await project();
    expect(issues().map(({ state }) => state)).toEqual(['closed']);
  });

  it('that is there twice is closed where its number is higher', async () => {
    await pass({ results: one });
    await project();
    const { body } = issues()[0] ?? { body: '' };
    addIssue(github.store, {
      title: 'twin',
      body,
      author: ACTIONS_LOGIN,
      labels: ['ops-alert', 'env:production'],
    });
    await project();
    expect(issues().map(({ number, state }) => `${number} ${state}`)).toEqual(['1 open', '2 closed']);
    expect(github.store.issues.get(2)?.stateReason).toBe('duplicate');
    expect((await project()).calls).toBe(1);
  });

  it('that was deleted makes room for another', async () => {
    await pass({ results: one });
    await project();
    const [old] = [...github.store.issues.values()];
    github.store.issues.clear();
    await pass({ results: [found('late', 'sync', { severity: 'critical' })] });
    await project();
    await project();
    expect(issues()).toHaveLength(1);
    expect(issues()[0]?.body).not.toBe(old?.body);
  });

  it('that a person deletes is opened anew when there is something to say, and not before', async () => {
    await pass({ results: one });
    await project();
    github.as('root').deleteIssue(1);
    expect(await project()).toMatchObject({ kind: 'done', calls: 1 });
    expect(issues()).toEqual([]);
    await pass({ results: [found('late', 'sync', { severity: 'critical' })] });
    expect(await project()).toMatchObject({
      kind: 'behind',
      problems: ['issue #1: it is not there any more'],
    });
    expect(await project()).toMatchObject({ kind: 'done', counts: { created: 1 } });
    expect(issues()).toMatchObject([{ number: 2, state: 'open' }]);
    expect(await service`select issue_number from ops.alerts`).toEqual([{ issue_number: 2 }]);
    github.as('root').deleteIssue(2);
    await pass();
    await project();
    expect(await project()).toMatchObject({ kind: 'done', left: 0, calls: 1 });
    expect(issues()).toEqual([]);
  });

  it('with 60,000 characters of people keeps them all', async () => {
    await pass({ results: one });
    await project();
    const issue = github.store.issues.get(1);
    if (issue === undefined) throw new Error('no issue');
    const theirs = 'x'.repeat(60_000);
    issue.body = `${issue.body}\n${theirs}`;
    await pass({ results: [found('late', 'sync', { severity: 'critical' })] });
    expect((await project()).kind).toBe('done');
    expect(issue.body).toContain(theirs);
    expect(issue.body).toContain('critical');
    expect(issue.body.length).toBeLessThan(65_536);
    issue.body = `${issue.body}${'y'.repeat(65_500 - issue.body.length)}`;
    const full = issue.body;
    await pass();
    expect((await project()).kind).toBe('done');
    expect(issue).toMatchObject({ body: full, state: 'closed' });
  });
});

describe('a run', () => {
  it('asks GitHub eighty times at most, and those that follow do the rest', async () => {
    const many = Array.from({ length: 150 }, (_, index) => `thing-${index}`);
    for (let from = 0; from < many.length; from += 10) {
      await pass({ results: many.slice(0, from + 10).map((object) => found('late', object)) });
      await project();
    }
    expect(issues()).toHaveLength(150);
    for (const { number } of issues()) github.as('data-team').closeIssue(number);
    for (const issue of github.store.issues.values()) issue.updatedAt = new Date(Date.now() + 2000);
    const first = await project();
    expect(first).toMatchObject({ kind: 'behind' });
    expect(first.calls).toBeLessThanOrEqual(MOST_CALLS);
    expect((await project()).kind).toBe('done');
    expect(await service`select distinct status, acknowledged_by from ops.alerts`).toEqual([
      { status: 'acknowledged', acknowledged_by: 'data-team' },
    ]);
  });
});

describe('what a check found', () => {
  it('can neither mention, link, close nor break out', async () => {
    const nasty =
      '@octocat fixes #1 GH-7 www.evil.test https://evil.test ![x](y) <!-- /opsroom:alert --> </details> `x` | ```\n# x';
    await pass({
      results: [
        found('late', nasty, {
          finding: {
            ...found('late').finding,
            title: nasty,
            detail: nasty,
            remediation: nasty,
            evidence: { [nasty]: nasty },
          },
        }),
      ],
    });
    await project();
    const { body = '' } = issues()[0] ?? {};
    const visible = body
      .replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')
      .replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '');
    expect(visible).not.toMatch(/@octocat|#1\b|GH-7|www\.evil|:\/\/evil|!\[|<\/details>/);
    expect(body.match(/<!-- \/opsroom:alert -->/g)).toHaveLength(1);
    expect(body.trimEnd().endsWith('<!-- /opsroom:alert -->')).toBe(true);
  });
});
