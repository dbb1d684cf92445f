/**
 * JSON in exactly the text Postgres prints for the jsonb made of it: keys ordered by byte length, then by bytes; one
 * space after `:` and `,`; numbers without exponent. So both sides can digest a value without asking the other.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(', ')}]`;
  if (typeof value === 'object') return canonicalObject(value);
  throw new TypeError(`a ${typeof value} has no JSON`);
}

function canonicalObject(value: object): string {
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => compareKeys(a, b));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${canonicalJson(inner)}`).join(', ')}}`;
}

function compareKeys(a: string, b: string): number {
  const byLength = byteLength(a) - byteLength(b);
  if (byLength !== 0) return byLength;
  // UTF-16 order equals byte order except across surrogates, which Buffer settles.
  return /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = JSON.stringify(value);
  const exponent = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (exponent === null) return text;
  const [, sign = '', first = '', rest = '', power = '0'] = exponent;
  const digits = first + rest;
  const point = 1 + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}${digits.length > point ? `.${digits.slice(point)}` : ''}`;
}
