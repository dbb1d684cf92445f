import * as z from 'zod';
import { errorMessage } from '../io/errors.ts';
import type { GitHubClient } from './client.ts';
import { failureStatus } from './request-failure.ts';

const RunDetails = z.object({ workflow_run_id: z.number(), html_url: z.string().optional() });

/** What to start. */
export interface DispatchRequest {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What came of starting a run. */
export type DispatchAnswer =
  | { readonly kind: 'started'; readonly runId: number | null; readonly url: string | null }
  /** It may run. */
  | { readonly kind: 'unknown'; readonly message: string }
  /** Nothing was started. `missing`: GitHub knows no such workflow, or does not know yet that it can be dispatched. */
  | { readonly kind: 'refused' | 'missing'; readonly message: string }
  /** Nothing was started, and later it may be; in so many seconds, where GitHub says. */
  | { readonly kind: 'not_now'; readonly message: string; readonly afterSeconds: number | null };

/** Longer than GitHub takes, and far shorter than anybody keeps a claim: after that it counts as unknown. */
const LONGEST_CALL_MS = 20_000;

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
        request: { signal: AbortSignal.timeout(LONGEST_CALL_MS) },
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

/** What a failed POST to start a run means. */
export function refusalOf(error: unknown): Exclude<DispatchAnswer, { kind: 'started' }> {
  const message = errorMessage(error);
  if (neverLeft(error)) return { kind: 'not_now', message, afterSeconds: null };
  const status = failureStatus(error);
  if (status === null || status >= 500 || status === 408) return { kind: 'unknown', message };
  const patience = patienceOf(error);
  if (patience !== null) return { kind: 'not_now', message, afterSeconds: patience.afterSeconds };
  // A workflow that was merged a moment ago is both for a while.
  if (status === 404 || (status === 422 && /does not have 'workflow_dispatch' trigger/.test(message)))
    return { kind: 'missing', message };
  return { kind: 'refused', message };
}

/** Errors of a connection that was never made: the request did not leave this machine. */
const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function neverLeft(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < 4 && cause instanceof Error; depth += 1) {
    if ('code' in cause && typeof cause.code === 'string' && NEVER_LEFT.has(cause.code)) return true;
    cause = cause.cause;
  }
  return false;
}

const Failure = z.object({
  status: z.number(),
  message: z.string(),
  response: z.object({ headers: z.record(z.string(), z.unknown()).default({}) }).optional(),
});

/**
 * Whether GitHub refuses everything for now: a rate limit, or a token that is not good (any more). Null for a refusal that is
 * about the request. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export function patienceOf(error: unknown): { readonly afterSeconds: number | null } | null {
  const { data: failure } = Failure.safeParse(error);
  if (failure === undefined || ![401, 403, 429].includes(failure.status)) return null;
  const headers = failure.response?.headers ?? {};
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return { afterSeconds: Math.max(retryAfter, 1) };
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  const isUsedUp = String(headers['x-ratelimit-remaining'] ?? '') === '0';
  if (isUsedUp && Number.isFinite(reset)) return { afterSeconds: Math.max(reset - Date.now() / 1000, 1) };
  return { afterSeconds: null };
}

/** Whether this token sees the workflows of the repository at all: GitHub says 404 of what somebody may not see, too. */
export async function seesWorkflows({ octokit, owner, repo }: GitHubClient): Promise<boolean> {
  const request = { owner, repo, per_page: 1, request: { signal: AbortSignal.timeout(LONGEST_CALL_MS) } };
  return octokit.rest.actions.listRepoWorkflows(request).then(
    () => true,
    () => false,
  );
}

const DispatchedRun = z
  .object({
    id: z.number(),
    html_url: z.string(),
    display_title: z.string(),
    status: z.string().nullable(),
    created_at: z.coerce.date(),
  })
  .transform((run) => ({
    id: run.id,
    url: run.html_url,
    title: run.display_title,
    status: run.status,
    createdAt: run.created_at,
  }));
/** A run that was started by dispatch. */
export type DispatchedRun = z.infer<typeof DispatchedRun>;

/** Runs that were dispatched, and whether GitHub listed all of them. */
export interface DispatchedRuns {
  readonly runs: readonly DispatchedRun[];
  readonly isComplete: boolean;
}

const PAGE = 100;

/**
 * Runs of a workflow that were dispatched on a branch between two moments, newest first; so many pages of a hundred at most. Where
 * no workflow is named (''), runs of all of them, however they were started.
 */
export async function listDispatchedRuns(
  { octokit, owner, repo }: GitHubClient,
  asked: {
    readonly workflow: string;
    readonly ref: string;
    readonly since: Date;
    readonly until: Date;
    readonly pages?: number;
  },
): Promise<DispatchedRuns> {
  const found = new Map<number, DispatchedRun>();
  for (let page = 1; page <= (asked.pages ?? 1); page += 1) {
    const filter = {
      owner,
      repo,
      branch: asked.ref.replace(/^refs\/(?:heads|tags)\//, ''),
      created: `${moment(asked.since)}..${moment(asked.until)}`,
      per_page: PAGE,
      page,
      request: { signal: AbortSignal.timeout(LONGEST_CALL_MS) },
    };
    const answer: unknown = (
      asked.workflow === ''
        ? await octokit.rest.actions.listWorkflowRunsForRepo(filter)
        : await octokit.rest.actions.listWorkflowRuns({
            ...filter,
            workflow_id: asked.workflow,
            event: 'workflow_dispatch',
          })
    ).data;
    const { workflow_runs: runs } = z.object({ workflow_runs: z.array(DispatchedRun) }).parse(answer);
    for (const run of runs) found.set(run.id, run);
    if (runs.length < PAGE) return { runs: [...found.values()], isComplete: true };
  }
  return { runs: [...found.values()], isComplete: false };
}

/** GitHub's filter knows seconds. */
function moment(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** Asks a run to stop; with force also its steps that always run. A run that has ended (409), or is gone (404), has stopped. */
export async function cancelRun(
  { octokit, owner, repo }: GitHubClient,
  runId: number,
  { force = false }: { readonly force?: boolean } = {},
): Promise<void> {
  const { actions } = octokit.rest;
  const request = { owner, repo, run_id: runId, request: { signal: AbortSignal.timeout(LONGEST_CALL_MS) } };
  try {
    await (force ? actions.forceCancelWorkflowRun(request) : actions.cancelWorkflowRun(request));
  } catch (error) {
    if (failureStatus(error) !== 409 && failureStatus(error) !== 404) throw error;
  }
}
