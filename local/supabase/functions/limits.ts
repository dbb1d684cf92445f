/** What one function process may use, and how long things may take. Times in milliseconds. */
export interface FunctionLimits {
  readonly memoryBytes: number;
  /** Processor time a request may take. */
  readonly cpuMs: number;
  /** Life of a process, background tasks included. */
  readonly wallClockMs: number;
  /** Time until a response must begin. */
  readonly responseMs: number;
  /** Time a process may take until it listens; the first call after new packages were named takes longer. */
  readonly bootMs: number;
  /** Time a process is kept without a request. */
  readonly idleMs: number;
  /** Time for `beforeunload` listeners and background tasks when a process is asked to end. */
  readonly graceMs: number;
  readonly logLineCharacters: number;
  readonly logEvents: number;
  readonly logWindowMs: number;
}

/**
 * The limits of a paid project. https://supabase.com/docs/guides/functions/limits ; boot, idle and grace are ours.
 */
export const PLATFORM_LIMITS: FunctionLimits = {
  memoryBytes: 256 * 1024 * 1024,
  cpuMs: 2_000,
  wallClockMs: 400_000,
  responseMs: 150_000,
  bootMs: 30_000,
  idleMs: 120_000,
  graceMs: 2_000,
  logLineCharacters: 10_000,
  logEvents: 100,
  logWindowMs: 10_000,
};
