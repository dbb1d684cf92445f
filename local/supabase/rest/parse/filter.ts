import { badQuery } from '../rest-error.ts';
import { type Field, readField, readPath } from './field.ts';
import { readName, readQuoted, type Scanner, scan, skipBlanks } from './scanner.ts';

/** Operators with one value. */
export const OPERATORS = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'match',
  'imatch',
  'isdistinct',
  'cs',
  'cd',
  'ov',
  'sl',
  'sr',
  'nxl',
  'nxr',
  'adj',
] as const;
/** One of {@link OPERATORS}. */
export type Operator = (typeof OPERATORS)[number];

/** Full text search. */
export const TEXT_SEARCHES = ['fts', 'plfts', 'phfts', 'wfts'] as const;
/** One of {@link TEXT_SEARCHES}. */
export type TextSearch = (typeof TEXT_SEARCHES)[number];

/** What a column is compared with. */
export type Comparison =
  | {
      readonly kind: 'operator';
      readonly operator: Operator;
      readonly quantifier: 'any' | 'all' | null;
      readonly value: string;
    }
  | { readonly kind: 'in'; readonly values: readonly string[] }
  | { readonly kind: 'is'; readonly value: 'null' | 'not_null' | 'true' | 'false' | 'unknown' }
  | {
      readonly kind: 'search';
      readonly search: TextSearch;
      readonly language: string | null;
      readonly value: string;
    };

/** A condition on one column. */
export interface Filter {
  readonly kind: 'filter';
  readonly field: Field;
  readonly negated: boolean;
  readonly comparison: Comparison;
}

/** Conditions joined by and, or. */
export interface Logic {
  readonly kind: 'logic';
  readonly operator: 'and' | 'or';
  readonly negated: boolean;
  readonly terms: readonly Condition[];
}

/** Either. */
export type Condition = Filter | Logic;

/** Something that belongs to the level `path` leads to. */
export interface AtPath<T> {
  readonly path: readonly string[];
  readonly value: T;
}

const operators: ReadonlySet<string> = new Set(OPERATORS);
const searches: ReadonlySet<string> = new Set(TEXT_SEARCHES);
const quantifiable: ReadonlySet<string> = new Set([
  'eq',
  'gte',
  'gt',
  'lte',
  'lt',
  'like',
  'ilike',
  'match',
  'imatch',
]);
/** Deeper than anybody writes, and far from the depth at which PostgreSQL's parser gives up. */
const deepest = 64;

/** True when a value looks like a condition; arguments of a function called by GET are told apart by this. */
export function looksLikeFilter(value: string): boolean {
  const [head = '', ...more] = value.split('.');
  if (more.length === 0) return false;
  const word = head.replace(/\((?:any|all|[^()]*)\)$/, '');
  return head === 'not' || head === 'is' || head === 'in' || operators.has(word) || searches.has(word);
}

/** Reads `a.b.column->key=not.eq.value`. @throws RestError PGRST100 */
export function readFilter(key: string, value: string): AtPath<Filter> {
  const { path, field } = readKey(key);
  const scanner = scan(value, `failed to parse filter (${value})`);
  const negated = scanner.skip('not.');
  const comparison = readComparison(scanner, plainValue);
  return { path, value: { kind: 'filter', field, negated, comparison } };
}

/** Reads `a.b.not.or=(x.eq.1,and(...))`. @throws RestError PGRST100 */
export function readLogic(key: string, value: string): AtPath<Logic> {
  const words = key.split('.');
  const operator = words.at(-1) === 'or' ? 'or' : 'and';
  const negated = words.at(-2) === 'not';
  const path = words.slice(0, negated ? -2 : -1).map((word) => word.replaceAll('"', ''));
  const scanner = scan(value, `failed to parse logic tree (${value})`);
  const terms = readTerms(scanner, 0);
  skipBlanks(scanner);
  if (!scanner.atEnd()) scanner.fail('end of input');
  return { path, value: { kind: 'logic', operator, negated, terms } };
}

/** Reads the key of `a.b.column->key`. */
export function readKey(key: string): { readonly path: readonly string[]; readonly field: Field } {
  const scanner = scan(key, `failed to parse tree path (${key})`);
  const names = [readName(scanner)];
  while (scanner.skip('.')) names.push(readName(scanner));
  const steps = readPath(scanner);
  if (!scanner.atEnd()) scanner.fail('letter, digit, "-", "->>", "->", delimiter (.) or end of input');
  return { path: names.slice(0, -1), field: { name: names.at(-1) ?? '', path: steps } };
}

