import * as z from 'zod';
import { addDeployment, addDeploymentStatus } from '../acts/deployments.ts';
import { GitHubError, notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import { resolveCommit } from '../state/commits.ts';
import { DEPLOYMENT_STATES, type StoredDeployment } from '../state/deployments.ts';
import type { Store } from '../store.ts';
import { parseBody } from './bodies.ts';
import { combinedState } from './commit-statuses.ts';
import { renderDeployment, renderDeploymentStatus } from './render-deployment.ts';

const NewDeployment = z.object({
  ref: z.string().min(1),
  task: z.string().optional(),
  required_contexts: z.array(z.string()).optional(),
  payload: z.union([z.string(), z.record(z.string(), z.json())]).optional(),
  environment: z.string().default('production'),
  description: z.string().max(140).nullish(),
  transient_environment: z.boolean().optional(),
  production_environment: z.boolean().optional(),
});
const NewStatus = z.object({
  state: z.enum(DEPLOYMENT_STATES),
  target_url: z.string().optional(),
  log_url: z.string().optional(),
  description: z.string().max(140).optional(),
  environment: z.string().optional(),
  environment_url: z.string().optional(),
  auto_inactive: z.boolean().default(true),
});

const reads = () => [{ scope: 'deployments', level: 'read' } as const];
const writes = () => [{ scope: 'deployments', level: 'write' } as const];

/** What was put where, and how it went. */
export const deployments = {
  'repos/list-deployments': {
    needs: reads,
    handle: (request) => ({
      status: 200,
      page: selectDeployments(request).map((each) => renderDeployment(each, request)),
    }),
  },
  'repos/get-deployment': {
    needs: reads,
    handle: (request) => ({ status: 200, body: renderDeployment(deploymentOf(request), request) }),
  },
  'repos/create-deployment': {
    needs: writes,
    handle: (request) => {
      const fresh = parseBody(NewDeployment, { body: request.body, resource: 'Deployment' });
      const commit = resolveCommit(request.store, fresh.ref);
      if (commit === null) throw new GitHubError(422, `No ref found for: ${fresh.ref}`);
      checkContexts(request.store, { sha: commit.sha, required: fresh.required_contexts });
      const deployment = addDeployment(request.store, {
        ...fresh,
        sha: commit.sha,
        creator: request.identity.login,
        transient: fresh.transient_environment,
        production: fresh.production_environment,
      });
      return { status: 201, body: renderDeployment(deployment, request) };
    },
  },
  'repos/list-deployment-statuses': {
    needs: reads,
    handle: (request) => {
      const deployment = deploymentOf(request);
      return {
        status: 200,
        page: deployment.statuses
          .toReversed()
          .map((status) => renderDeploymentStatus(status, { deployment, context: request })),
      };
    },
  },
  'repos/create-deployment-status': {
    needs: writes,
    handle: (request) => {
      const deployment = deploymentOf(request);
      const fresh = parseBody(NewStatus, { body: request.body, resource: 'DeploymentStatus' });
      const status = addDeploymentStatus(request.store, deployment, {
        state: fresh.state,
        creator: request.identity.login,
        description: fresh.description,
        logUrl: fresh.log_url ?? fresh.target_url,
        environmentUrl: fresh.environment_url,
        environment: fresh.environment,
        autoInactive: fresh.auto_inactive,
      });
      return { status: 201, body: renderDeploymentStatus(status, { deployment, context: request }) };
    },
  },
} satisfies Handlers;

function deploymentOf({ store, parameters }: HandledRequest): StoredDeployment {
  const deployment = store.deployments.get(Number(parameters.deployment_id));
  if (deployment === undefined) throw notFound();
  return deployment;
}

/** Newest first, with the filters GitHub has. */
function selectDeployments({ store, query }: HandledRequest): StoredDeployment[] {
  const agrees = (name: string, value: string): boolean =>
    ['none', value].includes(query.get(name) ?? 'none');
  return [...store.deployments.values()]
    .filter(
      ({ sha, ref, task, environment }) =>
        agrees('sha', sha) &&
        agrees('ref', ref) &&
        agrees('task', task) &&
        agrees('environment', environment),
    )
    .reverse();
}

/** Every status of the commit has to be well, or the named ones. @throws GitHubError 409 */
function checkContexts(
  store: Store,
  { sha, required }: { readonly sha: string; readonly required: readonly string[] | undefined },
): void {
  if (combinedState(store, sha, required) === 'success') return;
  throw new GitHubError(409, `Conflict: Commit status checks failed for ${sha}.`);
}
