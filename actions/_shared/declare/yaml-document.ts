/**
 * YAML with positions, through the `yaml` library: what is wrong with a file and where, and where a value stands.
 * Slow (half a millisecond a file) and large, so it is imported only for files that need it.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import type { FindingPlace, ReportFinding, ValuePath } from './finding.ts';
import { placeInScalar, type ScalarStyle } from './scalar-places.ts';
import { explainYamlErrors } from './yaml-errors.ts';

export interface YamlDocument {
  /** Plain JSON value of the file; undefined when it could not be read (reported). */
  readonly value: unknown;
  /** Offsets in the text of what a finding points at; the nearest thing there is when the path has no end. */
  readonly locate: (place: FindingPlace) => { readonly start: number; readonly end: number };
}

/** Deeper nesting than any declaration has; protects the stack. */
const MAX_DEPTH = 64;

/** Reads one YAML document. Never throws; what the language does not allow is reported. */
export function readYamlDocument(text: string, report: ReportFinding): YamlDocument {
  const document = parse(text, report);
  if (document === null) return { value: undefined, locate: () => ({ start: 0, end: 0 }) };
  let failed = false;
  const error = (
    code: string,
    message: string,
    hint: string,
    node: { range?: readonly number[] | null | undefined },
  ): void => {
    failed = true;
    const from = node.range?.[0] ?? 0;
    const start = code === 'yaml-alias' || code === 'yaml-tag' ? propertiesOf(text, from) : from;
    report({ severity: 'error', code, message, hint, at: { start, end: node.range?.[1] ?? start } });
  };
  for (const problem of explainYamlErrors(document.errors, text, (end) => openingOf(document, end))) {
    failed = true;
    report({ severity: 'error', ...problem });
  }
  const value = failed ? undefined : plainValue(document.contents, error, 0);
  return { value: failed ? undefined : value, locate: (place) => locate(document, place, text) };
}

function parse(text: string, report: ReportFinding): Document.Parsed | null {
  try {
    return parseDocument(text, {
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
      version: '1.2',
    });
  } catch (error) {
    const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error);
    report({
      severity: 'error',
      code: 'yaml-syntax',
      message: `the file cannot be read as YAML: ${reason}`,
      hint: 'Simplify the file.',
      at: { start: 0, end: 0 },
    });
    return null;
  }
}

/** Where the tag and the anchor before a node begin, which its own place leaves out. */
function propertiesOf(text: string, start: number): number {
  const before = text.slice(Math.max(0, start - 200), start);
  return start - (/(?:[&!]\S*[ \t]+)+$/.exec(before)?.[0].length ?? 0);
}

/** Where the outermost text in quotes or brackets begins that ends at `end`. */
function openingOf(document: Document.Parsed, end: number): number | null {
  let found: number | null = null;
  visit(document, (_, node) => {
    const bracketed = isCollection(node) && node.flow === true;
    const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
    if (!(bracketed || quoted) || node.range?.[1] !== end) return undefined;
    found = node.range[0];
    return visit.BREAK;
  });
  return found;
}

type ReportNode = (
  code: string,
  message: string,
  hint: string,
  node: { range?: readonly number[] | null | undefined },
) => void;

/** The JSON value of a node. Reports what YAML allows and our files do not. */
function plainValue(node: unknown, error: ReportNode, depth: number): unknown {
  if (node === null || node === undefined) return null;
  if (depth > MAX_DEPTH) {
    error('yaml-too-deep', `nested deeper than ${MAX_DEPTH} levels`, 'Flatten it.', node);
    return null;
  }
  if (isAlias(node) || ((isScalar(node) || isCollection(node)) && node.anchor !== undefined)) {
    error(
      'yaml-alias',
      'anchors (`&`) and aliases (`*`) are not part of this language',
      'Write the value out; put `*` schedules in quotes.',
      node,
    );
    return null;
  }
  if (
    (isScalar(node) || isCollection(node)) &&
    node.tag !== undefined &&
    !node.tag.startsWith('tag:yaml.org,2002:')
  ) {
    error(
      'yaml-tag',
      `the tag \`${node.tag}\` is not part of this language`,
      'Put the text in quotes if the `!` is meant literally.',
      node,
    );
    return null;
  }
  if (isScalar(node)) return plainScalar(node, error);
  if (isSeq(node)) return node.items.map((item) => plainValue(item, error, depth + 1));
  if (isMap(node)) return plainMap(node.items, error, depth);
  return null;
}

