import { WorkflowError } from '../expressions.ts';
import { complain, on } from './execute-program.ts';
import { type Executed, type Runnable, scopeOf } from './frame.ts';
import type { Ending } from './job-order.ts';

/** How a runnable went: before and after `continue-on-error`. */
export interface TurnResult {
  readonly outcome: Ending;
  readonly conclusion: Ending;
}

const NOTHING: Executed = { ok: false, outputs: {} };

/**
 * Gives a runnable its turn: its condition, its time, the job's being cancelled, and what becomes of its failure.
 *
 * @param stop ends it from outside: of a composite action, what ends the whole of it
 */
export async function runTurn(runnable: Runnable, stop?: AbortSignal): Promise<TurnResult> {
  const { frame, id } = runnable;
  const result = await attempt(runnable, stop);
  if (id !== null) {
    const { outputs, outcome, conclusion } = result;
    frame.steps = { ...frame.steps, [id]: { outputs, outcome, conclusion } };
  }
  if (result.conclusion === 'failure') frame.fail();
  return result;
}

async function attempt(runnable: Runnable, stop: AbortSignal | undefined): Promise<TurnResult & Executed> {
  const { frame } = runnable;
  const { order } = frame.run;
  try {
    const env = runnable.env();
    const holds = (): boolean => order.expressions.holds(runnable.if, scopeOf(frame, env));
    if (order.vanish.aborted || !holds()) return { ...NOTHING, outcome: 'skipped', conclusion: 'skipped' };
    const minutes = runnable.timeoutMinutes(env);
    const clock = watch({ runnable, holds, minutes, stop });
    const executed = await runnable.execute({ stop: clock.signal, env }).catch(failed(runnable));
    const why = clock.end();
    if (why === 'timeout') {
      complain(frame, `The action '${runnable.name()}' has timed out after ${minutes} minutes.`);
    } else if (why === 'cancel') {
      complain(frame, 'The operation was canceled.');
      return { ...executed, outcome: 'cancelled', conclusion: 'cancelled' };
    }
    const outcome = executed.ok && why === null ? 'success' : 'failure';
    const forgiven = outcome === 'failure' && runnable.continueOnError(env);
    return { ...executed, outcome, conclusion: forgiven ? 'success' : outcome };
  } catch (error) {
    return { ...failed(runnable)(error), outcome: 'failure', conclusion: 'failure' };
  }
}

/** What is wrong with the workflow or an action fails the step; what is wrong with the runner is thrown on. */
function failed({ frame }: Runnable): (error: unknown) => Executed {
  return (error) => {
    if (!(error instanceof WorkflowError)) throw error;
    complain(frame, error.message);
    return NOTHING;
  };
}

/** Ends a step that takes too long, and one whose job is cancelled, unless its condition holds even then. */
function watch(options: {
  readonly runnable: Runnable;
  readonly holds: () => boolean;
  readonly minutes: number | null;
  readonly stop: AbortSignal | undefined;
}): { readonly signal: AbortSignal; readonly end: () => 'timeout' | 'cancel' | null } {
  const { order } = options.runnable.frame.run;
  const controller = new AbortController();
  let why: 'timeout' | 'cancel' | null = null;
  const end = (reason: 'timeout' | 'cancel'): void => {
    why ??= reason;
    controller.abort();
  };
  const { minutes } = options;
  const timer = minutes === null ? undefined : setTimeout(() => end('timeout'), minutes * order.minuteMs);
  const alreadyCancelled = order.cancel.aborted;
  const releases = [
    on(order.cancel, () => {
      if (!alreadyCancelled && !options.holds()) end('cancel');
    }),
    ...(options.stop === undefined ? [] : [on(options.stop, () => end('cancel'))]),
  ];
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      for (const release of releases) release();
      return why;
    },
  };
}
