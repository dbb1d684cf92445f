/** How much of its hour a token has used. */
export interface Allowance {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  readonly reset: Date;
}

/** Counts the calls of tokens by the hour. */
export interface RateLimiter {
  /** What is left, without using any of it. */
  readonly look: (login: string) => Allowance;
  readonly use: (login: string) => Allowance;
}

const HOUR_MS = 3_600_000;

/** A limiter with nothing used. `limit` is asked each time, so that tests can lower it. */
export function createRateLimiter(limit: () => number, now: () => Date): RateLimiter {
  const hours = new Map<string, { readonly reset: Date; used: number }>();
  const hourOf = (login: string): { readonly reset: Date; used: number } => {
    const known = hours.get(login);
    if (known !== undefined && known.reset > now()) return known;
    const fresh = { reset: new Date(now().getTime() + HOUR_MS), used: 0 };
    hours.set(login, fresh);
    return fresh;
  };
  const look = (login: string): Allowance => {
    const { reset, used } = hourOf(login);
    return { limit: limit(), used, remaining: Math.max(0, limit() - used), reset };
  };
  return {
    look,
    use: (login) => {
      hourOf(login).used += 1;
      return look(login);
    },
  };
}

/** The headers that tell it. */
export function rateLimitHeaders({ limit, used, remaining, reset }: Allowance): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-used': String(used),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil(reset.getTime() / 1_000)),
    'x-ratelimit-resource': 'core',
  };
}
