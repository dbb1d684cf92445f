import type { GitHubClient } from './client.ts';

/** Reacts to a comment. The same reaction twice is one: GitHub answers 200 instead of 201. */
export async function reactToComment(
  { octokit, owner, repo }: GitHubClient,
  reaction: { readonly commentId: number; readonly content: '+1' | '-1' | 'confused' | 'eyes' | 'rocket' },
): Promise<void> {
  const { commentId, content } = reaction;
  await octokit.rest.reactions.createForIssueComment({ owner, repo, comment_id: commentId, content });
}
