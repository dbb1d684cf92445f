/** Names with `*` for any characters and `?` for one, as checks, mutes and silences write them. */
import type { Names } from './kinds/checks-model.ts';

/** Whether a name fits a glob; case counts. */
export function fitsGlob(glob: string, name: string): boolean {
  if (glob === '*') return true;
  if (!/[*?]/.test(glob)) return glob === name;
  return fits(glob, name);
}

/** Whether a name is among those meant. */
export function isMeant({ names, except }: Names, name: string): boolean {
  return names.some((glob) => fitsGlob(glob, name)) && !except.some((glob) => fitsGlob(glob, name));
}

/** In time that grows with the product of the lengths at most, whatever somebody wrote. */
function fits(glob: string, name: string): boolean {
  let [at, place, star, resume] = [0, 0, -1, 0];
  while (place < name.length) {
    const wanted = glob[at];
    if (wanted === '*') {
      star = at;
      resume = place;
      at += 1;
    } else if (wanted === '?' || wanted === name[place]) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      place = resume;
    } else {
      return false;
    }
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
