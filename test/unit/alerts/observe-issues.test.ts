import { describe, expect, it } from 'vitest';
import type { IssueRow } from '../../../actions/_shared/alerts/issue-row.ts';
import { type ListedIssue, observeIssues } from '../../../actions/_shared/alerts/observe-issues.ts';
import { ago, row, unopened } from './example.ts';

const KEY = row().key;

function listed(wish: Partial<ListedIssue> & { readonly id?: string } = {}): ListedIssue {
  return {
    number: 7,
    state: 'open',
    updatedAt: ago(1),
    closedAt: null,
    marker: { environment: 'production', key: KEY, id: wish.id ?? row().marker },
    ...wish,
  };
}

function observe(
  issues: readonly ListedIssue[],
  rows: readonly IssueRow[],
  wanted: readonly string[] = [],
): string[] {
  return observeIssues({ listed: issues, rows, wanted: new Set(wanted) }).map(
    (seen) => `${seen.kind} ${seen.issue.number}${seen.kind === 'surplus' ? ` of ${seen.of}` : ''}`,
  );
}

describe('a list', () => {
  it('that says what is known says nothing', () => {
    expect(observe([listed()], [row()])).toEqual([]);
  });

  it('tells what people closed and reopened after our last write', () => {
    expect(observe([listed({ state: 'closed' })], [row()])).toEqual(['closed 7']);
    expect(observe([listed()], [row({ state: 'closed' })])).toEqual(['reopened 7']);
  });

  it('of before our last write is old', () => {
    expect(observe([listed({ state: 'closed', updatedAt: ago(6) })], [row()])).toEqual([]);
    expect(observe([listed({ state: 'closed', updatedAt: ago(5) })], [row()])).toEqual(['closed 7']);
  });

  it('says nothing about people while a write of ours has no answer', () => {
    expect(observe([listed({ state: 'closed' })], [row({ attempt: 'write' })])).toEqual([]);
  });

  it('shows an issue whose creation had no answer', () => {
    expect(observe([listed()], [unopened({ attempt: 'create' })])).toEqual(['adopt 7']);
  });

  it('shows an issue the database forgot', () => {
    expect(observe([listed({ id: 'unknown' })], [])).toEqual(['adopt 7']);
    expect(observe([listed({ id: 'unknown' })], [unopened()])).toEqual(['adopt 7']);
    expect(observe([listed({ id: 'unknown', state: 'closed' })], [])).toEqual([]);
    expect(observe([listed({ id: 'unknown', state: 'closed' })], [], [KEY])).toEqual(['adopt 7']);
  });

  it('with two of one marker keeps the older', () => {
    expect(observe([listed(), listed({ number: 9 })], [row()])).toEqual(['surplus 9 of 7']);
    expect(
      observe([listed({ number: 9 }), listed({ number: 8 })], [unopened({ attempt: 'create' })]),
    ).toEqual(['adopt 8', 'surplus 9 of 8']);
    expect(observe([listed(), listed({ number: 5 })], [row()])).toEqual(['adopt 5', 'surplus 7 of 5']);
    expect(observe([listed({ number: 9, state: 'closed' })], [row()])).toEqual([]);
  });

  it('shows what turns up too late', () => {
    const retired = unopened({ isRetired: true });
    expect(observe([listed()], [retired])).toEqual(['surplus 7 of null']);
    expect(observe([listed()], [row({ isRetired: true })])).toEqual([]);
  });
});
