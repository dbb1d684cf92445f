import { badBody } from './rest-error.ts';

/** A body that has been read. */
export type Payload =
  /** JSON, as it came: the database parses it once more, into rows. */
  | {
      readonly kind: 'json';
      readonly text: string;
      readonly keys: readonly string[];
      readonly isObject: boolean;
    }
  /** Fields of a form: arguments of a function. */
  | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] }
  /** For a function with one unnamed parameter. */
  | { readonly kind: 'raw'; readonly type: 'text' | 'xml' | 'bytea'; readonly text: string };

/** PostgreSQL's parser runs out of stack at some thousand levels, which would be a fault of the server's. */
const deepest = 500;

/**
 * Reads a body.
 * @param columns of the `columns` parameter: they stand for the keys of the first object
 * @throws RestError PGRST102
 */
export function readPayload(
  body: Buffer,
  contentType: string | undefined,
  options: { readonly forRoutine: boolean; readonly columns: readonly string[] | null },
): Payload {
  const type = (contentType ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  switch (type) {
    case 'application/json':
    case '':
      return readJson(decode(body), options);
    case 'application/x-www-form-urlencoded':
      return readForm(decode(body), options.forRoutine);
    case 'text/csv':
      return fromRecords(readCsv(decode(body)));
    case 'text/plain':
      if (options.forRoutine) return { kind: 'raw', type: 'text', text: decode(body) };
      break;
    case 'text/xml':
      if (options.forRoutine) return { kind: 'raw', type: 'xml', text: decode(body) };
      break;
    case 'application/octet-stream':
      if (options.forRoutine) return { kind: 'raw', type: 'bytea', text: `\\x${body.toString('hex')}` };
      break;
  }
  throw badBody(`Content-Type not acceptable: ${type}`);
}

function readJson(
  text: string,
  { forRoutine, columns }: { readonly forRoutine: boolean; readonly columns: readonly string[] | null },
): Payload {
  if (text === '' && forRoutine) return { kind: 'json', text: '{}', keys: [], isObject: true };
  if (tooDeep(text)) throw badBody('Empty or invalid json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badBody('Empty or invalid json');
  }
  const isObject = isRecord(value);
  if (columns !== null) return { kind: 'json', text, keys: [...new Set(columns)], isObject };
  if (isRecord(value)) return { kind: 'json', text, keys: Object.keys(value), isObject };
  if (!Array.isArray(value) || value.length === 0)
    return { kind: 'json', text: '[]', keys: [], isObject: false };
  const [first, ...others]: unknown[] = value;
  if (!isRecord(first)) throw badBody('All object keys must match');
  const keys = Object.keys(first);
  const expected = new Set(keys);
  if (!others.every((other) => isRecord(other) && sameKeys(Object.keys(other), expected))) {
    throw badBody('All object keys must match');
  }
  return { kind: 'json', text, keys, isObject: false };
}

/** Counts brackets outside strings; cheap enough for megabytes, and it ends at the first level too many. */
function tooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

function readForm(text: string, forRoutine: boolean): Payload {
  const fields = [...new URLSearchParams(text)];
  return forRoutine ? { kind: 'form', fields } : fromRecords([Object.fromEntries(fields)]);
}

function fromRecords(records: readonly Readonly<Record<string, string | null>>[]): Payload {
  return {
    kind: 'json',
    text: JSON.stringify(records),
    keys: Object.keys(records[0] ?? {}),
    isObject: false,
  };
}

/** RFC 4180; the word NULL is null, as PostgREST reads it. */
function readCsv(text: string): Record<string, string | null>[] {
  const [head = [], ...rows] = csvRows(text);
  if (head.length === 0) throw badBody('not enough input');
  if (rows.some((row) => row.length !== head.length))
    throw badBody('All lines must have same number of fields');
  return rows.map((row) =>
    Object.fromEntries(head.map((key, index) => [key, row[index] === 'NULL' ? null : (row[index] ?? null)])),
  );
}

function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (found === null) throw badBody('parse error (Failed reading: satisfy)');
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === ',') {
      if (cell.lastIndex === text.length) row.push('');
      else continue;
    }
    rows.push(row);
    row = [];
  }
  return rows;
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw badBody('Empty or invalid json');
  }
}

function sameKeys(keys: readonly string[], expected: ReadonlySet<string>): boolean {
  return keys.length === expected.size && keys.every((key) => expected.has(key));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
