import { envelope } from '../events/payloads/envelope.ts';
import { renderJob } from '../resources/render-job.ts';
import { renderRun } from '../resources/render-run.ts';
import { renderWorkflow } from '../resources/render-workflow.ts';
import { latestAttempt, type StoredJob, type StoredRun } from '../state/runs.ts';
import { ACTIONS_LOGIN } from '../tokens.ts';
import type { RunCore } from './run-table.ts';

type World = Pick<RunCore, 'store' | 'events' | 'baseUrl'>;

/** Tells `workflow_run`. */
export function tellRun(
  world: World,
  run: StoredRun,
  action: 'requested' | 'in_progress' | 'completed',
): void {
  const { store, events } = world;
  const workflow = [...store.workflows.values()].find(({ id }) => id === run.workflowId);
  const actor = latestAttempt(run).triggeringActor;
  events.tell({
    name: 'workflow_run',
    action,
    actor,
    // What a GITHUB_TOKEN dispatched may be followed by workflows that wait for its run.
    byWorkflowToken: false,
    ref: `refs/heads/${store.defaultBranch}`,
    sha: store.branches.get(store.defaultBranch) ?? run.headSha,
    payload: {
      action,
      workflow: workflow === undefined ? null : renderWorkflow(workflow, world),
      workflow_run: renderRun(run, world),
      ...envelope(world, actor),
    },
  });
}

/** Tells `workflow_job`, which no workflow can wait for but webhooks can. */
export function tellJob(
  world: World,
  job: StoredJob,
  action: 'queued' | 'waiting' | 'in_progress' | 'completed',
): void {
  const { store, events } = world;
  const run = store.runs.get(job.runId);
  if (run === undefined) return;
  events.tell({
    name: 'workflow_job',
    action,
    actor: run.actor,
    byWorkflowToken: run.actor === ACTIONS_LOGIN,
    ref: run.ref,
    sha: run.headSha,
    payload: { action, workflow_job: renderJob(job, world), ...envelope(world, run.actor) },
  });
}
