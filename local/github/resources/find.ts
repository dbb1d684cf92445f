import { GitHubError, notFound } from '../github-error.ts';
import type { HandledRequest } from '../handler.ts';
import type { StoredComment, StoredIssue } from '../store.ts';
import type { Need } from '../tokens.ts';

/** The issue a path names. @throws GitHubError 404 */
export function findIssue({ store, parameters }: HandledRequest): StoredIssue {
  const issue = store.issues.get(Number(parameters.issue_number ?? parameters.pull_number));
  if (issue === undefined) throw notFound();
  return issue;
}

/** The comment a path names. @throws GitHubError 404 */
export function findComment({ store, parameters }: HandledRequest): StoredComment {
  const comment = store.comments.get(Number(parameters.comment_id));
  if (comment === undefined) throw notFound();
  return comment;
}

/** Issues and pull requests share their comments and labels: for a pull request either permission will do. */
export function needsFor(request: HandledRequest, level: Need['level']): readonly Need[] {
  const number =
    request.parameters.issue_number ??
    String(request.store.comments.get(Number(request.parameters.comment_id))?.issue);
  const isPullRequest = request.store.issues.get(Number(number))?.pullRequest != null;
  const issues: Need = { scope: 'issues', level };
  return isPullRequest ? [issues, { scope: 'pull-requests', level }] : [issues];
}

/** Only the author of a comment, or somebody with more rights than a workflow token has, edits it. */
export function checkAuthor(comment: StoredComment, login: string): void {
  if (comment.author !== login) throw new GitHubError(403, 'Resource not accessible by integration');
}
