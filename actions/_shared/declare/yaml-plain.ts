/**
 * A reader for the plain part of YAML our files are written in: block maps, lists of scalars and of maps,
 * one-line flow collections, plain and quoted scalars, `|` blocks. It is thirty times faster than the full parser and answers
 * `null` ("ask the full parser") for everything it is not certain about: every error, tabs, anchors, tags, escapes,
 * folded text, several lines of plain text. A test holds it to the full parser's answers on thousands of files.
 */
import { plainFlow } from './yaml-plain-flow.ts';
import { isPlainKey, isQuotedEnd, NOT_PLAIN, plainScalar } from './yaml-plain-scalar.ts';

/** The value of a file, in a box because the value may itself be null. */
export interface PlainYaml {
  readonly value: unknown;
}

const MAX_DEPTH = 16;

/** Null when the text is not certain to be plain. */
export function readPlainYaml(text: string): PlainYaml | null {
  if (!text.endsWith('\n') || UNCERTAIN.test(text)) return null;
  const reader = new LineReader(text.slice(0, -1).split('\n'));
  try {
    reader.skipBlank();
    if (reader.line === undefined) return null;
    if (reader.indent !== 0) return null;
    const value = readBlock(reader, 0, 0);
    return reader.line === undefined ? { value } : null;
  } catch (error) {
    if (error === NOT_PLAIN) return null;
    throw error;
  }
}

/** What is not certain: blanks but spaces and newlines, control characters, halves of characters, document markers, directives. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const UNCERTAIN = /[\0-\t\v-\x1f\x7f\ud800-\udfff]|[^\S \n]|^(?:---|\.\.\.|%)/m;

class LineReader {
  readonly lines: string[];
  at = 0;

  constructor(lines: string[]) {
    this.lines = lines;
  }

  get line(): string | undefined {
    return this.lines[this.at];
  }

  get indent(): number {
    return indentOf(this.line ?? '');
  }

  skipBlank(): void {
    for (let line = this.line; line !== undefined && isBlank(line); line = this.line) this.at += 1;
  }
}

function readBlock(reader: LineReader, indent: number, depth: number): unknown {
  if (depth > MAX_DEPTH) throw NOT_PLAIN;
  const line = reader.line ?? '';
  return line.startsWith('- ', indent) || line.slice(indent) === '-'
    ? readList(reader, indent, depth)
    : readMap(reader, indent, depth);
}

function readMap(reader: LineReader, indent: number, depth: number): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (let line = reader.line; line !== undefined; line = reader.line) {
    const here = indentOf(line);
    if (here < indent) break;
    if (here > indent) throw NOT_PLAIN;
    const colon = line.indexOf(':', indent);
    const key = line.slice(indent, colon);
    if (colon < 0 || !isPlainKey(key) || Object.hasOwn(map, key)) throw NOT_PLAIN;
    if (colon + 1 < line.length && line[colon + 1] !== ' ') throw NOT_PLAIN;
    map[key] = readValue(reader, line.slice(colon + 1), indent, depth);
    reader.skipBlank();
  }
  return map;
}

/** What stands behind `key:`; leaves the reader on the line after it. */
function readValue(reader: LineReader, rest: string, indent: number, depth: number): unknown {
  const text = rest.trimStart();
  reader.at += 1;
  if (text === '' || text.startsWith('#')) return readNested(reader, indent, depth);
  if (text.startsWith('|')) return readLiteral(reader, text, indent);
  const value = readInline(text);
  reader.skipBlank();
  if (reader.line !== undefined && reader.indent > indent) throw NOT_PLAIN;
  return value;
}

function readNested(reader: LineReader, indent: number, depth: number): unknown {
  reader.skipBlank();
  const line = reader.line;
  if (line === undefined) return null;
  const inner = indentOf(line);
  if (inner > indent) return readBlock(reader, inner, depth + 1);
  if (inner === indent && line.startsWith('- ', indent)) return readList(reader, indent, depth + 1);
  return null;
}

/** `- scalar`, `- [flow]` and `- key: value` with the other keys below the first; a list inside a list is left to the full parser. */
function readList(reader: LineReader, indent: number, depth: number): unknown[] {
  if (depth > MAX_DEPTH) throw NOT_PLAIN;
  const list: unknown[] = [];
  for (let line = reader.line; line !== undefined; line = reader.line) {
    const here = indentOf(line);
    if (here < indent || (here === indent && !line.startsWith('-', indent))) break;
    if (here > indent || !line.startsWith('- ', indent)) throw NOT_PLAIN;
    const text = line.slice(indent + 2).trimStart();
    if (text === '' || text.startsWith('#') || text.startsWith('|') || text.startsWith('- ') || text === '-')
      throw NOT_PLAIN;
    if (!/^["'{[]/.test(text) && /:(?:\s|$)/.test(text)) list.push(readListedMap(reader, text, depth));
    else {
      list.push(readInline(text));
      reader.at += 1;
      reader.skipBlank();
    }
    if (reader.line !== undefined && reader.indent > indent) throw NOT_PLAIN;
  }
  return list;
}

/** The map of a list's item: with a blank for the dash, it is a map like any other. */
function readListedMap(reader: LineReader, text: string, depth: number): Record<string, unknown> {
  const indent = (reader.line ?? '').length - text.length;
  reader.lines[reader.at] = ' '.repeat(indent) + text;
  return readMap(reader, indent, depth + 1);
}

/** A scalar or flow collection that begins and ends on this line, a comment after it allowed. */
function readInline(text: string): unknown {
  const first = text[0];
  if (first === '{' || first === '[') {
    const { value, end } = plainFlow(text, 0);
    if (!isQuotedEnd(text, end)) throw NOT_PLAIN;
    return value;
  }
  if (first === '"' || first === "'") {
    const end = text.indexOf(first, 1);
    if (end < 0 || text[end + 1] === first || !isQuotedEnd(text, end + 1)) throw NOT_PLAIN;
    const inner = text.slice(1, end);
    if (first === '"' && inner.includes('\\')) throw NOT_PLAIN;
    return inner;
  }
  const comment = text.indexOf(' #');
  const plain = (comment < 0 ? text : text.slice(0, comment)).trimEnd();
  if (plain.includes(': ') || plain.endsWith(':')) throw NOT_PLAIN;
  return plainScalar(plain);
}

/** A `|` or `|-` block: the lines below that are indented deeper. */
function readLiteral(reader: LineReader, header: string, indent: number): string {
  const match = /^\|(-?)(?: +#.*)? *$/.exec(header);
  if (match === null) throw NOT_PLAIN;
  const lines: string[] = [];
  let inner: number | null = null;
  for (let line = reader.line; line !== undefined; line = reader.line) {
    const blank = line.trim() === '';
    if (blank && line.length > (inner ?? 0)) throw NOT_PLAIN;
    if (!blank) {
      const here = indentOf(line);
      if (here <= indent) break;
      inner ??= here;
      if (here < inner) throw NOT_PLAIN;
    }
    lines.push(blank ? '' : line.slice(inner ?? 0));
    reader.at += 1;
  }
  if (inner === null) throw NOT_PLAIN;
  while (lines.at(-1) === '') lines.pop();
  return lines.join('\n') + (match[1] === '-' ? '' : '\n');
}

function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 0x20) indent += 1;
  return indent;
}

function isBlank(line: string): boolean {
  const indent = indentOf(line);
  return indent === line.length || line.charCodeAt(indent) === 0x23;
}
