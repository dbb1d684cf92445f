import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../actions/_shared/alerts/alert.ts';
import type { IssueRow } from '../../../actions/_shared/alerts/issue-row.ts';
import { bindAlerts } from '../../../actions/_shared/alerts/issue-units.ts';
import { ago, alert, NOW, row, unopened } from './example.ts';

/** Bindings in a line each: key, alerts, what is retired. */
function bind(alerts: readonly Alert[], rows: readonly IssueRow[] = []): string[] {
  return bindAlerts({ alerts, rows, now: NOW }).map(
    ({ key, alerts: bound, retire }) =>
      `${key} <- ${bound.map(({ id }) => id).join(' ')}${retire === null ? '' : ` for ${retire}`}`,
  );
}

const homeless = (wish: Partial<Alert> = {}): Alert => alert({ issueId: null, ...wish });
const many = (count: number, issueId: number | null = null): Alert[] =>
  Array.from({ length: count }, (_, index) => alert({ id: index + 1, key: `k${index + 1}`, issueId }));

describe('an alert', () => {
  it('gets a unit of its own, or of its group', () => {
    expect(bind([homeless()])).toEqual(['alert:check:late:sync <- 1']);
    expect(bind([homeless({ group: 'g' }), homeless({ id: 2, key: 'b', group: 'g' })])).toEqual([
      'group:g <- 1 2',
    ]);
  });

  it('keeps the issue it has', () => {
    expect(bind([alert()], [row()])).toEqual([]);
  });

  it.each([
    ['is silenced', { status: 'silenced' as const }],
    ['is muted', { mutedBy: 4 }],
    ['is information', { severity: 'info' as const }],
    ['is over', { status: 'resolved' as const, resolvedAt: ago(1) }],
    ['recovers', { condition: 'recovering' as const }],
  ])('gets none while it %s', (_what, wish) => {
    expect(bind([homeless(wish)])).toEqual([]);
  });

  it('comes back to its issue within the window, and gets another after it', () => {
    const closed = row({ state: 'closed', closedAt: ago(59) });
    expect(bind([homeless({ id: 2 })], [closed])).toEqual(['alert:check:late:sync <- 2']);
    expect(bind([homeless({ id: 2 })], [{ ...closed, closedAt: ago(61) }])).toEqual([
      'alert:check:late:sync <- 2 for 1',
    ]);
  });

  it('comes back to the issue a person closed, however long ago', () => {
    const closed = row({ state: 'closed', closedByPeople: true, closedAt: ago(600) });
    expect(bind([homeless({ id: 2 })], [closed])).toEqual(['alert:check:late:sync <- 2']);
  });
});

describe('a storm', () => {
  const storm = row({ id: 50, kind: 'storm', key: 'storm' });

  it('begins with the eleventh new issue, not with the eleventh alert', () => {
    expect(bind(many(10))).toHaveLength(10);
    expect(bind(many(11))).toEqual(['storm <- 1 2 3 4 5 6 7 8 9 10 11']);
    expect(bind(many(300).map((each) => ({ ...each, group: 'one' })))).toHaveLength(1);
  });

  it('leaves alone what has an issue already', () => {
    const known = alert({ id: 99, key: 'known', issueId: 1 });
    expect(bind([known, ...many(11)], [row({ key: 'alert:known' })])).toEqual([
      'storm <- 1 2 3 4 5 6 7 8 9 10 11',
    ]);
  });

  it('takes in what follows while it is young', () => {
    const raging = many(20, 50);
    const late = homeless({ id: 77, key: 'late' });
    expect(bind([...raging, late], [storm])).toEqual(['storm <- 77']);
    expect(bind([...raging, late], [{ ...storm, openedAt: ago(61) }])).toEqual(['alert:late <- 77']);
  });

  it('is over when few are left, and these get issues of their own', () => {
    expect(bind(many(6, 50), [storm])).toEqual([]);
    expect(bind(many(5, 50), [storm])).toHaveLength(5);
    expect(
      bind(
        many(5, 50).map((each) => ({ ...each, status: 'acknowledged' as const })),
        [storm],
      ),
    ).toEqual([]);
  });

  it('that may have been opened without our knowing is waited for', () => {
    const asked = unopened({ id: 50, kind: 'storm', key: 'storm', attempt: 'create', isAttemptFresh: true });
    expect(bind(many(5, 50), [asked])).toEqual([]);
    expect(bind(many(5, 50), [{ ...asked, attempt: null, isAttemptFresh: false }])).toHaveLength(5);
  });

  it('comes back as the same issue within a day', () => {
    expect(bind(many(11), [{ ...storm, state: 'closed', closedAt: ago(600) }])).toEqual([
      'storm <- 1 2 3 4 5 6 7 8 9 10 11',
    ]);
    expect(bind(many(11), [{ ...storm, state: 'closed', closedAt: ago(1500) }])).toEqual([
      'storm <- 1 2 3 4 5 6 7 8 9 10 11 for 50',
    ]);
  });
});
