// Longer waits belong to the next run: a minute of a runner costs money.
const LONGEST_WAIT_MS = 90_000;
const LONGEST_BACKOFF_MS = 16_000;

/**
 * How long to wait before trying again: as `retry-after` says, else `x-ratelimit-reset`, else longer each time.
 *
 * @param headers of the failed answer; null when there was none
 * @returns milliseconds, or null when the wait would be too long
 */
export function waitBeforeRetry(
  headers: Headers | null,
  { tries, now }: { readonly tries: number; readonly now: number },
): number | null {
  const told = readDelay(headers?.get('retry-after'), now) ?? exhausted(headers, now);
  const wait = told ?? Math.min(1_000 * 2 ** (tries - 1), LONGEST_BACKOFF_MS);
  return wait > LONGEST_WAIT_MS ? null : wait;
}

/** The end of the minute counts only when the requests of this one are used up: every answer names it. */
function exhausted(headers: Headers | null, now: number): number | null {
  const remaining = headers?.get('x-ratelimit-remaining');
  if (remaining !== null && remaining !== undefined && Number(remaining) > 0) return null;
  return readDelay(headers?.get('x-ratelimit-reset'), now);
}

/** Seconds, or a date. */
function readDelay(value: string | null | undefined, now: number): number | null {
  if (value === null || value === undefined || value.trim() === '') return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
