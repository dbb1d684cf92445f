import { literally } from './filter-pattern.ts';

/** Hides secrets in what is kept or shown. */
export interface Masks {
  /** Takes a value out of everything from now on, in the spellings the runner knows. */
  readonly add: (value: string) => void;
  readonly hide: (text: string) => string;
  /** Whether a text holds something that is hidden. */
  readonly finds: (text: string) => boolean;
}

/** No secrets yet. */
export function createMasks(values: Iterable<string> = []): Masks {
  const hidden = new Set<string>();
  let pattern: RegExp | null = null;
  const add = (value: string): void => {
    for (const spelling of spellings(value)) hidden.add(spelling);
    // The longest first: a secret that begins with another one must not leave its tail behind.
    const ordered = [...hidden].sort((a, b) => b.length - a.length).map(literally);
    pattern = ordered.length === 0 ? null : new RegExp(ordered.join('|'), 'g');
  };
  for (const value of values) add(value);
  return {
    add,
    hide: (text) => (pattern === null ? text : text.replaceAll(pattern, '***')),
    finds: (text) => pattern !== null && text.search(pattern) >= 0,
  };
}

/** A value, each of its lines, and how it looks inside JSON, a URL and base64. */
function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return [value.trim(), ...lines]
    .filter((each) => each !== '')
    .flatMap((each) => [each, JSON.stringify(each).slice(1, -1), encodeURIComponent(each), ...base64(each)]);
}

/** The middle of a value's base64 at each of its three shifts: what it is part of is not known. */
function base64(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2]
    .map((shift) => {
      const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const end = (bytes.length + shift) % 3 === 0 ? encoded.length : -1;
      return encoded.slice(shift === 0 ? 0 : shift + 1, end);
    })
    .filter((each) => each.length >= 8);
}
