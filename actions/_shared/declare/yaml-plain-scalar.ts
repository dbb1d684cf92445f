/** Plain scalars of YAML 1.2's core schema, as far as they are certain. */

/** Thrown inside the plain reader only: this text is for the full parser. One instance, because a stack costs time. */
class NotPlain extends Error {}
export const NOT_PLAIN = new NotPlain('not certain to be plain YAML');

const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

/** What a plain scalar stands for. Throws NOT_PLAIN where the full rules would have to be asked. */
export function plainScalar(text: string): string | number | boolean | null {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const second = text.charCodeAt(1);
  if (isDigit(first) || (first === 0x2d && isDigit(second))) return plainNumber(text);
  if (
    isLetter(first) ||
    first === 0x5f ||
    first === 0x2f ||
    first === 0x5e ||
    first === 0x24 ||
    first === 0x28
  )
    return text;
  throw NOT_PLAIN;
}

/** Whatever else a text holds, it is no number in any of YAML's ways to write one. */
const NUMERIC = /^0[xo]|^-?[\d.]+(?:[eE][-+]?\d*)?$/;

/** Whole and decimal numbers; text that merely begins with a digit, such as `30s` or `0 * * * *`, stays text. */
function plainNumber(text: string): string | number {
  if (!NUMERIC.test(text)) return text;
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(text) && text !== '-0') return Number(text);
  if (/^-?(?:0|[1-9]\d{0,8})\.\d{1,6}$/.test(text) && Number(text) !== 0) return Number(text);
  throw NOT_PLAIN;
}

/** A key that is certain to be text. */
export function isPlainKey(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,100}$/.test(key) && !WORDS.has(key) && key !== '__proto__';
}

/** True when nothing but blanks and a comment follows. */
export function isQuotedEnd(text: string, end: number): boolean {
  return end === text.length || /^ *(?: #.*)?$/.test(text.slice(end));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