function plainMap(items: readonly unknown[], error: ReportNode, depth: number): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const item of items) {
    if (!isPair(item)) continue;
    const key = keyOf(item);
    const at = hasRange(item.key) ? item.key : {};
    if (key === null) {
      error('yaml-key', 'a key must be a word', 'Write `name: value`.', at);
    } else if (entries.has(key)) {
      error(
        'duplicate-key',
        `the key \`${key}\` is written twice here`,
        'Remove one; the later one would silently win.',
        at,
      );
    } else if (isScalar(item.key) && item.key.anchor !== undefined) {
      error('yaml-alias', 'anchors (`&`) are not part of this language', 'Write the value out.', at);
    } else {
      entries.set(key, plainValue(item.value, error, depth + 1));
    }
  }
  return Object.fromEntries(entries);
}

function plainScalar(node: Scalar, error: ReportNode): unknown {
  const { value } = node;
  switch (typeof value) {
    case 'string':
      if (value.includes('\0') || !value.isWellFormed()) {
        error(
          'yaml-character',
          'this text holds a character the database cannot store',
          'Remove the zero byte or the broken escape.',
          node,
        );
      }
      return value;
    case 'number':
      if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
        error(
          'yaml-number',
          'this number cannot be kept exactly',
          'Put it in quotes if it is meant as text.',
          node,
        );
      }
      return value;
    case 'boolean':
      return value;
    default:
      if (value !== null && value !== undefined) {
        error('yaml-tag', 'this tag is not part of this language', 'Write the value as text.', node);
      }
      return null;
  }
}

/** The text of a key, null when it is not a plain word, number or truth value. */
function keyOf(pair: Pair): string | null {
  const key = isScalar(pair.key) ? pair.key.value : pair.key;
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : null;
}

function hasRange(node: unknown): node is Node {
  return isScalar(node) || isCollection(node) || isAlias(node);
}

function locate(
  document: Document.Parsed,
  place: FindingPlace,
  text: string,
): { start: number; end: number } {
  if (!('path' in place)) return { start: place.start, end: place.end };
  const found = follow(document, place.path);
  const node = place.part === 'key' || !hasRange(found.value) ? found.key : found.value;
  const at = hasRange(node) ? node : hasRange(found.value) ? found.value : null;
  if (at === null) return firstContent(text);
  const [start = 0, end = start] = at.range ?? [];
  if (place.span === undefined || !isScalar(at)) return isScalar(at) ? { start, end } : { start, end: start };
  return insideScalar(at, text, place.span);
}

/** The deepest key and value that exist along a path. */
function follow(
  document: Document.Parsed,
  path: ValuePath,
): { readonly key: unknown; readonly value: unknown } {
  let key: unknown = null;
  let value: unknown = document.contents;
  for (const part of path) {
    if (isSeq(value)) {
      const item = value.items[Number(part)];
      if (item === undefined) break;
      key = item;
      value = item;
    } else if (isMap(value)) {
      const pair = value.items.find((item) => keyOf(item) === String(part));
      if (pair === undefined) break;
      key = pair.key;
      value = pair.value;
    } else break;
  }
  return { key, value };
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'block',
  BLOCK_FOLDED: 'block',
};

function insideScalar(
  scalar: Scalar,
  text: string,
  span: { start: number; end: number },
): { start: number; end: number } {
  const [start = 0, end = start] = scalar.range ?? [];
  const style = STYLES[scalar.type ?? ''] ?? 'plain';
  return placeInScalar(String(scalar.value), { text, start, end, style }, span);
}

function firstContent(text: string): { start: number; end: number } {
  const start = Math.max(0, text.search(/^[^#\s]/m));
  return { start, end: start };
}
