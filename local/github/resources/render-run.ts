import type { JsonObject } from '../json-schema.ts';
import { latestAttempt, type StoredAttempt, type StoredRun } from '../state/runs.ts';
import { htmlUrl, instant, type RenderContext, renderUser, repositoryUrl } from './render.ts';
import { renderSimpleCommit } from './render-commit.ts';
import { renderMinimalRepository } from './render-repository.ts';

/** A run as GitHub shows it, by default as its latest attempt stands. */
export function renderRun(
  run: StoredRun,
  context: RenderContext,
  attempt: StoredAttempt = latestAttempt(run),
): JsonObject {
  const { store } = context;
  const repository = renderMinimalRepository(`${store.owner}/${store.repo}`, context);
  const base = `${repositoryUrl(context)}/actions/runs/${run.id}`;
  const commit = store.commits.get(run.headSha);
  const before = run.attempts.findLast((each) => each.number < attempt.number);
  return {
    id: run.id,
    node_id: `WFR_${run.id}`,
    name: run.name,
    display_title: run.displayTitle,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    run_number: run.number,
    run_attempt: attempt.number,
    event: run.event,
    status: attempt.status,
    conclusion: attempt.conclusion,
    workflow_id: run.workflowId,
    check_suite_id: run.id,
    check_suite_node_id: `CS_${run.id}`,
    url: base,
    html_url: `${htmlUrl(context)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: instant(run.createdAt),
    updated_at: instant(attempt.updatedAt),
    run_started_at: instant(attempt.startedAt),
    actor: renderUser(run.actor, context),
    triggering_actor: renderUser(attempt.triggeringActor, context),
    jobs_url: `${base}/jobs`,
    logs_url: `${base}/logs`,
    check_suite_url: `${repositoryUrl(context)}/check-suites/${run.id}`,
    artifacts_url: `${base}/artifacts`,
    cancel_url: `${base}/cancel`,
    rerun_url: `${base}/rerun`,
    previous_attempt_url: before === undefined ? null : `${base}/attempts/${before.number}`,
    workflow_url: `${repositoryUrl(context)}/actions/workflows/${run.workflowId}`,
    referenced_workflows: [],
    head_commit: commit === undefined ? null : renderSimpleCommit(commit),
    repository,
    head_repository: repository,
  };
}
