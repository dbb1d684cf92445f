import * as z from 'zod';
import type { GitHubClient } from './client.ts';
import { failureStatus, isForbidden } from './request-failure.ts';

const LONGEST_CALL_MS = 20_000;
const patience = () => ({ signal: AbortSignal.timeout(LONGEST_CALL_MS) });

const RunState = z
  .object({
    status: z.string().nullable(),
    conclusion: z.string().nullable(),
    run_attempt: z.number().default(1),
    head_sha: z.string(),
  })
  .transform((run) => ({
    status: run.status,
    conclusion: run.conclusion,
    attempt: run.run_attempt,
    sha: run.head_sha,
  }));
/** Where the latest attempt of a run stands. */
export type RunState = z.infer<typeof RunState>;

/** Where a run stands; null when there is no such run, or none that this token may see. */
export async function readRunState(
  { octokit, owner, repo }: GitHubClient,
  runId: number,
): Promise<RunState | null> {
  try {
    const { data }: { data: unknown } = await octokit.rest.actions.getWorkflowRun({
      owner,
      repo,
      run_id: runId,
      request: patience(),
    });
    return RunState.parse(data);
  } catch (error) {
    if (failureStatus(error) === 404) return null;
    throw error;
  }
}

const Jobs = z.object({
  jobs: z.array(
    z.object({
      name: z.string(),
      conclusion: z.string().nullable(),
      steps: z
        .array(z.object({ name: z.string(), status: z.string(), conclusion: z.string().nullable() }))
        .default([]),
    }),
  ),
});
const BAD = new Set(['failure', 'timed_out', 'startup_failure']);

/** How the first job that went wrong did. */
export interface FailedJob {
  readonly name: string;
  /** The step that failed, where one did. */
  readonly step: string | null;
  /** Its machine went away in the middle of a step: nobody ever said how that step ended. */
  readonly isVanished: boolean;
  /** It never began: an environment did not let it in. */
  readonly isUnstarted: boolean;
}

/** The first job of a run's latest attempt that went wrong, of a hundred; null when none did. */
export async function readFailedJob(
  { octokit, owner, repo }: GitHubClient,
  runId: number,
): Promise<FailedJob | null> {
  const { data }: { data: unknown } = await octokit.rest.actions.listJobsForWorkflowRun({
    owner,
    repo,
    run_id: runId,
    filter: 'latest',
    per_page: 100,
    request: patience(),
  });
  const job = Jobs.parse(data).jobs.find(({ conclusion }) => BAD.has(conclusion ?? ''));
  if (job === undefined) return null;
  return {
    name: job.name,
    step: job.steps.find(({ conclusion }) => BAD.has(conclusion ?? ''))?.name ?? null,
    isVanished: job.steps.some(({ status }) => status === 'in_progress'),
    isUnstarted: job.steps.length === 0,
  };
}

const Reviews = z.array(
  z.object({
    state: z.string(),
    comment: z.string().nullish(),
    user: z.object({ login: z.string() }).nullish(),
    environments: z.array(z.object({ name: z.string() })).default([]),
  }),
);

/** Who did not let a run deploy. */
export interface Rejection {
  readonly login: string;
  readonly environments: readonly string[];
  readonly comment: string;
}

/** The last time somebody rejected a deployment of this run; null when nobody did. */
export async function readRejection(
  { octokit, owner, repo }: GitHubClient,
  runId: number,
): Promise<Rejection | null> {
  const { data }: { data: unknown } = await octokit.rest.actions.getReviewsForRun({
    owner,
    repo,
    run_id: runId,
    request: patience(),
  });
  const review = Reviews.parse(data).findLast(({ state }) => state === 'rejected');
  if (review === undefined) return null;
  return {
    login: review.user?.login ?? 'somebody',
    environments: review.environments.map(({ name }) => name),
    comment: review.comment ?? '',
  };
}

const Deployments = z.array(z.object({ id: z.number() }));
const Statuses = z.array(
  z.object({
    state: z.string(),
    environment_url: z.string().nullish(),
    log_url: z.string().nullish(),
    target_url: z.string().nullish(),
  }),
);
/** A commit is deployed to a few environments, not to many: as many are looked at. */
export const MOST_DEPLOYMENTS = 5;

/**
 * Where what a run deployed can be seen: the address in its newest deployment that succeeded. GitHub tells which run made a deployment
 * only by the address of the job's log. Null when there is none, or the token may not look.
 */
export async function readEnvironmentUrl(
  { octokit, owner, repo }: GitHubClient,
  run: { readonly id: number; readonly sha: string },
): Promise<string | null> {
  const ours = new RegExp(`/actions/runs/${run.id}(?:/|$)`);
  try {
    const listed: unknown = (
      await octokit.rest.repos.listDeployments({
        owner,
        repo,
        sha: run.sha,
        per_page: MOST_DEPLOYMENTS,
        request: patience(),
      })
    ).data;
    for (const { id } of Deployments.parse(listed)) {
      const answer: unknown = (
        await octokit.rest.repos.listDeploymentStatuses({
          owner,
          repo,
          deployment_id: id,
          per_page: 10,
          request: patience(),
        })
      ).data;
      const status = Statuses.parse(answer).find(
        ({ state, log_url, target_url }) => state === 'success' && ours.test(log_url ?? target_url ?? ''),
      );
      if (status?.environment_url) return status.environment_url;
    }
    return null;
  } catch (error) {
    if (isForbidden(error) || failureStatus(error) === 404) return null;
    throw error;
  }
}
