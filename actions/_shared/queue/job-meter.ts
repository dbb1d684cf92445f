import type { JobOutcome } from '../../../functions/_shared/jobs/run-job.ts';

/** Upper bounds of the duration histogram, in seconds. */
export const DURATION_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300] as const;

type Ending = JobOutcome['kind'];

/** What happened to jobs of one type in this process. */
export interface TypeFigures {
  readonly outcomes: Readonly<Record<Ending, number>>;
  readonly runs: number;
  readonly seconds: number;
  /** Runs by the bucket they fall in; the last is everything beyond. */
  readonly buckets: readonly number[];
}

interface Figures {
  readonly outcomes: Record<Ending, number>;
  runs: number;
  seconds: number;
  readonly buckets: number[];
}

/** Counts jobs by type. A job costs a map look-up and five additions. */
export class JobMeter {
  readonly #types = new Map<string, Figures>();
  #succeeded = 0;
  #failed = 0;

  observe(taskType: string, ending: Ending, ranMs: number): void {
    let figures = this.#types.get(taskType);
    if (figures === undefined) {
      figures = {
        outcomes: { succeeded: 0, retry: 0, dead: 0, released: 0 },
        runs: 0,
        seconds: 0,
        buckets: DURATION_BUCKETS.map(() => 0).concat(0),
      };
      this.#types.set(taskType, figures);
    }
    figures.outcomes[ending] += 1;
    if (ending === 'succeeded') this.#succeeded += 1;
    else if (ending !== 'released') this.#failed += 1;
    const seconds = ranMs / 1000;
    figures.runs += 1;
    figures.seconds += seconds;
    let bucket = 0;
    while (bucket < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[bucket] ?? 0)) bucket += 1;
    figures.buckets[bucket] = (figures.buckets[bucket] ?? 0) + 1;
  }

  get succeeded(): number {
    return this.#succeeded;
  }

  /** Attempts that failed, dead letters included. */
  get failed(): number {
    return this.#failed;
  }

  get types(): ReadonlyMap<string, TypeFigures> {
    return this.#types;
  }
}
