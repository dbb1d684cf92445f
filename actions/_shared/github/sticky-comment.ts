import type { GitHubClient } from './client.ts';
import { type DesiredComment, decideComment } from './decide-comment.ts';
import { createComment, deleteComment, listComments, updateComment } from './issue-comments.ts';
import { markText } from './marked-text.ts';
import { readHeadSha } from './pull-request.ts';
import { isForbidden, mayHaveHappened } from './request-failure.ts';

/** What became of the comment. */
export type CommentOutcome =
  | { readonly kind: 'created' | 'updated'; readonly url: string }
  | { readonly kind: 'unchanged' | 'stale' | 'nothing_to_say'; readonly url: string | null }
  | { readonly kind: 'forbidden' };

/**
 * Keeps one comment of a pull request equal to a text: found by marker and author over all pages, written only when
 * what it says changed, never over a comment about a newer commit.
 *
 * @returns `forbidden` when the token may not comment (forks, Dependabot); any other failure is thrown
 */
export async function keepComment(
  client: GitHubClient,
  comment: DesiredComment & { readonly number: number; readonly visible: string },
): Promise<CommentOutcome> {
  try {
    return await keep(client, comment);
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden' };
    if (!mayHaveHappened(error)) throw error;
    // The answer to our write was lost: what is there now decides, so that there is never a second comment.
    return keep(client, comment);
  }
}

async function keep(
  client: GitHubClient,
  comment: DesiredComment & { readonly number: number; readonly visible: string },
): Promise<CommentOutcome> {
  const existing = await listComments(client, comment.number);
  const currentHead = await readHeadSha(client, comment.number);
  const decision = decideComment(existing, { desired: comment, currentHead });
  const body = markText(comment);
  switch (decision.kind) {
    case 'keep':
      return { kind: decision.why, url: decision.url };
    case 'create':
      return { kind: 'created', url: (await createComment(client, { number: comment.number, body })).url };
    case 'update': {
      const updated = await updateComment(client, { id: decision.comment.id, body });
      for (const duplicate of decision.duplicates) await deleteComment(client, duplicate.id);
      return { kind: 'updated', url: updated.url };
    }
  }
}
