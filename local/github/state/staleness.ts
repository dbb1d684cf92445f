import type { Store } from '../store.ts';
import type { StoredComment, StoredIssue } from './issues.ts';
import type { StoredRun } from './runs.ts';

/** What lists show while they lag behind: the world as it was when the lag began. */
export interface Staleness {
  staleness: StaleView | null;
}

interface Listable {
  readonly issues: StoredIssue;
  readonly comments: StoredComment;
  readonly runs: StoredRun;
}

type Listings = { readonly [Kind in keyof Listable]: readonly Listable[Kind][] };

/** A lag: for so many lists, or until a moment. */
export interface StaleView extends Listings {
  readonly until: Date | null;
  listsLeft: number;
}

/** Remembers the world of now as what lists will show. */
export function lagFrom(store: Store, lag: { readonly lists?: number; readonly until?: Date }): void {
  store.staleness = {
    until: lag.until ?? null,
    listsLeft: lag.lists ?? Number.POSITIVE_INFINITY,
    ...structuredClone({
      issues: [...store.issues.values()],
      comments: [...store.comments.values()],
      runs: [...store.runs.values()],
    }),
  };
}

/** What a list shows: the truth, or the past while lists lag. One call is one list. */
export function listed<Kind extends keyof Listable>(store: Store, kind: Kind): readonly Listable[Kind][] {
  const view = store.staleness;
  if (view === null || view.listsLeft <= 0 || (view.until !== null && store.now() >= view.until)) {
    store.staleness = null;
    const truth: Listings = {
      issues: [...store.issues.values()],
      comments: [...store.comments.values()],
      runs: [...store.runs.values()],
    };
    return truth[kind];
  }
  view.listsLeft -= 1;
  const past: Listings = view;
  return past[kind];
}
