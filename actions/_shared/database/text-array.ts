/**
 * A Postgres array literal for a parameter cast to `text[]` (or any array whose elements have text input). The driver
 * knows array types only after an extra query per connection, which we don't pay.
 */
export function textArray(values: readonly (string | number | boolean | null)[]): string {
  let literal = '{';
  let separator = '';
  for (const value of values) {
    literal += separator + (value === null ? 'null' : element(value));
    separator = ',';
  }
  return `${literal}}`;
}

function element(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const needsEscape = value.includes('"') || value.includes('\\');
  return `"${needsEscape ? value.replace(/["\\]/g, '\\$&') : value}"`;
}

/** Between the texts of `jsonLines`: a character JSON never holds unescaped. */
export const JSON_SEPARATOR = '\u001e';

/**
 * Many JSON texts as one parameter, for `string_to_table(..., JSON_SEPARATOR)`. As elements of an array literal every
 * quote of them would have to be escaped here and unescaped there.
 */
export function jsonLines(texts: readonly string[]): string {
  return texts.join(JSON_SEPARATOR);
}