function readTerms(scanner: Scanner, depth: number): Condition[] {
  if (depth > deepest)
    throw badQuery('too many nested conditions', `at most ${deepest} levels can be nested`);
  skipBlanks(scanner);
  scanner.expect('(');
  const terms: Condition[] = [];
  do {
    skipBlanks(scanner);
    terms.push(readTerm(scanner, depth));
    skipBlanks(scanner);
  } while (scanner.skip(','));
  scanner.expect(')');
  return terms;
}

const logicWord = /(not\.)?(and|or)(?=[ \t]*\()/y;

function readTerm(scanner: Scanner, depth: number): Condition {
  const word = scanner.match(logicWord);
  if (word !== null) {
    return {
      kind: 'logic',
      operator: word.endsWith('or') ? 'or' : 'and',
      negated: word.startsWith('not.'),
      terms: readTerms(scanner, depth + 1),
    };
  }
  if (scanner.startsWith(')')) {
    scanner.fail('field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)');
  }
  const field = readField(scanner);
  if (!scanner.skip('.')) scanner.fail('delimiter (.)');
  const negated = scanner.skip('not.');
  return { kind: 'filter', field, negated, comparison: readComparison(scanner, listedValue) };
}

const word = /[a-z]+/y;
const language = /\(([\p{L}\p{N}_ $]+)\)/uy;
const trilean = /(?:not_null|null|unknown|true|false)/iy;

function readComparison(scanner: Scanner, readValue: (scanner: Scanner) => string): Comparison {
  const start = scanner.position();
  const operator = scanner.match(word) ?? '';
  if (operator === 'in' && scanner.skip('.')) return { kind: 'in', values: readList(scanner) };
  if (operator === 'is' && scanner.skip('.')) return { kind: 'is', value: readTrilean(scanner) };
  if (isSearch(operator)) {
    const found = scanner.match(language);
    if (!scanner.skip('.')) scanner.fail('delimiter (.)');
    return {
      kind: 'search',
      search: operator,
      language: found?.slice(1, -1) ?? null,
      value: readValue(scanner),
    };
  }
  if (!isOperator(operator)) return scanner.fail('"not" or operator (eq, gt, ...)', start);
  let quantifier: 'any' | 'all' | null = null;
  if (quantifiable.has(operator))
    quantifier = scanner.skip('(any)') ? 'any' : scanner.skip('(all)') ? 'all' : null;
  if (!scanner.skip('.')) scanner.fail('delimiter (.)');
  return { kind: 'operator', operator, quantifier, value: readValue(scanner) };
}

function isOperator(text: string): text is Operator {
  return operators.has(text);
}

function isSearch(text: string): text is TextSearch {
  return searches.has(text);
}

function readTrilean(scanner: Scanner): 'null' | 'not_null' | 'true' | 'false' | 'unknown' {
  const found = scanner.match(trilean)?.toLowerCase();
  switch (found) {
    case 'null':
    case 'not_null':
    case 'true':
    case 'false':
    case 'unknown':
      return found;
    default:
      return scanner.fail('isVal: (null, not_null, true, false, unknown)');
  }
}

function readList(scanner: Scanner): string[] {
  skipBlanks(scanner);
  scanner.expect('(');
  const values: string[] = [];
  do values.push(quotedOr(scanner, /[^,)]*/y));
  while (scanner.skip(','));
  scanner.expect(')');
  skipBlanks(scanner);
  return values;
}

/** The rest of the text. */
function plainValue(scanner: Scanner): string {
  return scanner.match(/[\s\S]*/y) ?? '';
}

/** Inside a list: quoted, a PostgreSQL array, or up to the next comma. */
function listedValue(scanner: Scanner): string {
  const array = scanner.match(/\{[^{}]*\}/y);
  return array ?? quotedOr(scanner, /[^,)]*/y);
}

function quotedOr(scanner: Scanner, plain: RegExp): string {
  const start = scanner.position();
  const quoted = readQuoted(scanner);
  if (quoted !== null && (scanner.atEnd() || scanner.startsWith(',') || scanner.startsWith(')')))
    return quoted;
  scanner.rewind(start);
  return scanner.match(plain) ?? '';
}
