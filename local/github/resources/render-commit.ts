import type { JsonObject } from '../json-schema.ts';
import type { Signature, StoredCommit } from '../state/commits.ts';
import { htmlUrl, instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';

/** A commit as the commits API shows it. */
export function renderCommit(commit: StoredCommit, context: RenderContext): JsonObject {
  const link = (sha: string): string => `${repositoryUrl(context)}/commits/${sha}`;
  const url = link(commit.sha);
  const account = commit.login === null ? null : renderUser(commit.login, context);
  return {
    url,
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    html_url: `${htmlUrl(context)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      author: renderSignature(commit.author),
      committer: renderSignature(commit.committer),
      comment_count: 0,
      message: commit.message,
      tree: { sha: commit.tree, url: `${repositoryUrl(context)}/git/trees/${commit.tree}` },
      url: `${repositoryUrl(context)}/git/commits/${commit.sha}`,
      verification: UNSIGNED,
    },
    author: account,
    committer: account,
    parents: commit.parents.map((sha) => ({
      sha,
      url: link(sha),
      html_url: `${htmlUrl(context)}/commit/${sha}`,
    })),
  };
}

/** Nobody signs here. */
export const UNSIGNED: JsonObject = {
  verified: false,
  reason: 'unsigned',
  signature: null,
  payload: null,
  verified_at: null,
};

/** Who and when, as git data has it. */
export function renderSignature({ name, email, date }: Signature): JsonObject {
  return { name, email, date: instant(date) };
}

/** A commit as git data shows it. */
export function renderGitCommit(commit: StoredCommit, context: RenderContext): JsonObject {
  const git = `${repositoryUrl(context)}/git`;
  const html = (sha: string): string => `${htmlUrl(context)}/commit/${sha}`;
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${git}/commits/${commit.sha}`,
    html_url: html(commit.sha),
    author: renderSignature(commit.author),
    committer: renderSignature(commit.committer),
    message: commit.message,
    tree: { sha: commit.tree, url: `${git}/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({ sha, url: `${git}/commits/${sha}`, html_url: html(sha) })),
    verification: UNSIGNED,
  };
}

/** A commit inside a push event or a run. */
export function renderSimpleCommit(commit: StoredCommit): JsonObject {
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: instant(commit.committer.date),
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  };
}
