import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../actions/_shared/alerts/alert.ts';
import { decideUnit, type Unit } from '../../../actions/_shared/alerts/decide-unit.ts';
import { contentOf } from '../../../actions/_shared/alerts/issue-content.ts';
import type { IssueRow } from '../../../actions/_shared/alerts/issue-row.ts';
import { ago, alert, NOW, row, unopened } from './example.ts';

/** In a line: what is decided, why, and what is said. */
function decide(issue: IssueRow, members: readonly Alert[], muted: readonly Alert[] = []): string {
  const decision = decideUnit({ row: issue, members, muted }, NOW);
  switch (decision.kind) {
    case 'create':
      return `create ${decision.told.severity}`;
    case 'write':
      return [decision.why, decision.told.state, decision.told.say ?? 'silently'].join(' ');
    case 'comment':
      return `comment ${decision.say}${decision.look ? ' after a look' : ''}`;
    default:
      return decision.kind;
  }
}

/** A row whose body says what these members say. */
function saying(members: readonly Alert[], wish: Partial<IssueRow> = {}): IssueRow {
  const said = row(wish);
  return { ...said, content: contentOf({ row: said, members, muted: [] } satisfies Unit) };
}

const resolved = alert({ status: 'resolved', resolvedAt: ago(1), resolvedBy: 'checks' });
const critical = alert({ severity: 'critical' });
const acknowledged = alert({ status: 'acknowledged', acknowledgedBy: 'ada' });
const recovering = alert({ condition: 'recovering' });
const unknown = alert({ condition: 'unknown', unknownSince: ago(5) });
const muted = alert({ mutedBy: 9 });

describe('without an issue', () => {
  it.each([
    ['an alert that fires', alert(), 'create warning'],
    ['one nobody can look at', unknown, 'create warning'],
    ['one that seems to recover', recovering, 'none'],
    ['one that somebody has taken', acknowledged, 'none'],
    ['one that is snoozed', alert({ status: 'snoozed', snoozedUntil: ago(-60) }), 'none'],
    ['one that is silenced', alert({ status: 'silenced' }), 'none'],
    ['one that follows from another', muted, 'none'],
    ['information', alert({ severity: 'info' }), 'none'],
    ['one that is over', resolved, 'forget'],
  ])('%s: %#', (_what, member, expected) => {
    expect(decide(unopened(), [member])).toBe(expected);
  });

  it('a group opens when one of it fires, and is as bad as the worst', () => {
    const quiet = { ...acknowledged, severity: 'critical' as const };
    expect(decide(unopened({ kind: 'group' }), [quiet, alert()])).toBe('create critical');
    expect(decide(unopened({ kind: 'group' }), [quiet])).toBe('none');
  });

  it('a create without an answer is waited for, and tried again when no list can hide it', () => {
    expect(decide(unopened({ attempt: 'create', isAttemptFresh: true }), [alert()])).toBe('wait');
    expect(decide(unopened({ attempt: 'create', isAttemptFresh: true }), [])).toBe('wait');
    expect(decide(unopened({ attempt: 'create' }), [alert()])).toBe('create warning');
    expect(decide(unopened({ attempt: 'create' }), [])).toBe('forget');
  });
});

