import * as z from 'zod';

const RequestFailure = z.object({ status: z.number(), message: z.string() });

/** The HTTP status of a failed request; null when the error is something else. */
export function failureStatus(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const parsed = RequestFailure.safeParse(error);
  return parsed.success ? parsed.data.status : null;
}

/**
 * True when the token may not do this: a fork's or Dependabot's read-only token, or a job without the permission.
 * A rate limit answers 403 too, but says so.
 */
export function isForbidden(error: unknown): boolean {
  return failureStatus(error) === 403 && error instanceof Error && !/rate limit/i.test(error.message);
}

/** True when a write may have happened although it failed: the answer was lost or the server broke. */
export function mayHaveHappened(error: unknown): boolean {
  const status = failureStatus(error);
  return status !== null && status >= 500;
}
