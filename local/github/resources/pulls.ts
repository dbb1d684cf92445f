import { notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { StoredIssue, StoredPullRequest } from '../store.ts';
import { findIssue } from './find.ts';
import { renderFile, renderPullRequest } from './render-pull-request.ts';

/** Pull requests. */
export const pulls: Handlers = {
  'pulls/get': {
    needs: () => [{ scope: 'pull-requests', level: 'read' }],
    handle: (request) => {
      const { issue, pullRequest } = findPullRequest(request);
      return { status: 200, body: renderPullRequest(issue, pullRequest, request) };
    },
  },
  'pulls/list-files': {
    needs: () => [{ scope: 'pull-requests', level: 'read' }],
    handle: (request) => {
      const { pullRequest } = findPullRequest(request);
      return {
        status: 200,
        page: pullRequest.files.map((file) => renderFile(file, pullRequest.headSha, request)),
      };
    },
  },
};

function findPullRequest(request: HandledRequest): {
  readonly issue: StoredIssue;
  readonly pullRequest: StoredPullRequest;
} {
  const issue = findIssue(request);
  if (issue.pullRequest === null) throw notFound();
  return { issue, pullRequest: issue.pullRequest };
}
