import { distance } from 'fastest-levenshtein';

/** The nearest of `candidates` to what was asked for, when it is near enough to be meant; null otherwise. */
export function nearest(asked: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const steps = distance(asked, candidate);
    if (steps < least) [best, least] = [candidate, steps];
  }
  // PostgREST's fuzzy sets ask for a third of the letters in common.
  return best !== null && least <= Math.max(asked.length, best.length) * 0.6 ? best : null;
}
