import type { Json } from '../json-schema.ts';
import type { Store, StoredComment, StoredIssue, StoredLabel } from '../store.ts';

/** Where links point to. */
export interface RenderContext {
  readonly store: Store;
  readonly baseUrl: string;
}

type JsonObject = { [key: string]: Json };

/** A user or bot as GitHub shows it. */
export function renderUser(login: string, baseUrl: string): JsonObject {
  const url = `${baseUrl}/users/${encodeURIComponent(login)}`;
  const links = [
    'followers',
    'following',
    'gists',
    'starred',
    'subscriptions',
    'repos',
    'events',
    'received_events',
  ];
  return {
    login,
    id: numberOf(login),
    node_id: `U_${numberOf(login)}`,
    avatar_url: `${url}/avatar`,
    gravatar_id: '',
    url,
    html_url: url,
    organizations_url: `${url}/orgs`,
    ...Object.fromEntries(links.map((name) => [`${name}_url`, `${url}/${name}`])),
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

/** A label as GitHub shows it. */
export function renderLabel(label: StoredLabel, { store, baseUrl }: RenderContext): JsonObject {
  return {
    id: label.id,
    node_id: `LA_${label.id}`,
    url: `${repositoryUrl({ store, baseUrl })}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  };
}

/** A comment as GitHub shows it. */
export function renderComment(comment: StoredComment, context: RenderContext): JsonObject {
  const repository = repositoryUrl(context);
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url: `${repository}/issues/comments/${comment.id}`,
    html_url: `${repository}/issues/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${repository}/issues/${comment.issue}`,
    body: comment.body,
    user: renderUser(comment.author, context.baseUrl),
    created_at: comment.createdAt.toISOString(),
    updated_at: comment.updatedAt.toISOString(),
    author_association: 'NONE',
  };
}

/** An issue as GitHub shows it; a pull request carries the `pull_request` key. */
export function renderIssue(issue: StoredIssue, context: RenderContext): JsonObject {
  const url = `${repositoryUrl(context)}/issues/${issue.number}`;
  return {
    ...renderCommon(issue, context),
    url,
    html_url: url,
    state_reason: issue.stateReason,
    labels: issue.labels.map((name) => renderLabelByName(name, context)),
    comments: countComments(issue, context),
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    labels_url: `${url}/labels{/name}`,
    repository_url: repositoryUrl(context),
    author_association: 'NONE',
    ...(issue.pullRequest === null ? {} : { pull_request: pullRequestLinks(issue.number, context) }),
  };
}

/** What issues and pull requests have in common. */
export function renderCommon(issue: StoredIssue, { baseUrl }: RenderContext): JsonObject {
  return {
    id: issue.id,
    node_id: `I_${issue.id}`,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    locked: false,
    user: renderUser(issue.author, baseUrl),
    assignee: null,
    milestone: null,
    created_at: issue.createdAt.toISOString(),
    updated_at: issue.updatedAt.toISOString(),
    closed_at: issue.closedAt?.toISOString() ?? null,
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
export function countComments(issue: StoredIssue, { store }: RenderContext): number {
  return [...store.comments.values()].filter((comment) => comment.issue === issue.number).length;
}

/** URL of the repository in the API. */
export function repositoryUrl({ store, baseUrl }: RenderContext): string {
  return `${baseUrl}/repos/${store.owner}/${store.repo}`;
}

function pullRequestLinks(number: number, context: RenderContext): JsonObject {
  const url = `${repositoryUrl(context)}/pulls/${number}`;
  return { url, html_url: url, diff_url: `${url}.diff`, patch_url: `${url}.patch`, merged_at: null };
}

/** A stable number for a login, so that ids look like ids. */
function numberOf(login: string): number {
  return [...login].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 100_000_007, 7);
}
