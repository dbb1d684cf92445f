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

/** The value that `share` of them, 0 to 1, are below; rather the next higher one than the next lower. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Times what the contenders do, in turn. */
export function measure(contenders: readonly Contender[], repetitions: number): Promise<Measured[]> {
  return inTurn(contenders, repetitions, async ({ prepare, run }) => {
    await prepare?.();
    const started = performance.now();
    await run();
    return performance.now() - started;
  });
}

/**
 * Takes the time of each in turn, A B A B ..., after one warm-up of each, so that a machine whose speed drifts is fair
 * to all of them. `time` answers with milliseconds.
 */
export async function inTurn<Named extends { readonly name: string }>(
  contenders: readonly Named[],
  repetitions: number,
  time: (contender: Named) => Promise<number>,
): Promise<Measured[]> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < repetitions; round += 1) {
    for (const contender of contenders) {
      const elapsed = await time(contender);
      if (round >= 0) samples.get(contender.name)?.push(elapsed);
    }
  }
  return contenders.map(({ name }) => {
    const own = samples.get(name) ?? [];
    return { name, samples: own, median: median(own) };
  });
}

/** The same for one of the `count` pieces that each sample was made of. */
export function perPiece({ name, samples, median: middle }: Measured, count: number): Measured {
  return { name, samples: samples.map((ms) => ms / count), median: middle / count };
}

/** A median with its spread. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Ratio of two contenders pair by pair: `a` divided by `b`. */
export function pairedRatio(a: Measured, b: Measured): Ratio {
  const ratios = a.samples.map((value, index) => value / (b.samples[index] ?? Number.NaN));
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** As it stands in every table: `0.87 [0.71-0.88]`; with a unit behind the first number `3.1x [2.9-3.4]`. */
export function ratioWords({ median: middle, low, high }: Ratio, { digits = 2, unit = '' } = {}): string {
  return `${middle.toFixed(digits)}${unit} [${low.toFixed(digits)}-${high.toFixed(digits)}]`;
}
