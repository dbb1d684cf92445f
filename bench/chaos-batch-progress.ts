import { type Fact, fact } from './facts.ts';
import { median } from './measure.ts';

/** A card that is read between two batches is a batch old, and a process that was killed takes a moment to be back. */
const slackS = 5;

/** What the card said at a moment, and how many files had really been moved. */
export interface ProgressSample {
  /** Seconds since the start. */
  readonly at: number;
  readonly total: number;
  readonly done: number;
  readonly remaining: number;
  readonly percent: number;
  readonly finished: boolean;
  readonly eta_s: number | null;
  readonly moved: number;
}

/**
 * Whether the card told the truth all the time.
 *
 * Calls that overlap may log in another order than they counted, so with several callers `done` may step back by what the
 * others moved meanwhile. The ETA knows the speed of the last 30 batches, kills included, and not the files that wait for
 * the lease of a killed call: of those there are about one batch a kill, for the length of a lease. So its speed is judged
 * by when all but twice that many were done, within half of the time that really took, and its end with the length
 * of a lease on top. Calls that overlap, which
 * the declared job does not allow, lose several batches to one kill: their ETAs are counted and not judged.
 */
export function progressFacts(
  samples: readonly ProgressSample[],
  last: Omit<ProgressSample, 'at'> | null,
  run: {
    readonly files: number;
    readonly limit: number;
    readonly callers: number;
    readonly leaseS: number;
    readonly killEveryMs: number;
    readonly endedAt: number;
  },
): { readonly facts: readonly Fact[]; readonly etaError: number } {
  const stepsBack = samples.map((sample, index) => (samples[index - 1]?.done ?? 0) - sample.done);
  const back = Math.max(0, ...stepsBack);
  const ahead = Math.max(0, ...samples.map(({ done, moved }) => done - moved));
  const totals = [...new Set(samples.map(({ total }) => total))];
  const wrongSums = samples.filter(({ done, remaining, total }) => done + remaining !== total).length;
  const early = samples.filter(({ finished, moved }) => finished && moved < run.files).length;
  const { files, endedAt, leaseS } = run;
  const overlapping = run.callers > 1;
  const waiting = (run.callers * run.limit * leaseS * 1000) / run.killEveryMs;
  const target = Math.ceil(Math.min(files * 0.9, Math.max(files * 0.5, files - 2 * waiting)));
  const targetAt = samples.find(({ done }) => done >= target)?.at ?? endedAt;
  const judged = samples
    .filter(({ done }) => done >= files * 0.1 && done <= target - files * 0.1)
    .flatMap(withEta);
  const toTarget = judged.map(({ at, done, remaining, eta }) => {
    const left = targetAt - at;
    return { left, error: Math.abs((eta * (target - done)) / remaining - left) };
  });
  const toEnd = judged.map(({ at, eta }) => ({ left: endedAt - at, error: Math.abs(eta - (endedAt - at)) }));
  const beyond = (errors: typeof toEnd, allowance: number) =>
    errors.filter(({ left, error }) => error > left / 2 + allowance).length;
  const lateAtTarget = beyond(toTarget, slackS);
  const lateAtEnd = beyond(toEnd, slackS + leaseS);
  const etaError = median(toTarget.map(({ left, error }) => error / left));
  return {
    etaError,
    facts: [
      fact('looks at the card', samples.length, samples.length > 3),
      fact(
        'files the card knew of, always',
        totals.join(', '),
        totals.length === 1 && totals[0] === run.files,
      ),
      fact('farthest `done` stepped back', back, back <= (run.callers - 1) * run.limit),
      fact('farthest `done` was ahead of the truth', ahead, ahead === 0),
      fact('looks at which done + remaining was not total', wrongSums, wrongSums === 0),
      fact('looks at which it claimed to be finished too early', early, early === 0),
      fact(
        `ETAs / beyond the tolerance for ${target} files / for the end`,
        `${judged.length} / ${lateAtTarget} / ${lateAtEnd}`,
        overlapping || (judged.length > 0 && Math.max(lateAtTarget, lateAtEnd) <= judged.length / 10),
      ),
      fact(
        'the card at the end',
        last === null ? 'none' : `${last.percent} %, ${last.remaining} left, finished ${last.finished}`,
        last?.finished === true && last.percent === 100 && last.remaining === 0 && last.eta_s === null,
      ),
    ],
  };
}

function withEta(sample: ProgressSample): (ProgressSample & { readonly eta: number })[] {
  return sample.eta_s === null ? [] : [{ ...sample, eta: sample.eta_s }];
}
