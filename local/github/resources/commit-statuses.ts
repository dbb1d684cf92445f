import * as z from 'zod';
import { notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { JsonObject } from '../json-schema.ts';
import type { StoredCommitStatus } from '../state/checks.ts';
import { resolveCommit } from '../state/commits.ts';
import { type Store, takeId } from '../store.ts';
import { parseBody } from './bodies.ts';
import { instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';
import { renderMinimalRepository } from './render-repository.ts';

const NewStatus = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  target_url: z.string().nullish(),
  description: z.string().max(140).nullish(),
  context: z.string().default('default'),
});
const reads = () => [{ scope: 'statuses', level: 'read' } as const];

/** Statuses of commits. */
export const commitStatuses = {
  'repos/create-commit-status': {
    needs: () => [{ scope: 'statuses', level: 'write' }],
    handle: (request) => {
      const { store, identity } = request;
      const fresh = parseBody(NewStatus, { body: request.body, resource: 'Status' });
      const status: StoredCommitStatus = {
        id: takeId(store),
        sha: shaOf(request, 'sha'),
        state: fresh.state,
        context: fresh.context,
        description: fresh.description ?? null,
        targetUrl: fresh.target_url ?? null,
        creator: identity.login,
        createdAt: store.now(),
      };
      store.commitStatuses.push(status);
      return { status: 201, body: renderStatus(status, request) };
    },
  },
  'repos/list-commit-statuses-for-ref': {
    needs: reads,
    handle: (request) => {
      const sha = shaOf(request, 'ref');
      const statuses = request.store.commitStatuses.filter((each) => each.sha === sha);
      return { status: 200, page: statuses.reverse().map((each) => renderStatus(each, request)) };
    },
  },
  'repos/get-combined-status-for-ref': {
    needs: reads,
    handle: (request) => {
      const sha = shaOf(request, 'ref');
      const statuses = latestStatuses(request.store, sha);
      const commit = `${repositoryUrl(request)}/commits/${sha}`;
      return {
        status: 200,
        body: {
          sha,
          state: statuses.length === 0 ? 'pending' : combinedState(request.store, sha),
          statuses: statuses.map((each) => renderStatus(each, request)),
          total_count: statuses.length,
          repository: renderMinimalRepository(`${request.store.owner}/${request.store.repo}`, request),
          commit_url: commit,
          url: `${commit}/status`,
        },
      };
    },
  },
} satisfies Handlers;

/** The commit a path names. @throws GitHubError 404 */
function shaOf({ store, parameters }: HandledRequest, parameter: string): string {
  const commit = resolveCommit(store, decodeURIComponent(parameters[parameter] ?? ''));
  if (commit === null) throw notFound();
  return commit.sha;
}

function latestStatuses(store: Store, sha: string): StoredCommitStatus[] {
  const of = store.commitStatuses.filter((each) => each.sha === sha);
  return [...new Map(of.map((each) => [each.context, each])).values()];
}

/** `success` when every context (or every named one) is well; named ones nobody reported are missing. */
export function combinedState(
  store: Store,
  sha: string,
  named?: readonly string[],
): 'success' | 'failure' | 'pending' {
  const latest = latestStatuses(store, sha);
  const states =
    named?.map((context) => latest.find((each) => each.context === context)?.state ?? 'pending') ??
    latest.map((each) => each.state);
  if (states.some((state) => state === 'error' || state === 'failure')) return 'failure';
  return states.includes('pending') ? 'pending' : 'success';
}

function renderStatus(status: StoredCommitStatus, context: RenderContext): JsonObject {
  const creator = renderUser(status.creator, context);
  return {
    url: `${repositoryUrl(context)}/statuses/${status.sha}`,
    avatar_url: creator.avatar_url ?? null,
    id: status.id,
    node_id: `SC_${status.id}`,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: instant(status.createdAt),
    updated_at: instant(status.createdAt),
    creator,
  };
}
