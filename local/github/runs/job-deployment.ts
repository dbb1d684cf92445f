import { addDeployment, addDeploymentStatus } from '../acts/deployments.ts';
import type { DeploymentStatusState } from '../state/deployments.ts';
import type { Conclusion, StoredJob } from '../state/runs.ts';
import type { Store } from '../store.ts';
import { ACTIONS_LOGIN } from '../tokens.ts';
import { findRun } from './run-life.ts';

/** The deployment GitHub makes for a job that enters an environment. */
export function deployForJob(store: Store, job: StoredJob, environment: string): void {
  const run = findRun(store, job.runId);
  const deployment = addDeployment(store, {
    ref: run.headBranch ?? run.ref,
    sha: run.headSha,
    environment,
    creator: run.actor,
  });
  job.deploymentId = deployment.id;
  say(store, job, 'waiting');
}

/** The job runs, so its deployment is in progress. */
export function startDeployment(store: Store, job: StoredJob): void {
  say(store, job, 'in_progress');
}

/** What the end of a job makes of its deployment. */
export function settleDeployment(store: Store, job: StoredJob, environmentUrl?: string): void {
  say(store, job, stateAfter(job.conclusion), environmentUrl);
}

function stateAfter(conclusion: Conclusion | null): DeploymentStatusState {
  switch (conclusion) {
    case 'success':
      return 'success';
    case 'skipped':
    case 'neutral':
      return 'inactive';
    case 'cancelled':
      return 'error';
    default:
      return 'failure';
  }
}

function say(store: Store, job: StoredJob, state: DeploymentStatusState, environmentUrl?: string): void {
  const deployment = store.deployments.get(job.deploymentId ?? 0);
  if (deployment === undefined) return;
  const url = `https://github.com/${store.owner}/${store.repo}/actions/runs/${job.runId}/job/${job.id}`;
  addDeploymentStatus(store, deployment, {
    state,
    creator: ACTIONS_LOGIN,
    logUrl: url,
    environmentUrl,
    autoInactive: true,
  });
}
