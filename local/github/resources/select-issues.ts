import type { HandledRequest } from '../handler.ts';
import type { StoredIssue } from '../state/issues.ts';
import { listed } from '../state/staleness.ts';
import { countComments } from './render.ts';

/** What the list of issues shows: state (default open), labels (all of them), who, since when, in which order. */
export function selectIssues({ store, query }: HandledRequest): StoredIssue[] {
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '');
  const since = Date.parse(query.get('since') ?? '');
  const [creator, assignee] = [query.get('creator'), query.get('assignee')];
  const selected = listed(store, 'issues').filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => carries(issue, name)) &&
      !(issue.updatedAt.getTime() < since) &&
      (creator === null || same(issue.author, creator)) &&
      isAssigned(issue, assignee),
  );
  return inOrder(selected, query, (issue) => countComments(issue, { store }));
}

function inOrder(
  issues: readonly StoredIssue[],
  query: URLSearchParams,
  comments: (issue: StoredIssue) => number,
): StoredIssue[] {
  const direction = query.get('direction') === 'asc' ? 1 : -1;
  const key = (issue: StoredIssue): number => {
    switch (query.get('sort')) {
      case 'updated':
        return issue.updatedAt.getTime();
      case 'comments':
        return comments(issue);
      default:
        return issue.number;
    }
  };
  return [...issues].sort((a, b) => direction * (key(a) - key(b) || a.number - b.number));
}

function carries(issue: StoredIssue, name: string): boolean {
  return issue.labels.some((label) => same(label, name));
}

function isAssigned(issue: StoredIssue, assignee: string | null): boolean {
  if (assignee === null) return true;
  if (assignee === '*') return issue.assignees.length > 0;
  if (assignee === 'none') return issue.assignees.length === 0;
  return issue.assignees.some((login) => same(login, assignee));
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
