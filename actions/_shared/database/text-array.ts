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
