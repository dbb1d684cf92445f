import * as z from 'zod';
import type { GitHubClient } from './client.ts';
import { failureStatus } from './request-failure.ts';

const RunDetails = z.object({ workflow_run_id: z.number(), html_url: z.string().optional() });

/** What to start. */
export interface DispatchRequest {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What came of starting a run. `unknown`: it may run. */
export type DispatchAnswer =
  | { readonly kind: 'started'; readonly runId: number | null; readonly url: string | null }
  | { readonly kind: 'refused' | 'unknown' | 'not_now'; readonly message: string };

/**
 * Starts a run of a workflow. One POST, never repeated by itself: only a refusal that names `return_run_details` (older
 * servers) is followed by the same request without it, because a refused request started nothing.
 */
export async function dispatchWorkflow(
  client: GitHubClient,
  request: DispatchRequest,
): Promise<DispatchAnswer> {
  const first = await post(client, request, true);
  const isOld = first.kind === 'refused' && /return_run_details/.test(first.message);
  return isOld ? post(client, request, false) : first;
}

async function post(
  { octokit, owner, repo }: GitHubClient,
  { workflow, ref, inputs }: DispatchRequest,
  withDetails: boolean,
): Promise<DispatchAnswer> {
  try {
    const { data }: { data: unknown } = await octokit.request(
      'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
      {
        owner,
        repo,
        workflow_id: workflow,
        ref,
        inputs: Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, textOf(value)])),
        ...(withDetails ? { return_run_details: true } : {}),
      },
    );
    const details = RunDetails.safeParse(data);
    if (!details.success) return { kind: 'started', runId: null, url: null };
    return {
      kind: 'started',
      runId: details.data.workflow_run_id,
      url: details.data.html_url ?? null,
    };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Inputs of a workflow are texts. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function refusalOf(error: unknown): DispatchAnswer {
  const message = error instanceof Error ? error.message : String(error);
  const status = failureStatus(error);
  if (status === null || status >= 500) return { kind: 'unknown', message };
  // A rate limit, or a token that is not good now: nothing was started, and later it may be.
  if (status === 429 || (status === 403 && /rate limit|abuse/i.test(message)))
    return { kind: 'not_now', message };
  return { kind: 'refused', message };
}

const DispatchedRun = z
  .object({ id: z.number(), html_url: z.string(), display_title: z.string(), created_at: z.coerce.date() })
  .transform((run) => ({
    id: run.id,
    url: run.html_url,
    title: run.display_title,
    createdAt: run.created_at,
  }));
/** A run that was started by dispatch. */
export type DispatchedRun = z.infer<typeof DispatchedRun>;

/** Runs of a workflow that were dispatched on a branch since a moment, newest first; a page of a hundred. */
export async function listDispatchedRuns(
  { octokit, owner, repo }: GitHubClient,
  asked: { readonly workflow: string; readonly ref: string; readonly since: Date },
): Promise<DispatchedRun[]> {
  const { data }: { data: unknown } = await octokit.rest.actions.listWorkflowRuns({
    owner,
    repo,
    workflow_id: asked.workflow,
    branch: asked.ref,
    event: 'workflow_dispatch',
    created: `>=${asked.since.toISOString().slice(0, 19)}Z`,
    per_page: 100,
  });
  return z.object({ workflow_runs: z.array(DispatchedRun) }).parse(data).workflow_runs;
}

const RunState = z.object({ status: z.string().nullable(), conclusion: z.string().nullable() });

/** Where a run stands; null when there is no such run. */
export async function readRunState(
  { octokit, owner, repo }: GitHubClient,
  runId: number,
): Promise<{ readonly status: string | null; readonly conclusion: string | null } | null> {
  try {
    const { data }: { data: unknown } = await octokit.rest.actions.getWorkflowRun({
      owner,
      repo,
      run_id: runId,
    });
    return RunState.parse(data);
  } catch (error) {
    if (failureStatus(error) === 404) return null;
    throw error;
  }
}

/** Asks a run to stop. A run that has ended (409) has stopped. */
export async function cancelRun({ octokit, owner, repo }: GitHubClient, runId: number): Promise<void> {
  try {
    await octokit.rest.actions.cancelWorkflowRun({ owner, repo, run_id: runId });
  } catch (error) {
    if (failureStatus(error) !== 409 && failureStatus(error) !== 404) throw error;
  }
}
