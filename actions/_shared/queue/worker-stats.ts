import type { TypeFigures } from './job-meter.ts';

/** What a worker says of itself; times are milliseconds since 1970. */
export interface WorkerStats {
  readonly worker: string;
  readonly startedAt: number;
  readonly concurrency: number;
  readonly pollMs: number;
  readonly stopping: boolean;
  readonly listening: boolean;
  /** True while the database answers the claims. */
  readonly connected: boolean;
  readonly running: number;
  /** Claimed and not yet begun. */
  readonly waiting: number;
  /** Ended and not yet known to be recorded. */
  readonly unsettled: number;
  /** Handlers that did not heed their signal and still run. */
  readonly abandoned: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly deadLetters: number;
  readonly claimed: number;
  readonly turns: number;
  readonly turnMs: number;
  readonly outages: number;
  readonly leasesLost: number;
  /** When the database last answered a claim. */
  readonly lastClaimAt: number | null;
  /** How late the most overdue job of the last claim was; 0 when that found nothing. */
  readonly lagMs: number;
  readonly types: ReadonlyMap<string, TypeFigures>;
}

export interface Health {
  /** False: restart this process. */
  readonly live: boolean;
  /** True: it takes work. */
  readonly ready: boolean;
  /** What is wrong, in words. */
  readonly problems: readonly string[];
}

/** So many handlers that ignore their signal are borne; with more, memory would grow without end. */
export function mostAbandoned(concurrency: number): number {
  return Math.max(10, 2 * concurrency);
}

/** Judge a worker by what it says of itself. */
export function judgeHealth(stats: WorkerStats, now: number): Health {
  const problems: string[] = [];
  const stuck = stats.abandoned >= mostAbandoned(stats.concurrency);
  if (stuck)
    problems.push(`${stats.abandoned} handlers do not heed their signal; nothing is claimed any more`);
  if (!stats.connected) problems.push('the database is away');
  const silentMs = now - (stats.lastClaimAt ?? stats.startedAt);
  const busy = stats.running >= stats.concurrency;
  const silent = !busy && silentMs > Math.max(5 * stats.pollMs, 15_000);
  if (silent && stats.connected) problems.push(`no claim was answered for ${Math.round(silentMs / 1000)} s`);
  if (stats.stopping) problems.push('the worker is stopping');
  return { live: !stuck, ready: problems.length === 0, problems };
}
