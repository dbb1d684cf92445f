import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertsOfIssue } from '../../../actions/_shared/alerts/commands/alert-statements.ts';
import { performCommand } from '../../../actions/_shared/alerts/commands/perform-command.ts';
import {
  type CommandResult,
  claimAnswers,
  noteAnswered,
  settleCommand,
  takeCommand,
} from '../../../actions/_shared/alerts/commands/statements.ts';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import { READ_LIMITS, writeTransaction } from '../../../actions/_shared/database/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const repository = 'acme/ops';
const issue = { repository, number: 7 };
let database: TestDatabase;
let service: Sql;
let comment = 1_000;

beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  service = database.as('service_role');
});
afterAll(() => database.drop());

/** Two alerts shown by issue 7. */
beforeEach(async () => {
  await database.superuser`delete from ops.alerts`;
  await database.superuser`delete from ops.silences`;
  await database.superuser`delete from ops.issue_commands`;
  await database.sql`select ops.raise_alert('late', 'check:late:sync_stats', 'warning', 'sync_stats is late')`;
  await database.sql`select ops.raise_alert('late', 'check:late:sync_users', 'critical', 'sync_users is late')`;
  await database.superuser`update ops.alerts set issue_repository = ${repository}, issue_number = ${issue.number}`;
});

/** What one comment does, as the action does it. */
async function say(
  text: string,
  wish: { readonly permission?: string; readonly commentId?: number; readonly issue?: number } = {},
): Promise<CommandResult | null> {
  comment += 1;
  const [, command = '', rest = ''] = /^\/(\S+)\s*(.*)$/.exec(text) ?? [];
  const given = {
    repository,
    commentId: wish.commentId ?? comment,
    issue: wish.issue ?? issue.number,
    actor: 'alice',
    actorId: 1,
    permission: wish.permission ?? 'write',
    command,
    rest,
  };
  return writeTransaction(service, READ_LIMITS, async (tx) => {
    if (!(await takeCommand(tx, given))) return null;
    const result = await performCommand(tx, given, 'production');
    await settleCommand(tx, given, result);
    return result;
  });
}

const statuses = async (): Promise<readonly string[]> =>
  (await alertsOfIssue(service, issue)).map(({ status }) => status);

describe('a command', () => {
  it('acknowledges all the issue shows, and takes it back', async () => {
    expect(await say('/ack on it')).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual(['acknowledged', 'acknowledged']);
    const [row] = await database.sql`select acknowledged_by, note from ops.alerts limit 1`;
    expect(row).toEqual({ acknowledged_by: 'alice', note: 'on it' });
    expect(await say('/ack')).toMatchObject({ outcome: 'nothing' });
    expect(await say('/unack')).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual(['active', 'active']);
  });

  it('snoozes until a time by the clock of the database', async () => {
    expect(await say('/snooze 2h vendor')).toMatchObject({ outcome: 'done' });
    const rows = await database.sql`
      select status, snoozed_by, snoozed_until - now() between '1 hour 59 minutes' and '2 hours' as right_time from ops.alerts`;
    expect(rows.map((row) => ({ ...row }))).toEqual(
      Array(2).fill({ status: 'snoozed', snoozed_by: 'alice', right_time: true }),
    );
    expect(await say('/snooze forever')).toMatchObject({
      outcome: 'refused',
      answer: expect.stringContaining('2h'),
    });
  });

  it('silences by a matcher, or just what the issue shows, and ends it', async () => {
    const made = await say('/silence object=nothing_here check=late for 1h');
    expect(made).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual(['active', 'active']);
    expect(await say('/silence for 1d deploy')).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual(['silenced', 'silenced']);
    const silences = await database.sql`select id::int, created_by, reason from ops.silences order by id`;
    expect(silences.slice(1).map(({ reason }) => reason)).toEqual(['deploy', 'deploy']);
    for (const { id } of silences.slice(1))
      expect(await say(`/unsilence ${id}`)).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual(['active', 'active']);
    expect(await say(`/unsilence ${silences[1]?.id}`)).toMatchObject({ outcome: 'nothing' });
    expect(await say('/unsilence all')).toMatchObject({ outcome: 'refused' });
  });

  it('resolves, and says when there is nothing left to resolve', async () => {
    expect(await say('/resolve deployed')).toMatchObject({ outcome: 'done' });
    expect(await statuses()).toEqual(['resolved', 'resolved']);
    for (const again of ['/resolve', '/ack', '/snooze 1h', '/unack'])
      expect(await say(again)).toMatchObject({ outcome: 'nothing' });
    expect(await say('/silence for 1h')).toMatchObject({ outcome: 'refused' });
  });

  it('tells how it stands and what happened', async () => {
    await say('/ack `code` @somebody <b>');
    const status = await say('/status');
    expect(status?.answer).toContain('sync_users is late');
    expect(status?.answer).toMatch(/acknowledged by alice/);
    expect(status?.answer).not.toContain('@somebody');
    expect(status?.answer).not.toContain('<b>');
  });

  it('starts a runbook with typed inputs, for maintainers', async () => {
    await database.superuser`
      insert into ops.run_templates (slug, title, template_yaml, approval)
      values ('restart-sync', 'Restart', ${`version: 1
inputs:
  - { key: job, required: true }
  - { key: times, type: number }
steps:
  - { id: say, title: Say, kind: note, message: hello }
`}, '{production}')
      on conflict do nothing`;
    expect(await say('/run restart-sync job=sync_stats')).toMatchObject({
      outcome: 'refused',
      answer: expect.stringContaining('maintain'),
    });
    const started = await say('/run restart-sync job=sync_stats times=2', { permission: 'maintain' });
    expect(started).toMatchObject({ outcome: 'done', answer: expect.stringContaining('waits for approval') });
    const runs = await database.sql`select template, env, inputs, source, actor, status from ops.runs`;
    expect(runs.map((run) => ({ ...run }))).toEqual([
      {
        template: 'restart-sync',
        env: 'production',
        inputs: { job: 'sync_stats', times: 2 },
        source: 'comment',
        actor: 'github:alice',
        status: 'queued',
      },
    ]);
    expect(await say('/run restart-snyc job=x', { permission: 'admin' })).toMatchObject({
      outcome: 'refused',
      answer: expect.stringContaining('`restart-sync`'),
    });
    expect(
      await say('/run restart-sync job=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl', {
        permission: 'admin',
      }),
    ).toMatchObject({ outcome: 'refused', answer: expect.stringContaining('token') });
    expect(await database.sql`select count(*)::int as n from ops.runs`).toEqual([{ n: 1 }]);
  });

  it('that nobody knows is answered with help; one by a reader, or under a foreign issue, does nothing', async () => {
    expect(await say('/akc')).toMatchObject({
      outcome: 'refused',
      answer: expect.stringContaining('`/ack`'),
    });
    expect(await say('/ack', { permission: 'triage' })).toMatchObject({ outcome: 'refused' });
    expect(await say('/ack', { issue: 8 })).toMatchObject({ outcome: 'refused' });
    expect(await statuses()).toEqual(['active', 'active']);
  });
});

