import { type Duration, milliseconds } from './duration.ts';

/** What a job's error asks of the queue; anything else that is thrown is retried with the queue's backoff. */
export type FailureWish = { readonly kind: 'dead' } | { readonly kind: 'retry'; readonly delayMs: number };

// A registered symbol: handlers and the worker that runs them may each hold a copy of this module.
const WISH = Symbol.for('opsroom.job.failure');

/** Thrown by a handler when trying again cannot help: the job becomes a dead letter at once, whatever attempts are left. */
export class FailForGood extends Error {
  override readonly name: string = 'FailForGood';
  readonly [WISH]: FailureWish = { kind: 'dead' };
}

/**
 * Thrown by a handler that wants its next attempt at a time of its own choosing (a rate limit, a file not there yet).
 * It spends an attempt like any failure; when none is left the job is a dead letter.
 */
export class RetryLater extends Error {
  override readonly name: string = 'RetryLater';
  readonly [WISH]: FailureWish;

  /** @throws RangeError for a delay that is no duration */
  constructor(delay: Duration, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    const delayMs = milliseconds(delay);
    if (delayMs === undefined) throw new RangeError(`RetryLater: ${delay} is not a duration such as 30s`);
    this[WISH] = { kind: 'retry', delayMs };
  }
}

/** The wish of a thrown value, or `undefined` for an ordinary error. */
export function wishOf(error: unknown): FailureWish | undefined {
  if (typeof error !== 'object' || error === null || !(WISH in error)) return undefined;
  const wish: unknown = error[WISH];
  if (typeof wish !== 'object' || wish === null || !('kind' in wish)) return undefined;
  if (wish.kind === 'dead') return { kind: 'dead' };
  const delayMs = 'delayMs' in wish ? wish.delayMs : undefined;
  return typeof delayMs === 'number' && delayMs >= 0 ? { kind: 'retry', delayMs } : undefined;
}
