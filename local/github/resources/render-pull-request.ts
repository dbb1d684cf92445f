import type { JsonObject } from '../json-schema.ts';
import type { StoredFile } from '../state/commits.ts';
import type { StoredIssue, StoredPullRequest } from '../state/issues.ts';
import {
  countComments,
  htmlUrl,
  instantOrNull,
  type RenderContext,
  renderCommon,
  renderUser,
  repositoryUrl,
} from './render.ts';
import { renderRepository } from './render-repository.ts';

/** A pull request as lists show it. */
export function renderSimplePullRequest(
  issue: StoredIssue,
  pullRequest: StoredPullRequest,
  context: RenderContext,
): JsonObject {
  const { store } = context;
  const url = `${repositoryUrl(context)}/pulls/${issue.number}`;
  const html = `${htmlUrl(context)}/pull/${issue.number}`;
  const issueUrl = `${repositoryUrl(context)}/issues/${issue.number}`;
  const links = {
    self: url,
    html,
    issue: issueUrl,
    comments: `${issueUrl}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${repositoryUrl(context)}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${repositoryUrl(context)}/statuses/${pullRequest.headSha}`,
  };
  return {
    ...renderCommon(issue, context),
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl,
    comments_url: links.comments,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    statuses_url: links.statuses,
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    head: renderEnd(context, {
      repository: pullRequest.headRepository,
      ref: pullRequest.headRef,
      sha: pullRequest.headSha,
    }),
    base: renderEnd(context, {
      repository: `${store.owner}/${store.repo}`,
      ref: pullRequest.baseRef ?? store.defaultBranch,
      sha: pullRequest.baseSha,
    }),
    auto_merge: null,
    draft: pullRequest.draft ?? false,
    merge_commit_sha: pullRequest.mergedAt == null ? null : pullRequest.headSha,
    merged_at: instantOrNull(pullRequest.mergedAt),
    requested_reviewers: [],
    requested_teams: [],
  };
}

/** A pull request as GitHub shows it. */
export function renderPullRequest(
  issue: StoredIssue,
  pullRequest: StoredPullRequest,
  context: RenderContext,
): JsonObject {
  const sum = (count: (file: StoredFile) => number): number =>
    pullRequest.files.reduce((total, file) => total + count(file), 0);
  return {
    ...renderSimplePullRequest(issue, pullRequest, context),
    merged: pullRequest.mergedAt != null,
    merged_by: pullRequest.mergedBy === undefined ? null : renderUser(pullRequest.mergedBy, context),
    mergeable: true,
    mergeable_state: 'clean',
    rebaseable: true,
    maintainer_can_modify: false,
    additions: sum((file) => file.additions),
    deletions: sum((file) => file.deletions),
    changed_files: pullRequest.files.length,
    comments: countComments(issue, context),
    review_comments: 0,
    commits: 1,
  };
}

interface End {
  readonly repository: string;
  readonly ref: string;
  readonly sha: string;
}

function renderEnd(context: RenderContext, { repository, ref, sha }: End): JsonObject {
  const [owner = ''] = repository.split('/');
  return {
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: renderUser(owner, context),
    repo: renderRepository(repository, context),
  };
}

/** A changed file as GitHub shows it. */
export function renderFile(file: StoredFile, headSha: string, context: RenderContext): JsonObject {
  const path = file.filename.split('/').map(encodeURIComponent).join('/');
  return {
    sha: null,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${htmlUrl(context)}/blob/${headSha}/${path}`,
    raw_url: `${htmlUrl(context)}/raw/${headSha}/${path}`,
    contents_url: `${repositoryUrl(context)}/contents/${path}?ref=${headSha}`,
  };
}
