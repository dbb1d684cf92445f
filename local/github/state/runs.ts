import type { JsonObject } from '../json-schema.ts';

/** How a run, a job or a step ended. */
export type Conclusion =
  | 'success'
  | 'failure'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'neutral'
  | 'stale'
  | 'startup_failure';

/** Where a run is. `pending`: behind another one of its concurrency group; `waiting`: for the approval of a deployment. */
export type RunStatus = 'requested' | 'queued' | 'pending' | 'waiting' | 'in_progress' | 'completed';

/** A step of a job, numbered from 1 as GitHub does (`Set up job` is 1). */
export interface StoredStep {
  readonly number: number;
  readonly name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: Conclusion | null;
  startedAt: Date | null;
  completedAt: Date | null;
}

/** A job of one attempt. */
export interface StoredJob {
  readonly id: number;
  readonly runId: number;
  readonly attempt: number;
  /** Its key in the workflow file. */
  readonly key: string;
  /** What people see; of a matrix job with its values. */
  readonly name: string;
  readonly labels: readonly string[];
  status: RunStatus;
  conclusion: Conclusion | null;
  readonly createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  runnerName: string | null;
  readonly steps: StoredStep[];
  /** What it wrote, cut at {@link LONGEST_LOG}. */
  log: string;
  /** Environment it has entered or waits for. */
  environment: string | null;
  deploymentId: number | null;
  readonly checkRunId: number;
}

/** Characters a job's log keeps. */
export const LONGEST_LOG = 4_000_000;

/** One go of a run; a rerun adds another. */
export interface StoredAttempt {
  readonly number: number;
  readonly triggeringActor: string;
  status: RunStatus;
  conclusion: Conclusion | null;
  readonly startedAt: Date;
  updatedAt: Date;
  readonly jobs: StoredJob[];
}

/** What somebody said about a deployment that waited. */
export interface StoredReview {
  readonly state: 'approved' | 'rejected';
  readonly environments: readonly string[];
  readonly login: string;
  readonly comment: string;
  readonly at: Date;
}

/** A run of a workflow. */
export interface StoredRun {
  readonly id: number;
  /** `run_number`: counts the runs of the workflow. */
  readonly number: number;
  readonly workflowId: number;
  /** `.github/workflows/x.yml` */
  readonly path: string;
  readonly name: string;
  displayTitle: string;
  readonly event: string;
  /** What the event told; a rerun sees the same. */
  readonly payload: JsonObject;
  /** `refs/heads/main`, `refs/pull/3/merge`, ... */
  readonly ref: string;
  readonly headBranch: string | null;
  readonly headSha: string;
  /** Commit it works on; of a pull request what a merge would be. */
  readonly sha: string;
  readonly actor: string;
  /** Of a dispatch, defaults filled in; as texts, the way the event carries them. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  /** From when on lists show it; reading it by its id works at once. */
  readonly listedAt: Date;
  /** Oldest first, at least one. */
  readonly attempts: StoredAttempt[];
  readonly reviews: StoredReview[];
  cancelRequested: boolean;
}

/** Runs by id. */
export interface RunState {
  readonly runs: Map<number, StoredRun>;
  readonly jobs: Map<number, StoredJob>;
  /** How long lists hide a new run, in milliseconds. */
  runListDelayMs: number;
}

/** No runs. */
export function noRuns(): RunState {
  return { runs: new Map(), jobs: new Map(), runListDelayMs: 0 };
}

/** The go that counts. */
export function latestAttempt(run: StoredRun): StoredAttempt {
  const latest = run.attempts.at(-1);
  if (latest === undefined) throw new Error(`run ${run.id} has no attempt`);
  return latest;
}
