import type { Json, JsonObject } from '../json-schema.ts';
import type { StoredComment, StoredIssue, StoredLabel } from '../state/issues.ts';
import { associationOf, ensureUser } from '../state/people.ts';
import type { Store } from '../store.ts';
import { reactionCounts } from './render-reaction.ts';

/** Where links point to. */
export interface RenderContext {
  readonly store: Store;
  /** Base of the API, without a slash at the end. */
  readonly baseUrl: string;
}

/** A moment as GitHub writes it: to the second. */
export function instant(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** The same for what may not have happened. */
export function instantOrNull(date: Date | null | undefined): string | null {
  return date == null ? null : instant(date);
}

const USER_LINKS = ['followers', 'subscriptions', 'repos', 'received_events'];
const USER_TEMPLATES = {
  following: '{/other_user}',
  gists: '{/gist_id}',
  starred: '{/owner}{/repo}',
  events: '{/privacy}',
};

/** A user, bot or organization as GitHub shows it. */
export function renderUser(login: string, { store, baseUrl }: RenderContext): JsonObject {
  const user = ensureUser(store, login);
  const url = `${baseUrl}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: `U_${user.id}`,
    avatar_url: `${url}/avatar`,
    gravatar_id: '',
    url,
    html_url: `${baseUrl}/${encodeURIComponent(user.login)}`,
    organizations_url: `${url}/orgs`,
    ...Object.fromEntries(USER_LINKS.map((name) => [`${name}_url`, `${url}/${name}`])),
    ...Object.fromEntries(
      Object.entries(USER_TEMPLATES).map(([name, rest]) => [`${name}_url`, `${url}/${name}${rest}`]),
    ),
    type: user.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** A label as GitHub shows it. */
export function renderLabel(label: StoredLabel, context: RenderContext): JsonObject {
  return {
    id: label.id,
    node_id: `LA_${label.id}`,
    url: `${repositoryUrl(context)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  };
}

/** A comment as GitHub shows it. */
export function renderComment(comment: StoredComment, context: RenderContext): JsonObject {
  const repository = repositoryUrl(context);
  const url = `${repository}/issues/comments/${comment.id}`;
  const kind = context.store.issues.get(comment.issue)?.pullRequest == null ? 'issues' : 'pull';
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url,
    html_url: `${htmlUrl(context)}/${kind}/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${repository}/issues/${comment.issue}`,
    body: comment.body,
    user: renderUser(comment.author, context),
    created_at: instant(comment.createdAt),
    updated_at: instant(comment.updatedAt),
    author_association: associationOf(context.store, comment.author),
    performed_via_github_app: null,
    reactions: reactionCounts({ comment: comment.id }, `${url}/reactions`, context),
  };
}

/** An issue as GitHub shows it; a pull request carries the `pull_request` key. */
export function renderIssue(issue: StoredIssue, context: RenderContext): JsonObject {
  const url = `${repositoryUrl(context)}/issues/${issue.number}`;
  const kind = issue.pullRequest === null ? 'issues' : 'pull';
  return {
    ...renderCommon(issue, context),
    url,
    html_url: `${htmlUrl(context)}/${kind}/${issue.number}`,
    state_reason: issue.stateReason,
    closed_by: issue.closedBy === null ? null : renderUser(issue.closedBy, context),
    comments: countComments(issue, context),
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    labels_url: `${url}/labels{/name}`,
    timeline_url: `${url}/timeline`,
    repository_url: repositoryUrl(context),
    performed_via_github_app: null,
    reactions: reactionCounts({ issue: issue.number }, `${url}/reactions`, context),
    ...(issue.pullRequest === null ? {} : { draft: issue.pullRequest.draft ?? false }),
    ...(issue.pullRequest === null ? {} : { pull_request: pullRequestLinks(issue, context) }),
  };
}

/** What issues and pull requests have in common. */
export function renderCommon(issue: StoredIssue, context: RenderContext): JsonObject {
  const assignees = issue.assignees.map((login): Json => renderUser(login, context));
  return {
    id: issue.id,
    node_id: `I_${issue.id}`,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    locked: issue.locked,
    active_lock_reason: issue.lockReason,
    user: renderUser(issue.author, context),
    labels: issue.labels.map((name) => renderLabelByName(name, context)),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    author_association: associationOf(context.store, issue.author),
    created_at: instant(issue.createdAt),
    updated_at: instant(issue.updatedAt),
    closed_at: instantOrNull(issue.closedAt),
  };
}

/** A label by the name an issue carries. */
export function renderLabelByName(name: string, context: RenderContext): JsonObject {
  const label = context.store.labels.get(name.toLowerCase());
  if (label === undefined)
    throw new Error(`an issue carries the label ${name}, which the repository does not have`);
  return renderLabel(label, context);
}

/** How many comments an issue has. */
export function countComments(issue: StoredIssue, { store }: Pick<RenderContext, 'store'>): number {
  return [...store.comments.values()].filter((comment) => comment.issue === issue.number).length;
}

/** URL of the repository in the API. */
export function repositoryUrl({ store, baseUrl }: RenderContext): string {
  return `${baseUrl}/repos/${store.owner}/${store.repo}`;
}

/** URL of the repository for people. */
export function htmlUrl({ store, baseUrl }: RenderContext): string {
  return `${baseUrl}/${store.owner}/${store.repo}`;
}

function pullRequestLinks(issue: StoredIssue, context: RenderContext): JsonObject {
  const html = `${htmlUrl(context)}/pull/${issue.number}`;
  return {
    url: `${repositoryUrl(context)}/pulls/${issue.number}`,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    merged_at: instantOrNull(issue.pullRequest?.mergedAt),
  };
}
