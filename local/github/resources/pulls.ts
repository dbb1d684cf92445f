import type { HandledRequest, Handlers } from '../handler.ts';
import type { Json } from '../json-schema.ts';
import { resolveCommit } from '../state/commits.ts';
import type { StoredIssue } from '../state/issues.ts';
import { findPullRequest } from './find.ts';
import { renderFile, renderPullRequest, renderSimplePullRequest } from './render-pull-request.ts';

const readsPulls = () => [{ scope: 'pull-requests', level: 'read' } as const];

/** Pull requests. */
export const pulls = {
  'pulls/get': {
    needs: readsPulls,
    handle: (request) => {
      const { issue, pullRequest } = findPullRequest(request);
      return { status: 200, body: renderPullRequest(issue, pullRequest, request) };
    },
  },
  'pulls/list': {
    needs: readsPulls,
    handle: (request) => ({ status: 200, page: selectPulls(request) }),
  },
  'pulls/list-files': {
    needs: readsPulls,
    handle: (request) => {
      const { pullRequest } = findPullRequest(request);
      return {
        status: 200,
        page: pullRequest.files.map((file) => renderFile(file, pullRequest.headSha, request)),
      };
    },
  },
  'repos/list-pull-requests-associated-with-commit': {
    needs: readsPulls,
    handle: (request) => {
      const sha = resolveCommit(request.store, request.parameters.commit_sha ?? '')?.sha;
      return {
        status: 200,
        page: simple(
          request,
          (issue) => issue.pullRequest?.headSha === (sha ?? request.parameters.commit_sha),
        ),
      };
    },
  },
} satisfies Handlers;

/** The filters of the list: state (default open), `head` as `owner:branch`, `base`, direction. */
function selectPulls(request: HandledRequest): Json[] {
  const { query, store } = request;
  const state = query.get('state') ?? 'open';
  const [head, base] = [query.get('head'), query.get('base')];
  const selected = simple(request, (issue) => {
    const { pullRequest } = issue;
    if (pullRequest === null || (state !== 'all' && issue.state !== state)) return false;
    const label = `${pullRequest.headRepository.split('/')[0]}:${pullRequest.headRef}`;
    return (
      (head === null || head === label) &&
      (base === null || base === (pullRequest.baseRef ?? store.defaultBranch))
    );
  });
  return query.get('direction') === 'asc' ? selected : selected.reverse();
}

function simple(request: HandledRequest, isWanted: (issue: StoredIssue) => boolean): Json[] {
  return [...request.store.issues.values()].flatMap((issue) =>
    issue.pullRequest === null || !isWanted(issue)
      ? []
      : [renderSimplePullRequest(issue, issue.pullRequest, request)],
  );
}
