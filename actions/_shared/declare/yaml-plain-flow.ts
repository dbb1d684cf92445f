/** One-line flow collections: `{ attempts: 3, on: [5xx, timeout] }`. */
import { isPlainKey, NOT_PLAIN, plainScalar } from './yaml-plain-scalar.ts';

interface Read {
  readonly value: unknown;
  /** Offset just past what was read. */
  readonly end: number;
}

const MAX_DEPTH = 16;
/** Plain text inside brackets that no rule of flow scalars could read otherwise. */
const PLAIN = /[A-Za-z0-9_/^$(-][A-Za-z0-9_ ./%+=~^$()@*-]*/y;

/** Reads the collection that opens at `at`. Throws NOT_PLAIN for whatever is not certain. */
export function plainFlow(text: string, at: number, depth = 0): Read {
  if (depth > MAX_DEPTH) throw NOT_PLAIN;
  return text[at] === '{' ? readMap(text, at, depth) : readList(text, at, depth);
}

function readMap(text: string, open: number, depth: number): Read {
  const map: Record<string, unknown> = {};
  let at = skipBlanks(text, open + 1);
  if (text[at] === '}') return { value: map, end: at + 1 };
  for (;;) {
    const colon = text.indexOf(':', at);
    const key = text.slice(at, colon);
    if (colon < 0 || text[colon + 1] !== ' ' || !isPlainKey(key) || Object.hasOwn(map, key)) throw NOT_PLAIN;
    const item = readItem(text, skipBlanks(text, colon + 1), depth);
    map[key] = item.value;
    at = skipBlanks(text, item.end);
    if (text[at] === '}') return { value: map, end: at + 1 };
    at = nextItem(text, at);
  }
}

function readList(text: string, open: number, depth: number): Read {
  const list: unknown[] = [];
  let at = skipBlanks(text, open + 1);
  if (text[at] === ']') return { value: list, end: at + 1 };
  for (;;) {
    const item = readItem(text, at, depth);
    list.push(item.value);
    at = skipBlanks(text, item.end);
    if (text[at] === ']') return { value: list, end: at + 1 };
    at = nextItem(text, at);
  }
}

/** Past a comma; a comma before the closing bracket is left to the full parser. */
function nextItem(text: string, at: number): number {
  if (text[at] !== ',') throw NOT_PLAIN;
  return skipBlanks(text, at + 1);
}

function readItem(text: string, at: number, depth: number): Read {
  const first = text[at];
  if (first === '{' || first === '[') return plainFlow(text, at, depth + 1);
  if (first === '"' || first === "'") {
    const end = text.indexOf(first, at + 1);
    const inner = text.slice(at + 1, end);
    if (end < 0 || text[end + 1] === first || (first === '"' && inner.includes('\\'))) throw NOT_PLAIN;
    return { value: inner, end: end + 1 };
  }
  PLAIN.lastIndex = at;
  const plain = PLAIN.exec(text)?.[0];
  if (plain === undefined || plain.startsWith('- ') || plain === '-') throw NOT_PLAIN;
  const end = at + plain.length;
  if (!/^[,\]}]/.test(text.slice(end, end + 1))) throw NOT_PLAIN;
  return { value: plainScalar(plain.trimEnd()), end };
}

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) === 0x20) next += 1;
  return next;
}
