/** One thing to time. `prepare` runs before each repetition and is not counted. */
export interface Contender {
  readonly name: string;
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<void>;
}

export interface Measured {
  readonly name: string;
  /** Milliseconds, one a repetition. */
  readonly samples: readonly number[];
  readonly median: number;
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Run the contenders in turn, A B A B ..., after one warm-up of each, so that a machine whose speed drifts is fair
 * to all of them.
 */
export async function measure(contenders: readonly Contender[], repetitions: number): Promise<Measured[]> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < repetitions; round += 1) {
    for (const contender of contenders) {
      await contender.prepare?.();
      const started = performance.now();
      await contender.run();
      const elapsed = performance.now() - started;
      if (round >= 0) samples.get(contender.name)?.push(elapsed);
    }
  }
  return contenders.map(({ name }) => {
    const own = samples.get(name) ?? [];
    return { name, samples: own, median: median(own) };
  });
}

/** Ratio of two contenders pair by pair, as a median with its spread: `a` divided by `b`. */
export function pairedRatio(
  a: Measured,
  b: Measured,
): { readonly median: number; readonly low: number; readonly high: number } {
  const ratios = a.samples.map((value, index) => value / (b.samples[index] ?? Number.NaN));
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}
