/** Alerts and issues as values, for tests that decide about them. */
import type { Alert } from '../../../actions/_shared/alerts/alert.ts';
import type { IssueRow } from '../../../actions/_shared/alerts/issue-row.ts';

/** The moment everything happens at. */
export const NOW = new Date('2026-11-21T12:00:00Z');

/** A moment so many minutes before. */
export function ago(minutes: number): Date {
  return new Date(NOW.getTime() - minutes * 60_000);
}

/** An active alert of a check, but for what a test wishes. */
export function alert(wish: Partial<Alert> = {}): Alert {
  return {
    id: 1,
    key: 'check:late:sync',
    kind: 'late',
    check: 'late',
    object: 'sync',
    group: null,
    severity: 'warning',
    status: 'active',
    condition: 'firing',
    title: 'sync is late',
    message: 'It should have run ten minutes ago.',
    details: { owner: '@data-team' },
    count: 3,
    firstSeenAt: ago(15),
    lastSeenAt: ago(0),
    unknownSince: null,
    acknowledgedBy: null,
    snoozedUntil: null,
    snoozedBy: null,
    silencedUntil: null,
    silencedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    note: null,
    mutedBy: null,
    reopenWithinS: 3600,
    issueId: 1,
    issueNumber: 7,
    ...wish,
  };
}

/** An open issue that says all there is, but for what a test wishes. */
export function row(wish: Partial<IssueRow> = {}): IssueRow {
  return {
    id: 1,
    kind: 'alert',
    key: 'alert:check:late:sync',
    marker: '00000000-0000-4000-8000-000000000001',
    number: 7,
    state: 'open',
    closedByPeople: false,
    content: '',
    severity: 'warning',
    told: ['check:late:sync'],
    writtenAt: ago(5),
    changedAt: ago(5),
    openedAt: ago(15),
    closedAt: null,
    isRetired: false,
    attempt: null,
    isAttemptFresh: false,
    say: null,
    sayKey: null,
    saidAt: null,
    isSayFresh: false,
    ...wish,
  };
}

/** A row before there is an issue. */
export function unopened(wish: Partial<IssueRow> = {}): IssueRow {
  return row({
    number: null,
    state: 'none',
    severity: null,
    told: [],
    writtenAt: null,
    openedAt: null,
    ...wish,
  });
}
