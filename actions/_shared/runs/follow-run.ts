import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { isFinal, type Run } from './run.ts';
import { collectOutcomes, readRun } from './statements.ts';

export interface FollowRun {
  readonly sql: Sql;
  readonly id: number;
  /** Give up after this long, in milliseconds; the run itself goes on. */
  readonly timeoutMs: number;
  /** Called once per state the run is seen in. */
  readonly onChange?: (run: Run) => void;
  readonly signal?: AbortSignal;
}

/**
 * Follow a run until it is final or the time is up, collecting answers itself so that it need not wait for the
 * collector's minute.
 *
 * @returns the run as last seen; `isFinal` tells whether it ended
 * @throws Error when there is no such run
 */
export async function followRun(options: FollowRun): Promise<Run> {
  const deadline = Date.now() + options.timeoutMs;
  let seen = '';
  let pause = 50;
  for (;;) {
    await collectOutcomes(options.sql);
    const run = await readRun(options.sql, options.id);
    if (run === undefined) throw new Error(`run ${options.id} does not exist`);
    const state = `${run.status}/${run.attempt}`;
    if (state !== seen) options.onChange?.(run);
    seen = state;
    if (isFinal(run) || Date.now() >= deadline || options.signal?.aborted === true) return run;
    await sleep(pause);
    pause = Math.min(pause * 1.5, 1000);
  }
}