describe('the audit', () => {
  it('lets a command be carried out once, also when two runs take it together', async () => {
    const both = await Promise.all([say('/ack', { commentId: 5 }), say('/ack', { commentId: 5 })]);
    expect(both.filter((result) => result !== null)).toHaveLength(1);
    expect(await say('/resolve', { commentId: 5 })).toBeNull();
    expect(await statuses()).toEqual(['acknowledged', 'acknowledged']);
  });

  it('says who, by which right, what and to which alerts, without secrets', async () => {
    await say('/ack sb_secret_abcdefghijklmnopqrstuvwxyz012345');
    const [row] = await database.sql`
      select actor, permission, command, arguments, outcome, cardinality(alerts) as alerts, answered_at from ops.issue_commands`;
    expect(row).toMatchObject({
      actor: 'alice',
      permission: 'write',
      command: 'ack',
      outcome: 'done',
      alerts: 2,
    });
    expect(row?.arguments).not.toContain('abcdefghij');
    expect(row?.answered_at).toBeNull();
  });

  it('gives an answer to one run at a time, and again when that one died', async () => {
    await say('/ack', { commentId: 6 });
    const [first, second] = await Promise.all([
      claimAnswers(service, repository),
      claimAnswers(service, repository),
    ]);
    expect([...first, ...second].map(({ commentId }) => commentId)).toEqual([6]);
    await database.superuser`update ops.issue_commands set answering_until = now() - interval '1 second'`;
    expect(await claimAnswers(service, repository)).toHaveLength(1);
    await noteAnswered(service, repository, 6);
    await database.superuser`update ops.issue_commands set answering_until = null`;
    expect(await claimAnswers(service, repository)).toEqual([]);
  });

  it('leaves nothing of a run that died in the middle', async () => {
    await expect(
      writeTransaction(service, READ_LIMITS, async (tx) => {
        const given = { repository, commentId: 9, issue: 7, actor: 'alice', actorId: 1, permission: 'write' };
        await takeCommand(tx, { ...given, command: 'ack', rest: '' });
        await performCommand(tx, { ...given, command: 'ack', rest: '' }, 'production');
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await statuses()).toEqual(['active', 'active']);
    expect(await database.sql`select from ops.issue_commands`).toHaveLength(0);
  });
});
