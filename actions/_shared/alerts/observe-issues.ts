import type { AlertMarker } from './issue-marker.ts';
import type { IssueRow } from './issue-row.ts';

/** An issue of ours as a list showed it. */
export interface ListedIssue {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
  readonly marker: AlertMarker;
}

/** What a list tells that the database does not know. */
export type Observation =
  /** Opened by us, or by the database before it was restored: the row of its key shall know its number. */
  | { readonly kind: 'adopt'; readonly issue: ListedIssue }
  | { readonly kind: 'closed' | 'reopened'; readonly issue: ListedIssue }
  /** Shows what an older issue shows, or nothing any more. */
  | { readonly kind: 'surplus'; readonly issue: ListedIssue; readonly of: number | null };

/**
 * Compares a list of issues with what the database knows. A list may lag behind, so what it says of before our last write is
 * no news, and what it says of that very second is to be asked again. An issue whose number is not known is found by its
 * marker.
 *
 * @param rows current rows, and all rows whose marker is in the list
 * @param wanted keys that have a live alert
 */
export function observeIssues(world: {
  readonly listed: readonly ListedIssue[];
  readonly rows: readonly IssueRow[];
  readonly wanted: ReadonlySet<string>;
}): readonly Observation[] {
  const byMarker = new Map(world.rows.map((row) => [row.marker, row]));
  const current = new Map(world.rows.filter((row) => !row.isRetired).map((row) => [row.key, row]));
  const oldestFirst = world.listed.toSorted((a, b) => a.number - b.number);
  // Who is adopted in this very list is as good as known.
  const adopted = new Map<string, number>();

  return oldestFirst.flatMap((issue): Observation[] => {
    const row = byMarker.get(issue.marker.id);
    if (row?.number === issue.number) return row.isRetired ? [] : changedByOthers(row, issue);
    const key = row?.key ?? issue.marker.key;
    const owner = row?.isRetired === true ? row : current.get(key);
    const known = owner?.number ?? adopted.get(key) ?? null;
    if (owner?.isRetired !== true && (known === null || (known > issue.number && issue.state === 'open'))) {
      if (issue.state === 'closed' && row === undefined && !world.wanted.has(key)) return [];
      adopted.set(key, issue.number);
      const younger = known === null ? [] : surplusOf(world.listed, { number: known, of: issue.number });
      return [{ kind: 'adopt', issue }, ...younger];
    }
    return issue.state === 'open' && known !== issue.number ? [{ kind: 'surplus', issue, of: known }] : [];
  });
}

function changedByOthers(row: IssueRow, issue: ListedIssue): Observation[] {
  if (row.state === issue.state || row.attempt !== null) return [];
  if (row.changedAt !== null && issue.updatedAt < row.changedAt) return [];
  return [{ kind: issue.state === 'closed' ? 'closed' : 'reopened', issue }];
}

function surplusOf(
  listed: readonly ListedIssue[],
  { number, of }: { readonly number: number; readonly of: number },
): Observation[] {
  const issue = listed.find((each) => each.number === number && each.state === 'open');
  return issue === undefined ? [] : [{ kind: 'surplus', issue, of }];
}
