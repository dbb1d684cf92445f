import type { ClaimedJob, JobOutcome } from '../../../functions/_shared/jobs/run-job.ts';

/** A job this worker holds a lease on. */
export interface LeasedJob extends ClaimedJob {
  /** The fencing token of the claim it came with. */
  readonly leaseToken: number;
  /** When it was due, in milliseconds since 1970. */
  readonly dueAt: number;
  /** When its lease was last known to be whole, by our clock, before the statement that said so was sent. */
  heldSince: number;
}

/** An attempt that ended and is to be recorded. */
export interface Settlement {
  readonly job: LeasedJob;
  readonly outcome: JobOutcome;
  /** How long it ran, in milliseconds. */
  readonly ranMs: number;
}

/** One exchange with the database: what ended goes in, what is due comes out. */
export interface Turn {
  readonly settlements: readonly Settlement[];
  /** At most so many jobs are claimed; 0 claims nothing. */
  readonly claim: number;
  /** Give back first what our leases hold and we do not know of; nothing else may be on its way then. */
  readonly giveBackUnknown: boolean;
  /** Ids of every job the caller still holds: a lease goes on from turn to turn, so its token alone tells nothing. */
  readonly knownIds: () => readonly number[];
}

/** What became of a failed attempt. */
export interface Failed {
  readonly id: number;
  /** `pending`: tried again at `runAt`; `failed`: a dead letter; `lost`: not ours any more. */
  readonly status: 'pending' | 'failed' | 'cancelled' | 'lost';
  readonly runAt: Date | null;
}

export interface TurnAnswer {
  readonly jobs: LeasedJob[];
  /** Settlements that changed nothing, because the lease had passed on or the job is no longer running. */
  readonly stale: readonly Settlement[];
  readonly failed: readonly Failed[];
}

/**
 * The queue as one pump sees it: a connection of its own. Every method may be repeated after an error whose answer was
 * lost; under the same lease token nothing happens twice.
 */
export interface JobStore {
  /** Record what ended and claim. Rejects as a whole; `isPassing` tells which errors are worth another try. */
  turn(turn: Turn): Promise<TurnAnswer>;
  close(): Promise<void>;
}
