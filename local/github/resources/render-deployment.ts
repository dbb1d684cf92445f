import type { JsonObject } from '../json-schema.ts';
import type { StoredDeployment, StoredDeploymentStatus } from '../state/deployments.ts';
import { instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';

/** A deployment as GitHub shows it. */
export function renderDeployment(deployment: StoredDeployment, context: RenderContext): JsonObject {
  const url = deploymentUrl(deployment, context);
  return {
    url,
    id: deployment.id,
    node_id: `DE_${deployment.id}`,
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.statuses.at(-1)?.environment ?? deployment.environment,
    description: deployment.description,
    creator: renderUser(deployment.creator, context),
    created_at: instant(deployment.createdAt),
    updated_at: instant(deployment.updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(context),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: null,
  };
}

/** What became of a deployment, as GitHub shows it. */
export function renderDeploymentStatus(
  status: StoredDeploymentStatus,
  { deployment, context }: { readonly deployment: StoredDeployment; readonly context: RenderContext },
): JsonObject {
  const url = deploymentUrl(deployment, context);
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: `DES_${status.id}`,
    // GitHub's description does not know `waiting`, which only runs before a gate have.
    state: status.state === 'waiting' ? 'pending' : status.state,
    creator: renderUser(status.creator, context),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    ...(status.logUrl === '' ? {} : { log_url: status.logUrl }),
    ...(status.environmentUrl === '' ? {} : { environment_url: status.environmentUrl }),
    created_at: instant(status.createdAt),
    updated_at: instant(status.createdAt),
    deployment_url: url,
    repository_url: repositoryUrl(context),
    performed_via_github_app: null,
  };
}

function deploymentUrl(deployment: StoredDeployment, context: RenderContext): string {
  return `${repositoryUrl(context)}/deployments/${deployment.id}`;
}
