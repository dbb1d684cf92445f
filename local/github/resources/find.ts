import { GitHubError, notFound } from '../github-error.ts';
import type { HandledRequest } from '../handler.ts';
import type { StoredComment, StoredIssue, StoredPullRequest } from '../state/issues.ts';
import { ensureUser, hasRole, type Role } from '../state/people.ts';
import { kindOf, type Need } from '../tokens.ts';

/** The issue a path names. @throws GitHubError 404, 410 when it was deleted */
export function findIssue({ store, parameters }: HandledRequest): StoredIssue {
  const number = Number(parameters.issue_number ?? parameters.pull_number);
  const issue = store.issues.get(number);
  if (issue !== undefined) return issue;
  if (store.deletedIssues.has(number)) throw new GitHubError(410, 'This issue was deleted');
  throw notFound();
}

/** The pull request a path names. @throws GitHubError 404 */
export function findPullRequest(request: HandledRequest): {
  readonly issue: StoredIssue;
  readonly pullRequest: StoredPullRequest;
} {
  const issue = findIssue(request);
  if (issue.pullRequest === null) throw notFound();
  return { issue, pullRequest: issue.pullRequest };
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

/** Role of the caller in the repository. */
export function roleOf({ store, identity }: HandledRequest): Role | null {
  return ensureUser(store, identity.login).role;
}

/** Labels, assignees, states of others' issues: for people from triage on. Apps have their permissions. */
export function mayTriage(request: HandledRequest): boolean {
  return kindOf(request.identity) !== 'person' || hasRole(roleOf(request), 'triage');
}

/** Only the author of a comment, or somebody with more rights than a workflow token has, edits it. @throws GitHubError 403 */
export function checkMayRewrite(request: HandledRequest, comment: Pick<StoredComment, 'author'>): void {
  const { login } = request.identity;
  if (comment.author.toLowerCase() === login.toLowerCase()) return;
  if (kindOf(request.identity) === 'person' && hasRole(roleOf(request), 'write')) return;
  throw new GitHubError(403, 'Resource not accessible by integration');
}
