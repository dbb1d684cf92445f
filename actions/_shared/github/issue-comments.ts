import * as z from 'zod';
import type { GitHubClient } from './client.ts';

/** A comment of an issue or pull request. */
export const IssueComment = z
  .object({
    id: z.number(),
    body: z.string().nullish(),
    html_url: z.string(),
    user: z.object({ login: z.string() }).nullable(),
  })
  .transform((comment) => ({
    id: comment.id,
    body: comment.body ?? '',
    url: comment.html_url,
    // A deleted account has no user; nobody's comment is not ours.
    author: comment.user?.login ?? null,
  }));
export type IssueComment = z.infer<typeof IssueComment>;

/** All comments of an issue or pull request, oldest first, over all pages. */
export async function listComments(
  { octokit, owner, repo }: GitHubClient,
  number: number,
): Promise<IssueComment[]> {
  const answers: unknown[] = await octokit.paginate(octokit.rest.issues.listComments, {
    owner,
    repo,
    issue_number: number,
    per_page: 100,
  });
  return z.array(IssueComment).parse(answers);
}

/** Comments of an issue that were made or edited since a moment, oldest first; at most the first hundred. */
export async function listCommentsSince(
  { octokit, owner, repo }: GitHubClient,
  asked: { readonly number: number; readonly since: Date },
): Promise<IssueComment[]> {
  const answer: unknown = (
    await octokit.rest.issues.listComments({
      owner,
      repo,
      issue_number: asked.number,
      // GitHub keeps seconds, and its clock is not ours.
      since: new Date(asked.since.getTime() - 60_000).toISOString(),
      per_page: 100,
    })
  ).data;
  return z.array(IssueComment).parse(answer);
}

/** Adds a comment. Not idempotent: after a 5xx, look before doing it again. */
export async function createComment(
  { octokit, owner, repo }: GitHubClient,
  comment: { readonly number: number; readonly body: string },
): Promise<IssueComment> {
  const answer: unknown = (
    await octokit.rest.issues.createComment({ owner, repo, issue_number: comment.number, body: comment.body })
  ).data;
  return IssueComment.parse(answer);
}

/** Replaces the body of a comment. */
export async function updateComment(
  { octokit, owner, repo }: GitHubClient,
  comment: { readonly id: number; readonly body: string },
): Promise<IssueComment> {
  const answer: unknown = (
    await octokit.rest.issues.updateComment({ owner, repo, comment_id: comment.id, body: comment.body })
  ).data;
  return IssueComment.parse(answer);
}

/** Deletes a comment. */
export async function deleteComment({ octokit, owner, repo }: GitHubClient, id: number): Promise<void> {
  await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
}
