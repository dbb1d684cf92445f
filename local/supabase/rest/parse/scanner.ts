import { badQuery } from '../rest-error.ts';

/** Reads a text from left to right; what does not fit becomes PostgREST's 400 with the column. */
export interface Scanner {
  readonly position: () => number;
  readonly rewind: (position: number) => void;
  readonly atEnd: () => boolean;
  readonly startsWith: (text: string) => boolean;
  /** Passes over `text` when it is next. */
  readonly skip: (text: string) => boolean;
  /** Passes over what `pattern` (sticky) matches next; null when it does not. */
  readonly match: (pattern: RegExp) => string | null;
  readonly expect: (text: string) => void;
  readonly fail: (expecting: string, at?: number) => never;
}

/** @param what for the message, for example `failed to parse order (id.up)` */
export function scan(text: string, what: string): Scanner {
  let at = 0;
  const fail = (expecting: string, where = at): never => {
    const found = where < text.length ? JSON.stringify(text[where]) : 'end of input';
    throw badQuery(`"${what}" (line 1, column ${where + 1})`, `unexpected ${found} expecting ${expecting}`);
  };
  const skip = (next: string): boolean => {
    if (!text.startsWith(next, at)) return false;
    at += next.length;
    return true;
  };
  return {
    position: () => at,
    rewind: (position) => {
      at = position;
    },
    atEnd: () => at >= text.length,
    startsWith: (next) => text.startsWith(next, at),
    skip,
    match: (pattern) => {
      pattern.lastIndex = at;
      const [found] = pattern.exec(text) ?? [];
      if (found === undefined) return null;
      at += found.length;
      return found;
    },
    expect: (next) => {
      if (!skip(next)) fail(JSON.stringify(next));
    },
    fail,
  };
}

const blanks = /[ \t]*/y;
const identifier = /[\p{L}\p{N}_ $]+(?:-(?!>)[\p{L}\p{N}_ $]+)*/uy;
const quotedText = /"(?:[^"\\]|\\[\s\S])*"/y;

/** Blanks around punctuation mean nothing. */
export function skipBlanks(scanner: Scanner): void {
  scanner.match(blanks);
}

/** A column, table or key: letters, digits, `_`, `$`, blanks inside, dashes; anything else in double quotes. */
export function readName(scanner: Scanner): string {
  const found = scanner.match(quotedText);
  if (found !== null) return unquote(found);
  return (scanner.match(identifier) ?? scanner.fail('field name (* or [a..z0..9_$])')).trim();
}

/** A text in double quotes with backslash before quotes, or null. */
export function readQuoted(scanner: Scanner): string | null {
  const found = scanner.match(quotedText);
  return found === null ? null : unquote(found);
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll(/\\([\s\S])/g, '$1');
}