describe('an open issue', () => {
  it.each([
    ['the same alert', [alert()], 'none'],
    [
      'the same, seen again with other numbers',
      [alert({ count: 900, lastSeenAt: NOW, message: 'eleven' })],
      'none',
    ],
    ['one that seems to recover', [recovering], 'none'],
    ['another title', [alert({ title: 'sync: timeout' })], 'changed open silently'],
    ['another owner', [alert({ details: { owner: '@other' } })], 'changed open silently'],
    ['something worse', [critical], 'news open worsened'],
    [
      'something worse that is silenced',
      [alert({ severity: 'critical', status: 'silenced' })],
      'changed open silently',
    ],
    ['something less bad', [alert({ severity: 'info' })], 'changed open silently'],
    ['an acknowledgement', [acknowledged], 'changed open silently'],
    ['a cause', [muted], 'changed open silently'],
    ['nobody looking', [unknown], 'changed open silently'],
    ['its end', [resolved], 'resolved closed resolved'],
    ['nothing behind it any more', [], 'resolved closed resolved'],
  ])('with %s: %s', (_what, members, expected) => {
    expect(decide(saying([alert()]), members)).toBe(expected);
  });

  it('speaks up when an answer is over, and not when it begins', () => {
    const quiet = saying([acknowledged], { told: [] });
    expect(decide(quiet, [acknowledged])).toBe('none');
    expect(decide(quiet, [alert()])).toBe('news open woken');
    expect(decide(quiet, [critical])).toBe('news open worsened');
  });

  it('of a group speaks up when there is more of it, and ticks what is over', () => {
    const other = alert({ id: 2, key: 'check:late:other' });
    const group = saying([alert()], { kind: 'group' });
    expect(decide(group, [alert(), other])).toBe('news open joined');
    const both = saying([alert(), other], { kind: 'group', told: [alert().key, other.key] });
    expect(decide(both, [alert(), { ...resolved, key: other.key, id: 2 }])).toBe('changed open silently');
    expect(decide(both, [resolved, { ...resolved, key: other.key, id: 2 }])).toBe('resolved closed resolved');
  });

  it('shows new evidence once an hour', () => {
    expect(decide(saying([alert()], { writtenAt: ago(61) }), [alert()])).toBe('refresh open silently');
    expect(decide(saying([alert()], { writtenAt: ago(61) }), [alert({ lastSeenAt: ago(62) })])).toBe('none');
  });

  it('names what follows from it', () => {
    expect(decide(saying([alert()]), [alert()], [alert({ id: 5, key: 'late', mutedBy: 1 })])).toBe(
      'changed open silently',
    );
  });
});

describe('an issue we closed', () => {
  const closed = saying([resolved], { state: 'closed', closedAt: ago(10), told: [] });
  it.each([
    ['the alert over', [resolved], 'none'],
    ['nothing', [], 'none'],
    ['the alert back', [alert({ id: 2 })], 'reopened open reopened'],
    ['the alert back and worse', [critical], 'reopened open reopened'],
    ['the alert back but silenced', [alert({ status: 'silenced' })], 'none'],
    ['the alert back but on its way out', [recovering], 'none'],
  ])('with %s: %s', (_what, members, expected) => {
    expect(decide(closed, members)).toBe(expected);
  });
});

describe('an issue a person closed', () => {
  const theirs = saying([acknowledged], {
    state: 'closed',
    closedByPeople: true,
    closedAt: ago(10),
    told: [],
  });
  it.each([
    ['the alert acknowledged', [acknowledged], 'none'],
    ['the alert over', [resolved], 'resolved closed resolved'],
    ['the alert worse', [critical], 'reopened open worsened'],
    ['the alert woken', [alert()], 'reopened open reopened'],
  ])('with %s: %s', (_what, members, expected) => {
    expect(decide(theirs, members)).toBe(expected);
  });
});

describe('a write without an answer', () => {
  it('is written again, whatever became of the alert meanwhile', () => {
    const closed = saying([resolved], { state: 'closed', closedAt: ago(10), attempt: 'write' });
    expect(decide(closed, [resolved])).toBe('changed closed silently');
    expect(decide(closed, [alert()])).toBe('reopened open reopened');
    expect(decide(saying([alert()], { attempt: 'write' }), [alert()])).toBe('changed open silently');
    expect(decide(saying([alert()], { attempt: 'write', say: 'reopened' }), [alert()])).toBe(
      'changed open reopened',
    );
  });

  it('leaves an issue to the person who closed it', () => {
    const theirs = saying([acknowledged], { state: 'closed', closedByPeople: true, attempt: 'write' });
    const decision = decideUnit({ row: theirs, members: [acknowledged], muted: [] }, NOW);
    expect(decision).toMatchObject({ kind: 'write', told: { state: 'closed', closedByPeople: true } });
  });
});

describe('a comment that is still to be written', () => {
  const unsaid = saying([alert()], { say: 'reopened', sayKey: 'key' });
  it.each([
    ['was refused', {}, 'comment reopened'],
    ['was tried just now, without an answer', { saidAt: ago(1), isSayFresh: true }, 'none'],
    ['was tried a while ago, without an answer', { saidAt: ago(11) }, 'comment reopened after a look'],
  ])('%s: %s', (_what, wish, expected) => {
    expect(decide({ ...unsaid, ...wish }, [alert()])).toBe(expected);
  });

  it('comes along with the next write, or gives way to newer news', () => {
    expect(decide(unsaid, [alert({ title: 'x' })])).toBe('changed open reopened');
    expect(decide(unsaid, [resolved])).toBe('resolved closed resolved');
  });
});
