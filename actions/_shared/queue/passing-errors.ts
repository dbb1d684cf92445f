import { errorCode, isConnectionLost } from '../database/connection-errors.ts';

/**
 * Codes beyond a lost connection that pass by themselves: the server or the way to it is not up yet, a password was just
 * changed, no connection is free, a statement lost a conflict or ran into a limit.
 */
const PASSING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'CONNECT_TIMEOUT',
  'CONNECT_CLOSED',
  'STATEMENT_STUCK',
  '08001',
  '08004',
  '08P01',
  '28000',
  '28P01',
  '25006',
  '53100',
  '53200',
  '53300',
  '40001',
  '40P01',
  '55P03',
  '57014',
  'XX000',
]);

/** True for an error after which the same statement may succeed later. */
export function isPassing(error: unknown): boolean {
  return isConnectionLost(error) || PASSING.has(errorCode(error) ?? '');
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** The wait between tries while the database is away: doubled each time, up to ten seconds, never in step with others. */
export class Pause {
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Wait, then call `go`; several failures of one moment make one wait. @returns its length in milliseconds */
  begin(go: () => void): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 10));
    const pauseMs = Math.round(most * (0.5 + Math.random() / 2));
    if (this.#timer !== undefined) return pauseMs;
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      go();
    }, pauseMs);
    return pauseMs;
  }

  /** The database answers again. @returns true when there was something to recover from */
  reset(): boolean {
    const was = this.#failures > 0;
    this.#failures = 0;
    return was;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
