import type { JsonObject } from '../json-schema.ts';
import type { StoredJob, StoredStep } from '../state/runs.ts';
import { htmlUrl, instant, instantOrNull, type RenderContext, repositoryUrl } from './render.ts';

/** A job as GitHub shows it. */
export function renderJob(job: StoredJob, context: RenderContext): JsonObject {
  const run = context.store.runs.get(job.runId);
  if (run === undefined) throw new Error(`job ${job.id} belongs to no run`);
  const repository = repositoryUrl(context);
  return {
    id: job.id,
    node_id: `CR_${job.id}`,
    run_id: run.id,
    run_url: `${repository}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    head_sha: run.headSha,
    head_branch: run.headBranch,
    workflow_name: run.name,
    url: `${repository}/actions/jobs/${job.id}`,
    html_url: `${htmlUrl(context)}/actions/runs/${run.id}/job/${job.id}`,
    check_run_url: `${repository}/check-runs/${job.checkRunId}`,
    name: job.name,
    status: job.status,
    conclusion: job.conclusion,
    labels: [...job.labels],
    created_at: instant(job.createdAt),
    // GitHub gives a job that has not started yet the time it was made.
    started_at: instant(job.startedAt ?? job.createdAt),
    completed_at: instantOrNull(job.completedAt),
    runner_id: job.runnerName === null ? null : 1,
    runner_name: job.runnerName,
    runner_group_id: job.runnerName === null ? null : 1,
    runner_group_name: job.runnerName === null ? null : 'Default',
    steps: job.steps.map(renderStep),
  };
}

function renderStep(step: StoredStep): JsonObject {
  return {
    number: step.number,
    name: step.name,
    status: step.status,
    conclusion: step.conclusion,
    started_at: instantOrNull(step.startedAt),
    completed_at: instantOrNull(step.completedAt),
  };
}
