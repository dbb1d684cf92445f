import * as z from 'zod';
import { failureStatus, isForbidden } from '../github/request-failure.ts';

/** What a failed call means for the issue it was about, and for the rest of the run. */
export type GitHubTrouble =
  /** GitHub wants us to wait; nothing happened. */
  | { readonly kind: 'limited'; readonly waitSeconds: number }
  /** The token may not, or issues are turned off; nothing happened. */
  | { readonly kind: 'forbidden' }
  /** The issue was deleted or moved away. */
  | { readonly kind: 'gone' }
  /** GitHub did not like what we sent; nothing happened. */
  | { readonly kind: 'refused'; readonly fields: readonly string[] }
  /** No answer, or one that says nothing: it may have happened. */
  | { readonly kind: 'unanswered' };

const Refusal = z.object({
  response: z.object({
    headers: z.record(z.string(), z.unknown()).default({}),
    data: z
      .object({ errors: z.array(z.object({ field: z.string().optional() })).optional() })
      .optional()
      .catch(undefined),
  }),
});

/** Without another word from GitHub its documents ask for a minute at least. */
const LEAST_WAIT_SECONDS = 60;
const LONGEST_WAIT_SECONDS = 3600;

/** Reads a failure of a call; `now` decides how long it is until a limit is reset. */
export function troubleOf(error: unknown, now: Date): GitHubTrouble {
  const status = failureStatus(error);
  const parsed = Refusal.safeParse(error);
  const response = parsed.success ? parsed.data.response : undefined;
  switch (status) {
    case 301:
    case 404:
    case 410:
      return { kind: 'gone' };
    case 401:
      return { kind: 'forbidden' };
    case 403:
    case 429:
      if (isForbidden(error) && response?.headers['retry-after'] === undefined) return { kind: 'forbidden' };
      return { kind: 'limited', waitSeconds: waitOf(response?.headers ?? {}, now) };
    case 400:
    case 422:
      return { kind: 'refused', fields: response?.data?.errors?.flatMap(({ field }) => field ?? []) ?? [] };
    default:
      return { kind: 'unanswered' };
  }
}

function waitOf(headers: Readonly<Record<string, unknown>>, now: Date): number {
  const after = Number(headers['retry-after']);
  const reset = Number(headers['x-ratelimit-reset']) - Math.floor(now.getTime() / 1000);
  const isUsedUp = String(headers['x-ratelimit-remaining']) === '0';
  const wait = after > 0 ? after : isUsedUp && reset > 0 ? reset : LEAST_WAIT_SECONDS;
  return Math.min(Math.ceil(wait), LONGEST_WAIT_SECONDS);
}
