import type { Json } from '../json-schema.ts';
import type { StoredCommit } from '../store.ts';
import { type RenderContext, repositoryUrl } from './render.ts';

/** A commit as GitHub shows it; who wrote it is nobody's concern here. */
export function renderCommit(commit: StoredCommit, context: RenderContext): { [key: string]: Json } {
  const link = (sha: string): string => `${repositoryUrl(context)}/commits/${sha}`;
  const url = link(commit.sha);
  const author = { name: 'Alice', email: 'alice@example.test', date: '2026-01-01T00:00:00Z' };
  return {
    url,
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    html_url: url,
    comments_url: `${url}/comments`,
    commit: {
      author,
      committer: author,
      comment_count: 0,
      message: 'Change something',
      tree: { sha: commit.sha, url: `${repositoryUrl(context)}/git/trees/${commit.sha}` },
      url,
    },
    author: null,
    committer: null,
    parents:
      commit.parent === null
        ? []
        : [{ sha: commit.parent, url: link(commit.parent), html_url: link(commit.parent) }],
  };
}
