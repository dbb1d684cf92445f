/** Suggests the right word for a mistyped one. */
import { distance } from 'fastest-levenshtein';

/**
 * The candidate nearest to `word`, or undefined when none is near enough to be meant: at most two edits for short
 * words, a third of the length for long ones. Case is ignored.
 */
export function closestWord(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < bestDistance && edits < Math.max(wanted.length, 2)) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}
