import type { Log } from './log/log.ts';

/** Everything a handler may touch of the outside; tests pass their own. */
export interface Dependencies {
  /** The function's environment; `undefined` for a variable that is not set or empty. */
  readonly env: (name: string) => string | undefined;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * A variable the function can't work without.
 *
 * @throws Error naming the variable, never its value; the endpoint answers 500 `misconfigured`
 */
export function requireEnv(env: Dependencies['env'], name: string): string {
  const value = env(name);
  if (value === undefined) throw new Misconfigured(name);
  return value;
}

/** The function was deployed without something it needs: ours to mend, not the caller's. */
export class Misconfigured extends Error {
  override readonly name = 'Misconfigured';

  constructor(variable: string) {
    super(`the function's secret ${variable} is not set`);
  }
}
