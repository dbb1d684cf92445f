import { badQuery, RestError } from '../rest-error.ts';
import { type Field, readField } from './field.ts';
import { readName, type Scanner, scan, skipBlanks } from './scanner.ts';

/** A column of the answer. */
export interface SelectedField {
  readonly kind: 'field';
  /** `*` for all columns. */
  readonly field: Field;
  readonly alias: string | null;
  readonly cast: string | null;
}

/** Another table inside the answer. */
export interface SelectedRelation {
  readonly kind: 'relation';
  readonly name: string;
  readonly alias: string | null;
  readonly hint: string | null;
  readonly join: 'inner' | 'left' | null;
  /** `...name(columns)`: its columns among ours. */
  readonly spread: boolean;
  readonly select: Select;
}

/** The `select` of one level. */
export type Select = readonly (SelectedField | SelectedRelation)[];

/** PostgreSQL ends at 1,664 columns with an error of its own fault class; a caller gets to hear it as a 400 instead. */
const mostItems = 1_600;
const deepest = 32;
const castName = /[\p{L}\p{N}_ $]+/uy;
const aggregate = /\.(?:count|sum|avg|max|min)\(\)/y;

/** Reads a `select` parameter. @throws RestError PGRST100, PGRST123 */
export function readSelect(text: string): Select {
  const scanner = scan(text, `failed to parse select parameter (${text})`);
  const budget = { items: mostItems };
  const select = readItems(scanner, budget, 0);
  if (!scanner.atEnd()) scanner.fail('letter, digit, "-", "->>", "->", "::", "," or end of input');
  return select;
}

function readItems(scanner: Scanner, budget: { items: number }, depth: number): Select {
  if (depth > deepest)
    throw badQuery('too many nested resources', `at most ${deepest} levels can be selected`);
  const items: (SelectedField | SelectedRelation)[] = [];
  do {
    budget.items -= 1;
    if (budget.items < 0)
      throw badQuery('too many columns selected', `at most ${mostItems} items can be selected`);
    skipBlanks(scanner);
    items.push(readItem(scanner, budget, depth));
    skipBlanks(scanner);
  } while (scanner.skip(','));
  return items;
}

function readItem(
  scanner: Scanner,
  budget: { items: number },
  depth: number,
): SelectedField | SelectedRelation {
  if (scanner.skip('*')) return star;
  const start = scanner.position();
  const spread = scanner.skip('...') || scanner.skip('..');
  const relation = tryRelation(scanner, spread);
  if (relation !== null) {
    const select = scanner.startsWith(')') ? [] : readItems(scanner, budget, depth + 1);
    scanner.expect(')');
    return { ...relation, select };
  }
  scanner.rewind(start);
  if (scanner.match(/count\(\)/y) !== null) throw noAggregates();
  return readSelectedField(scanner);
}

const star: SelectedField = { kind: 'field', field: { name: '*', path: [] }, alias: null, cast: null };

/** `alias:name!hint!inner(`; null, wherever the scanner then is, when it is no relation. */
function tryRelation(scanner: Scanner, spread: boolean): Omit<SelectedRelation, 'select'> | null {
  if (/^count\(\)/.test(rest(scanner))) return null;
  const alias = spread ? null : tryAlias(scanner);
  const name = spread ? readName(scanner) : tryName(scanner);
  if (name === null) return null;
  let hint: string | null = null;
  let join: 'inner' | 'left' | null = null;
  for (let count = 0; count < 2 && scanner.skip('!'); count += 1) {
    const word = readName(scanner);
    if (word === 'inner' || word === 'left') join ??= word;
    else hint ??= word;
  }
  if (!scanner.skip('(')) {
    if (spread) scanner.fail('"("');
    return null;
  }
  return { kind: 'relation', name, alias, hint, join, spread };
}

function rest(scanner: Scanner): string {
  const at = scanner.position();
  const text = scanner.match(/.{0,8}/sy) ?? '';
  scanner.rewind(at);
  return text;
}

function readSelectedField(scanner: Scanner): SelectedField {
  const alias = tryAlias(scanner);
  const field = readField(scanner);
  const cast = scanner.skip('::')
    ? (scanner.match(castName) ?? scanner.fail('letter or digit')).trim()
    : null;
  if (scanner.match(aggregate) !== null) throw noAggregates();
  return { kind: 'field', field, alias, cast };
}

/** A name followed by one colon; two make a cast. */
function tryAlias(scanner: Scanner): string | null {
  const start = scanner.position();
  const name = tryName(scanner);
  if (name !== null && scanner.startsWith(':') && !scanner.startsWith('::') && scanner.skip(':')) return name;
  scanner.rewind(start);
  return null;
}

function tryName(scanner: Scanner): string | null {
  const start = scanner.position();
  if (scanner.match(/["\p{L}\p{N}_ $]/uy) === null) return null;
  scanner.rewind(start);
  try {
    return readName(scanner);
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    scanner.rewind(start);
    return null;
  }
}

function noAggregates(): RestError {
  return new RestError(400, 'PGRST123', 'Use of aggregate functions is not allowed');
}
