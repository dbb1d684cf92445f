import * as z from 'zod';
import type { GitHubClient } from '../../github/client.ts';
import { failureStatus } from '../../github/request-failure.ts';

/** Names of artifacts that recorders leave. */
const BUFFER_NAME = /^opsroom-buffer-/;
const PAGE = 100;
const MOST_PAGES = 10;

const Artifact = z
  .object({
    id: z.number(),
    name: z.string(),
    size_in_bytes: z.number(),
    expired: z.boolean(),
    created_at: z.coerce.date(),
    workflow_run: z
      .object({ id: z.number(), repository_id: z.number(), head_repository_id: z.number().nullable() })
      .nullable(),
  })
  .transform(({ size_in_bytes, created_at, workflow_run, ...rest }) => ({
    ...rest,
    size: size_in_bytes,
    createdAt: created_at,
    run:
      workflow_run === null
        ? null
        : { id: workflow_run.id, isOfFork: workflow_run.head_repository_id !== workflow_run.repository_id },
  }));
/** A file a run left behind. */
export type Artifact = z.infer<typeof Artifact>;

const Artifacts = z.object({ artifacts: z.array(Artifact) });

/** Buffers of recorders among the artifacts of a repository. */
export interface FoundBuffers {
  readonly buffers: readonly { readonly runId: number; readonly artifactId: number }[];
  /** False when there were more artifacts since then than anybody wants to look through: older ones were not. */
  readonly isComplete: boolean;
}

/** Look through the artifacts of a repository, newest first, back to a moment: one call where there are few. */
export async function findBuffers(
  { octokit, owner, repo }: GitHubClient,
  since: Date,
): Promise<FoundBuffers> {
  const buffers: { runId: number; artifactId: number }[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await octokit.rest.actions.listArtifactsForRepo({ owner, repo, per_page: PAGE, page });
    const { artifacts } = Artifacts.parse(answer.data);
    for (const { id, name, run, expired } of artifacts) {
      if (BUFFER_NAME.test(name) && run !== null && !expired) buffers.push({ runId: run.id, artifactId: id });
    }
    const oldest = artifacts.at(-1);
    if (artifacts.length < PAGE || oldest === undefined || oldest.createdAt < since)
      return { buffers, isComplete: true };
  }
  return { buffers, isComplete: false };
}

/** One artifact; null when it is gone. */
export async function readArtifact(
  { octokit, owner, repo }: GitHubClient,
  artifactId: number,
): Promise<Artifact | null> {
  return orNull(async () =>
    Artifact.parse((await octokit.rest.actions.getArtifact({ owner, repo, artifact_id: artifactId })).data),
  );
}

const Run = z
  .object({
    id: z.number(),
    run_attempt: z.number().default(1),
    status: z.string().nullable(),
    event: z.string(),
    path: z.string(),
    head_branch: z.string().nullable(),
    head_sha: z.string(),
    repository: z.object({ id: z.number(), full_name: z.string() }),
  })
  .transform(({ run_attempt, head_branch, head_sha, repository, ...rest }) => ({
    ...rest,
    attempt: run_attempt,
    branch: head_branch,
    sha: head_sha,
    repository: repository.full_name,
    repositoryId: repository.id,
    isOver: rest.status === 'completed',
  }));
/** What GitHub says of a run. */
export type Run = z.infer<typeof Run>;

/** A run; null when GitHub knows none of that number. */
export async function readRun({ octokit, owner, repo }: GitHubClient, runId: number): Promise<Run | null> {
  return orNull(async () =>
    Run.parse((await octokit.rest.actions.getWorkflowRun({ owner, repo, run_id: runId })).data),
  );
}

const Jobs = z.object({
  jobs: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      conclusion: z.string().nullable(),
      started_at: z.string().nullable(),
    }),
  ),
});

/** A job of a run that did something. */
export interface RunJob {
  readonly id: number;
  readonly name: string;
}

/** The jobs of an attempt of a run that ran, in the order in which they began; a hundred at most. Empty when GitHub has none. */
export async function listRunJobs(
  { octokit, owner, repo }: GitHubClient,
  { runId, attempt }: { readonly runId: number; readonly attempt: number },
): Promise<RunJob[]> {
  const answer = await orNull(() =>
    octokit.rest.actions.listJobsForWorkflowRunAttempt({
      owner,
      repo,
      run_id: runId,
      attempt_number: attempt,
      per_page: PAGE,
    }),
  );
  if (answer === null) return [];
  return Jobs.parse(answer.data)
    .jobs.filter(({ conclusion }) => conclusion !== 'skipped')
    .sort((a, b) => (a.started_at ?? '').localeCompare(b.started_at ?? '') || a.id - b.id)
    .map(({ id, name }) => ({ id, name }));
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (failureStatus(error) === 404) return null;
    throw error;
  }
}
