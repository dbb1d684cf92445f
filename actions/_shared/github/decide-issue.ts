import { readBlock } from './issue-block.ts';
import type { Issue } from './issues.ts';
import type { Marker } from './marked-text.ts';

/** What the one issue of a marker should say; null means the condition is clear. */
export interface DesiredIssue {
  readonly marker: Marker;
  /** Our own login; a marker in somebody else's issue means nothing. */
  readonly author: string;
  readonly content: string | null;
}

/** What to do, decided from values alone. `duplicates` are ours too and get closed. */
export type IssueDecision =
  | { readonly kind: 'create' }
  | { readonly kind: 'none'; readonly issue: Issue | null }
  | { readonly kind: 'update' | 'reopen' | 'close'; readonly issue: Issue };

/**
 * Decides what happens to the one issue of a marker. The oldest is the issue; younger open ones with the same marker
 * came from a race or a stale list.
 */
export function decideIssue(
  existing: readonly Issue[],
  desired: DesiredIssue,
): { readonly decision: IssueDecision; readonly duplicates: readonly Issue[] } {
  const ours = existing
    .filter((issue) => !issue.isPullRequest && issue.author === desired.author)
    .map((issue) => ({ issue, state: readBlock(issue.body, desired.marker) }))
    .filter(({ state }) => state !== null)
    .sort((a, b) => a.issue.number - b.issue.number);
  const [first, ...rest] = ours;
  const duplicates = rest.map(({ issue }) => issue).filter((issue) => issue.state === 'open');
  if (first === undefined) {
    return {
      decision: desired.content === null ? { kind: 'none', issue: null } : { kind: 'create' },
      duplicates,
    };
  }
  const { issue, state } = first;
  if (desired.content === null) {
    return { decision: { kind: issue.state === 'open' ? 'close' : 'none', issue }, duplicates };
  }
  if (issue.state === 'closed') return { decision: { kind: 'reopen', issue }, duplicates };
  const same = state?.intact === true && state.content === desired.content;
  return { decision: { kind: same ? 'none' : 'update', issue }, duplicates };
}
