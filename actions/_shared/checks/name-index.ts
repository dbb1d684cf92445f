/** Finds things by the globs of a check without asking each glob of each thing: a thousand checks over ten thousand jobs. */

import type { Names } from '../declare/kinds/checks-model.ts';
import { isMeant } from '../declare/names.ts';

export interface NameIndex<T> {
  /** Everything meant, by name. */
  readonly select: (names: Names) => readonly T[];
}

/** An index over things with unique names. */
export function indexByName<T>(things: readonly T[], nameOf: (thing: T) => string): NameIndex<T> {
  const sorted = [...things].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const keys = sorted.map(nameOf);
  return {
    select: (names) => {
      const [only] = names.names;
      if (names.names.length === 1 && only === '*' && names.except.length === 0) return sorted;
      const found = new Set<number>();
      for (const glob of names.names) {
        const fixed = /^[^*?]*/.exec(glob)?.[0] ?? '';
        for (let at = firstFrom(keys, fixed); keys[at]?.startsWith(fixed) === true; at += 1) {
          if (isMeant({ names: [glob], except: names.except }, keys[at] ?? '')) found.add(at);
          // A glob without wildcards is a name.
          if (fixed === glob) break;
        }
      }
      return [...found].sort((a, b) => a - b).flatMap((at) => sorted[at] ?? []);
    },
  };
}

/** Index of the first key not before `wanted`. */
function firstFrom(keys: readonly string[], wanted: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
