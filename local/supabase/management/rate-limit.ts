/** Where a caller stands. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the count begins anew. */
  readonly resetSeconds: number;
  readonly exceeded: boolean;
}

const WINDOW_MS = 60_000;

/** Counts requests a minute, per token and project. https://supabase.com/docs/guides/platform/management-api-rate-limits */
export function createRateLimit(limit: number, now: () => number): (key: string) => RateState {
  const windows = new Map<string, { started: number; count: number }>();
  return (key) => {
    const known = windows.get(key);
    const current =
      known !== undefined && now() - known.started < WINDOW_MS ? known : { started: now(), count: 0 };
    windows.set(key, current);
    current.count += 1;
    return {
      limit,
      remaining: Math.max(0, limit - current.count),
      resetSeconds: Math.ceil((current.started + WINDOW_MS - now()) / 1_000),
      exceeded: current.count > limit,
    };
  };
}

/** The headers every answer carries. */
export function rateHeaders(state: RateState): Record<string, string> {
  return {
    'x-ratelimit-limit': String(state.limit),
    'x-ratelimit-remaining': String(state.remaining),
    'x-ratelimit-reset': String(state.resetSeconds),
  };
}
