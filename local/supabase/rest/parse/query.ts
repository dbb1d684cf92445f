/** The query string of a request, sorted into what it means. */
import { badQuery, RestError } from '../rest-error.ts';
import { type AtPath, type Condition, looksLikeFilter, readFilter, readKey, readLogic } from './filter.ts';
import { type OrderTerm, readOrder } from './order.ts';
import { readName, scan, skipBlanks } from './scanner.ts';
import { readSelect, type Select } from './select.ts';

/** Rows to return. */
export interface Range {
  readonly offset: number;
  /** Null for all. */
  readonly limit: number | null;
}

/** A query string that has been read. */
export interface Query {
  readonly select: Select;
  readonly conditions: readonly AtPath<Condition>[];
  readonly orders: readonly AtPath<readonly OrderTerm[]>[];
  readonly ranges: readonly AtPath<Range>[];
  /** Arguments of a function called by GET. */
  readonly arguments: readonly (readonly [string, string])[];
  readonly columns: readonly string[] | null;
  readonly onConflict: readonly string[] | null;
  /** The parameters sorted by name, for Content-Location. */
  readonly canonical: string;
}

/**
 * Reads a query string.
 * @param mixed true for a function called by GET: what is no condition is an argument
 * @throws RestError PGRST100, PGRST103, PGRST123
 */
export function readQuery(search: string, mixed: boolean): Query {
  const parameters = splitParameters(search);
  const conditions: AtPath<Condition>[] = [];
  const orders: AtPath<readonly OrderTerm[]>[] = [];
  const given: [string, string][] = [];
  const limits = new Map<string, { limit?: number; offset?: number }>();
  for (const [key, value] of parameters) {
    const last = key.slice(key.lastIndexOf('.') + 1);
    if (key === 'select' || key === 'columns' || key === 'on_conflict') continue;
    if (last === 'and' || last === 'or') conditions.push(readLogic(key, value));
    else if (last === 'order') orders.push({ path: pathOf(key), value: readOrder(value) });
    else if (last === 'limit' || last === 'offset') {
      const level = key.slice(0, Math.max(0, key.lastIndexOf('.')));
      limits.set(level, { ...limits.get(level), ...readLimit(last, value) });
    } else if (mixed && !key.includes('.') && !looksLikeFilter(value)) given.push([key, value]);
    else conditions.push(readFilter(key, value));
  }
  const only = (name: string): string | undefined => parameters.find(([key]) => key === name)?.[1];
  const columns = only('columns');
  const onConflict = only('on_conflict');
  return {
    select: readSelect(only('select') || '*'),
    conditions,
    orders,
    ranges: [...limits].map(([level, { limit = null, offset = 0 }]) => ({
      path: level === '' ? [] : [...readKey(level).path, readKey(level).field.name],
      value: { limit, offset },
    })),
    arguments: given,
    columns: columns === undefined ? null : readNames(columns, 'columns parameter'),
    onConflict: onConflict === undefined ? null : readNames(onConflict, 'on_conflict parameter'),
    canonical: [...new URLSearchParams(search)]
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
      .join('&'),
  };
}

function splitParameters(search: string): [string, string][] {
  if (search === '') return [];
  return search
    .split('&')
    .filter((part) => part !== '')
    .map((part): [string, string] => {
      const equals = part.indexOf('=');
      return equals < 0
        ? [decode(part), '']
        : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    })
    .filter(([key, value]) => value !== '' || !['limit', 'offset', 'order'].includes(key));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw badQuery('the query string is not valid percent-encoded UTF-8', 'a parameter cannot be decoded');
  }
}

/** The level an order belongs to: `clients.order` is about clients. */
function pathOf(key: string): readonly string[] {
  return readKey(key).path;
}

/** As PostgREST: what is no number is passed over, what is negative is refused. */
function readLimit(which: 'limit' | 'offset', value: string): { limit?: number; offset?: number } {
  if (!/^-?\d{1,15}$/.test(value)) {
    if (/^-?\d+$/.test(value)) throw unsatisfiable('The number is out of range.');
    return {};
  }
  const number = Number(value);
  if (which === 'limit') {
    if (number < 0) throw unsatisfiable('Limit should be greater than or equal to zero.');
    return { limit: number };
  }
  return { offset: Math.max(0, number) };
}

/** 416 of a range that makes no sense. */
export function unsatisfiable(details: string): RestError {
  return new RestError(416, 'PGRST103', 'Requested range not satisfiable', { details });
}

function readNames(text: string, what: string): string[] {
  const scanner = scan(text, `failed to parse ${what} (${text})`);
  const names: string[] = [];
  do {
    skipBlanks(scanner);
    names.push(readName(scanner));
    skipBlanks(scanner);
  } while (scanner.skip(','));
  if (!scanner.atEnd()) scanner.fail('"," or end of input');
  return names;
}
