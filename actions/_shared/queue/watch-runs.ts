import type { JobRun } from '../../../functions/_shared/jobs/run-job.ts';
import type { LeasedJob } from './job-store.ts';
import type { Lane } from './lane.ts';

/** How long a handler may take to heed its signal before its slot is taken from it. */
export const SETTLE_MS = 1000;
const LOOK_EVERY_MS = 100;

/**
 * One clock for all running jobs instead of a timer each: stops what has had its time or lost its lease, and gives up
 * on handlers that do not heed their signal. It ticks only while something runs.
 */
export class RunWatch {
  readonly #lane: Lane;
  readonly #leaseMs: number;
  readonly #onAbandoned: (run: JobRun<LeasedJob>) => void;
  #timer: NodeJS.Timeout | undefined;
  #abandoned = 0;

  constructor(
    lane: Lane,
    options: { readonly leaseMs: number; readonly onAbandoned: (run: JobRun<LeasedJob>) => void },
  ) {
    this.#lane = lane;
    this.#leaseMs = options.leaseMs;
    this.#onAbandoned = options.onAbandoned;
  }

  /** Handlers that were given up on and have not come back: each still holds memory. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /** Something runs. */
  arm(): void {
    this.#timer ??= setTimeout(() => this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const now = Date.now();
    for (const run of this.#lane.running) this.#check(run, now);
    if (this.#lane.running.size > 0) this.arm();
  }

  #check(run: JobRun<LeasedJob>, now: number): void {
    if (run.stoppedAt !== undefined) {
      if (now - run.stoppedAt >= SETTLE_MS) this.#abandon(run);
    } else if (now - run.job.heldSince >= this.#leaseMs) {
      run.stop('lease_lost', now);
    } else if (now - run.startedAt >= run.handler.timeoutMs) {
      run.stop('timeout', now);
    }
  }

  #abandon(run: JobRun<LeasedJob>): void {
    this.#abandoned += 1;
    this.#onAbandoned(run);
    run.abandon(() => {
      this.#abandoned -= 1;
    });
  }
}
