import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { isFinal, type Run } from './run.ts';
import { collectOutcomes, readRun } from './statements.ts';
import { throughOutages } from './through-outages.ts';

export interface FollowRun {
  readonly sql: Sql;
  readonly id: number;
  /** Give up after this long, in milliseconds; the run itself goes on. */
  readonly timeoutMs: number;
  /** Called once per state the run is seen in. */
  readonly onChange?: (run: Run) => void;
  /** Called when the database goes away meanwhile, and when it is back. */
  readonly onOutage?: (isAway: boolean) => void;
  readonly signal?: AbortSignal;
}

/**
 * Follow a run until it is final or the time is up, collecting answers itself so that it need not wait for the
 * collector's minute. A database that goes away for a while is waited for.
 *
 * @returns the run as last seen; `isFinal` tells whether it ended
 * @throws Error when there is no such run
 */
export async function followRun(options: FollowRun): Promise<Run> {
  const deadline = Date.now() + options.timeoutMs;
  const ask = throughOutages(options.onOutage ?? (() => undefined));
  let seen = '';
  let pause = 50;
  let last: Run | undefined;
  for (;;) {
    const run: Run | undefined = (await ask(() => readNow(options))) ?? last;
    // The first question was answered, or it threw.
    if (run === undefined) throw new Error(`nothing is known of run ${options.id}`);
    last = run;
    const state = `${run.status}/${run.attempt}`;
    if (state !== seen) options.onChange?.(run);
    seen = state;
    if (isFinal(run) || Date.now() >= deadline || options.signal?.aborted === true) return run;
    await sleep(pause);
    pause = Math.min(pause * 1.5, 1000);
  }
}

async function readNow({ sql, id }: FollowRun): Promise<Run> {
  await collectOutcomes(sql);
  const run = await readRun(sql, id);
  if (run === undefined) throw new Error(`run ${id} does not exist`);
  return run;
}
