import type { Json } from '../json-schema.ts';
import type { StoredFile, StoredIssue, StoredPullRequest } from '../store.ts';
import {
  countComments,
  type RenderContext,
  renderCommon,
  renderLabelByName,
  renderUser,
  repositoryUrl,
} from './render.ts';
import { renderRepository } from './render-repository.ts';

type JsonObject = { [key: string]: Json };

/** A pull request as GitHub shows it. */
export function renderPullRequest(
  issue: StoredIssue,
  pullRequest: StoredPullRequest,
  context: RenderContext,
): JsonObject {
  const { store, baseUrl } = context;
  const own = `${store.owner}/${store.repo}`;
  const url = `${repositoryUrl(context)}/pulls/${issue.number}`;
  const issueUrl = `${repositoryUrl(context)}/issues/${issue.number}`;
  const branch = (fullName: string, ref: string, sha: string): JsonObject => ({
    label: `${fullName.split('/')[0]}:${ref}`,
    ref,
    sha,
    user: renderUser(fullName.split('/')[0] ?? '', baseUrl),
    repo: renderRepository(fullName, { baseUrl, fork: fullName !== own }),
  });
  const sum = (count: (file: StoredFile) => number): number =>
    pullRequest.files.reduce((total, file) => total + count(file), 0);
  const links = {
    self: url,
    html: url,
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
    html_url: url,
    diff_url: `${url}.diff`,
    patch_url: `${url}.patch`,
    issue_url: issueUrl,
    comments_url: links.comments,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    statuses_url: links.statuses,
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    labels: issue.labels.map((name) => renderLabelByName(name, context)),
    head: branch(pullRequest.headRepository, pullRequest.headRef, pullRequest.headSha),
    base: branch(own, 'main', pullRequest.baseSha),
    author_association: 'NONE',
    auto_merge: null,
    merge_commit_sha: null,
    merged: false,
    merged_at: null,
    merged_by: null,
    mergeable: true,
    mergeable_state: 'clean',
    maintainer_can_modify: false,
    additions: sum((file) => file.additions),
    deletions: sum((file) => file.deletions),
    changed_files: pullRequest.files.length,
    comments: countComments(issue, context),
    review_comments: 0,
    commits: 1,
  };
}

/** A changed file as GitHub shows it. */
export function renderFile(file: StoredFile, headSha: string, context: RenderContext): JsonObject {
  const path = file.filename.split('/').map(encodeURIComponent).join('/');
  const url = `${repositoryUrl(context)}/contents/${path}?ref=${headSha}`;
  return {
    sha: null,
    filename: file.filename,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: url,
    raw_url: url,
    contents_url: url,
  };
}
