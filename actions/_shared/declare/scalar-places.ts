/** Where the characters of a YAML scalar stand in its file: blanks are folded, escapes are written out, lines are indented. */

export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';

interface Written {
  readonly text: string;
  /** Offsets of the scalar, its quotes or its `|` included. */
  readonly start: number;
  readonly end: number;
  readonly style: ScalarStyle;
}

/**
 * Offsets in the file of the stretch `span` of the scalar's value. YAML adds and drops blanks only, so the nth character of
 * the value that is not blank is the nth in the file.
 */
export function placeInScalar(
  value: string,
  written: Written,
  span: { readonly start: number; readonly end: number },
): { start: number; end: number } {
  const seen = visible(value.slice(0, span.start));
  const wanted = Math.max(1, visible(value.slice(span.start, span.end)));
  const places = placesOf(written, seen + wanted);
  const first = places[seen];
  const last = places[seen + wanted - 1] ?? places.at(-1);
  // Past the last character there is only the end.
  if (first === undefined || last === undefined) {
    const end = last?.end ?? written.start;
    return { start: end, end };
  }
  // A stretch that is blank itself begins where it begins, not at the next word.
  const gap = /\s*$/.exec(value.slice(0, span.start))?.[0].length ?? 0;
  const blank = /^\s/.test(value.slice(span.start));
  const before = seen === 0 ? undefined : places[seen - 1]?.end;
  if (blank && before !== undefined) return { start: before + gap, end: before + gap + 1 };
  return { start: first.start, end: last.end };
}

function visible(text: string): number {
  return text.replace(/\s+/g, '').length;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Places of the first `count` characters that are not blank, a UTF-16 unit each. */
function placesOf({ text, start, end, style }: Written, count: number): readonly Place[] {
  const places: Place[] = [];
  let at = start;
  if (style === 'block') at = text.indexOf('\n', start) + 1;
  if (style === 'single' || style === 'double') at += 1;
  const last = style === 'single' || style === 'double' ? end - 1 : end;
  while (at < last && places.length < count) {
    const length = style === 'plain' || style === 'block' ? 1 : escapeLength(text, at, style);
    for (let unit = 0; unit < unitsOf(text.slice(at, at + length)); unit += 1) {
      places.push({ start: at, end: at + length });
    }
    at += length;
  }
  return places;
}

/** How many characters of the file stand for the next of the value: `''`, `\n`, `\u00e9` or one. */
function escapeLength(text: string, at: number, style: 'single' | 'double'): number {
  if (style === 'single') return text.startsWith("''", at) ? 2 : 1;
  if (text[at] !== '\\') return 1;
  switch (text[at + 1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

/** How many units that are not blank a piece of the file stands for. */
function unitsOf(piece: string): number {
  if (piece.length === 1) return /\s/.test(piece) ? 0 : 1;
  if (piece === "''") return 1;
  const hex = /^\\[xuU]([0-9a-fA-F]+)$/.exec(piece)?.[1];
  if (hex !== undefined) return visible(String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff)));
  // Blanks: `\n` `\t` `\r` `\v` `\f` `\ ` `\N` is not, `\_` `\L` `\P`, and the end of a line that goes on.
  return /^\\[ntrvf \t_LP\r\n]$/.test(piece) ? 0 : 1;
}
