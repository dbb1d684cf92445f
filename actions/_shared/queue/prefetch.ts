/** How far ahead of its slots a lane claims. */
export type PrefetchChoice = number | 'auto';

/** Most jobs claimed ahead: beyond it batches get no cheaper. */
const MOST = 500;
/** Chosen by itself, a lane holds no more than it will start within this time, so that other workers find work too. */
const AHEAD_MS = 250;
/** Weight of the newest job in the average run. */
const FRESHNESS = 0.05;

/**
 * Decides how many jobs a lane claims beyond its free slots. `auto` follows how long jobs take: for jobs of a
 * millisecond whole batches, for jobs of a second none.
 */
export class Prefetch {
  readonly #choice: PrefetchChoice;
  readonly #slots: number;
  #averageMs: number | undefined;
  #target: number;

  constructor(choice: PrefetchChoice, slots: number) {
    this.#choice = choice;
    this.#slots = slots;
    this.#target = choice === 'auto' ? 0 : choice;
  }

  /** Jobs to hold beyond the slots. */
  get target(): number {
    return this.#target;
  }

  /** Statements that may be on their way at once: with a second one the database works while we do. */
  get depth(): number {
    return this.#target > this.#slots ? 2 : 1;
  }

  /** Most jobs one statement claims. */
  chunk(slots: number): number {
    return Math.ceil((slots + this.#target) / this.depth);
  }

  /** A job ran this long. */
  observe(ranMs: number): void {
    const average = this.#averageMs;
    this.#averageMs = average === undefined ? ranMs : average + (ranMs - average) * FRESHNESS;
  }

  /** A claim was answered: time to think again. Growth is gradual, because the first jobs may not be like the rest. */
  adjust(): void {
    if (this.#choice !== 'auto' || this.#averageMs === undefined) return;
    const wanted = Math.floor((this.#slots * AHEAD_MS) / Math.max(this.#averageMs, 0.1)) - this.#slots;
    this.#target = Math.max(0, Math.min(wanted, MOST, Math.max(2 * this.#target, 4 * this.#slots)));
  }
}
