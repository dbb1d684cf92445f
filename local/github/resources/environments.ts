import { notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { StoredEnvironment } from '../state/environments.ts';
import { accountId } from '../state/people.ts';
import { renderEnvironment } from './render-environment.ts';

const readsActions = () => [{ scope: 'actions', level: 'read' } as const];

/** Environments and what protects them. */
export const environments = {
  'repos/get-all-environments': {
    needs: readsActions,
    handle: (request) => ({
      status: 200,
      pageName: 'environments',
      page: [...request.store.environments.values()].map((each) => renderEnvironment(each, request)),
    }),
  },
  'repos/get-environment': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: renderEnvironment(environmentOf(request), request) }),
  },
  'repos/list-deployment-branch-policies': {
    needs: readsActions,
    handle: (request) => {
      const { branches } = environmentOf(request);
      const patterns = typeof branches === 'string' ? [] : branches;
      return {
        status: 200,
        pageName: 'branch_policies',
        page: patterns.map((name) => ({ id: accountId(name), node_id: `BP_${name}`, name, type: 'branch' })),
      };
    },
  },
} satisfies Handlers;

/** The environment a path names. @throws GitHubError 404 */
export function environmentOf({ store, parameters }: HandledRequest): StoredEnvironment {
  const name = decodeURIComponent(parameters.environment_name ?? '');
  const environment = store.environments.get(name.toLowerCase());
  if (environment === undefined) throw notFound();
  return environment;
}
