import type { Json } from '../json-schema.ts';
import type {
  DeploymentStatusState,
  StoredDeployment,
  StoredDeploymentStatus,
} from '../state/deployments.ts';
import { type Store, takeId } from '../store.ts';

/** A deployment to be. */
export interface NewDeployment {
  readonly ref: string;
  readonly sha: string;
  readonly environment: string;
  readonly creator: string;
  readonly task?: string | undefined;
  readonly payload?: Json | undefined;
  readonly description?: string | null | undefined;
  readonly transient?: boolean | undefined;
  /** Default: whether the environment is called `production`. */
  readonly production?: boolean | undefined;
}

/** Makes a deployment; nothing is known about it yet. */
export function addDeployment(store: Store, fresh: NewDeployment): StoredDeployment {
  const now = store.now();
  const deployment: StoredDeployment = {
    id: takeId(store),
    ref: fresh.ref,
    sha: fresh.sha,
    task: fresh.task ?? 'deploy',
    environment: fresh.environment,
    payload: fresh.payload ?? {},
    description: fresh.description ?? null,
    creator: fresh.creator,
    transient: fresh.transient ?? false,
    production: fresh.production ?? fresh.environment === 'production',
    createdAt: now,
    updatedAt: now,
    statuses: [],
  };
  store.deployments.set(deployment.id, deployment);
  return deployment;
}

/** A status to be. */
export interface NewDeploymentStatus {
  readonly state: DeploymentStatusState;
  readonly creator: string;
  readonly description?: string | undefined;
  readonly logUrl?: string | undefined;
  readonly environmentUrl?: string | undefined;
  readonly environment?: string | undefined;
  readonly autoInactive: boolean;
}

/** Adds a status; a success makes the successes before it in the same environment inactive, if asked to. */
export function addDeploymentStatus(
  store: Store,
  deployment: StoredDeployment,
  fresh: NewDeploymentStatus,
): StoredDeploymentStatus {
  const environment = fresh.environment ?? deployment.environment;
  const status: StoredDeploymentStatus = {
    id: takeId(store),
    state: fresh.state,
    creator: fresh.creator,
    description: fresh.description ?? '',
    environment,
    logUrl: fresh.logUrl ?? '',
    environmentUrl: fresh.environmentUrl ?? '',
    createdAt: store.now(),
  };
  deployment.statuses.push(status);
  deployment.updatedAt = status.createdAt;
  if (fresh.state === 'success' && fresh.autoInactive) retireOlder(store, deployment, environment);
  return status;
}

// "Adds a new inactive status to all prior non-transient, non-production environment deployments with the same repository
// and environment name." https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status
function retireOlder(store: Store, newest: StoredDeployment, environment: string): void {
  const older = [...store.deployments.values()].filter(
    (each) =>
      each.id < newest.id &&
      each.environment === environment &&
      !each.transient &&
      !each.production &&
      each.statuses.at(-1)?.state === 'success',
  );
  for (const deployment of older) {
    addDeploymentStatus(store, deployment, {
      state: 'inactive',
      creator: newest.creator,
      autoInactive: false,
    });
  }
}
