/**
 * JSON in exactly the text Postgres prints for the jsonb made of it: keys ordered by byte length, then by bytes; one
 * space after `:` and `,`; numbers without exponent. So both sides can digest a value without asking the other.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'string':
      return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
    case 'number':
      return canonicalNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (Array.isArray(value)) return canonicalArray(value);
      return isRecord(value) ? canonicalObject(value) : 'null';
    default:
      throw new TypeError(`a ${typeof value} has no JSON`);
  }
}

/** Text that is printed as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function isRecord(value: object | null): value is Readonly<Record<string, unknown>> {
  return value !== null;
}

function canonicalArray(values: readonly unknown[]): string {
  let text = '[';
  let separator = '';
  for (const value of values) {
    text += separator + canonicalJson(value);
    separator = ', ';
  }
  return `${text}]`;
}

// Written for ten thousand definitions in a row: the order of keys is worked out once for each set of them.
function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  let text = '{';
  let separator = '';
  for (const { name, label } of orderedKeys(Object.keys(value))) {
    const inner = value[name];
    if (inner === undefined) continue;
    text += separator + label + canonicalJson(inner);
    separator = ', ';
  }
  return `${text}}`;
}

interface Key {
  readonly name: string;
  /** The key as it is printed, colon and space included. */
  readonly label: string;
}

const orders = new Map<string, readonly Key[]>();
// Shapes are those of our own language but for the bodies of requests, of which there may be any number.
const MOST_ORDERS = 1000;

function orderedKeys(names: readonly string[]): readonly Key[] {
  const shape = names.join('\u0000');
  const known = orders.get(shape);
  if (known !== undefined) return known;
  const order = names
    .map((name) => ({ name, label: `${JSON.stringify(name)}: `, bytes: Buffer.from(name) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
  if (orders.size < MOST_ORDERS) orders.set(shape, order);
  return order;
}

function canonicalNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? '0' : String(value);
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
