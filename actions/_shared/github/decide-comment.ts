import type { IssueComment } from './issue-comments.ts';
import { type Marker, readMarked } from './marked-text.ts';

/** What the comment should be. */
export interface DesiredComment {
  readonly marker: Marker;
  /** Our own login; a marker in somebody else's comment means nothing. */
  readonly author: string;
  /** Commit our text speaks of. */
  readonly head: string;
  readonly content: string;
  /** Do not open a comment only to say that there is nothing to say. */
  readonly onlyUpdate: boolean;
}

/** What to do, decided from values alone. */
export type CommentDecision =
  | { readonly kind: 'create' }
  | { readonly kind: 'update'; readonly comment: IssueComment; readonly duplicates: readonly IssueComment[] }
  | {
      readonly kind: 'keep';
      readonly why: 'unchanged' | 'stale' | 'nothing_to_say';
      readonly url: string | null;
    };

/**
 * Decides what happens to the one comment of a marker.
 *
 * @param existing all comments of the pull request
 * @param currentHead the commit the pull request points at now: a text of an older commit never replaces a newer one
 */
export function decideComment(
  existing: readonly IssueComment[],
  { desired, currentHead }: { readonly desired: DesiredComment; readonly currentHead: string },
): CommentDecision {
  const ours = existing
    .map((comment) => ({ comment, state: readMarked(comment.body, desired.marker) }))
    .filter(({ comment, state }) => state !== null && comment.author === desired.author);
  const [first, ...rest] = ours;
  const url = first?.comment.url ?? null;
  if (currentHead !== desired.head) return { kind: 'keep', why: 'stale', url };
  if (first === undefined)
    return desired.onlyUpdate ? { kind: 'keep', why: 'nothing_to_say', url } : { kind: 'create' };
  const same =
    first.state?.intact === true &&
    first.state.head === desired.head &&
    first.state.content === desired.content;
  if (same && rest.length === 0) return { kind: 'keep', why: 'unchanged', url };
  return { kind: 'update', comment: first.comment, duplicates: rest.map(({ comment }) => comment) };
}
