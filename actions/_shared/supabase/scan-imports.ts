import { type SourceToken, tokenizeSource } from './source-tokens.ts';

/** One import of a source file. Offsets are of what is imported, quotes included. */
export interface ImportReference {
  /** What is imported, as written; null when it is computed while the program runs. */
  readonly specifier: string | null;
  readonly kind: 'static' | 'type' | 'dynamic';
  readonly start: number;
  readonly end: number;
}

/**
 * Finds what a TypeScript or JavaScript file imports: `import` and `export … from`, types included, and `import()` with
 * a fixed text. Comments, texts, regular expressions and JSX are told apart from code.
 *
 * @param fileName decides whether `<` may open an element
 * @returns in the order of the file
 */
export function scanImports(source: string, fileName: string): ImportReference[] {
  const tokens = tokenizeSource(source, {
    jsx: /\.[jt]sx$/i.test(fileName),
    until: endOfLastKeyword(source),
    // `( 'text' )` at most.
    behind: 3,
  });
  const found: ImportReference[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token?.kind !== 'word' || !mayImport(tokens, index)) continue;
    const reference = token.value === 'import' ? readImport(tokens, index) : readExport(tokens, index);
    if (reference !== null) found.push(reference);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Right before what is imported stands one of these words, and one of these characters or a comment behind it. */
const KEYWORDS = [
  { word: 'from', behind: /\s*(?:['"]|\/[/*])/y },
  { word: 'import', behind: /\s*(?:['"(]|\/[/*])/y },
  { word: 'require', behind: /\s*(?:\(|\/[/*])/y },
] as const;

/** Behind the last such word nothing need be read, and most files have all of them on top. */
function endOfLastKeyword(source: string): number {
  return Math.max(...KEYWORDS.map(({ word, behind }) => endOfLast(source, word, behind)));
}

function endOfLast(source: string, word: string, behind: RegExp): number {
  let at = source.lastIndexOf(word);
  while (at >= 0) {
    behind.lastIndex = at + word.length;
    if (behind.test(source)) return at + word.length;
    at = at === 0 ? -1 : source.lastIndexOf(word, at - 1);
  }
  return 0;
}

/** False for `x.import(…)`, `{ import: 1 }` and `{ import() {} }`'s likes. */
function mayImport(tokens: readonly SourceToken[], index: number): boolean {
  const word = tokens[index]?.value;
  if (word !== 'import' && word !== 'export') return false;
  if (isPunctuator(tokens[index - 1], '.', '?.')) return false;
  return !isPunctuator(tokens[index + 1], ':', ',', '=', ';', '}');
}

function readImport(tokens: readonly SourceToken[], index: number): ImportReference | null {
  const next = tokens[index + 1];
  if (next === undefined || isPunctuator(next, '.')) return null;
  if (next.kind === 'text') return reference(next, 'static');
  if (isPunctuator(next, '(')) return readCall(tokens, index + 1);
  const kind = isTypeOnly(tokens, index + 1) ? 'type' : 'static';
  return readClause(tokens, index + 1, kind);
}

/** `import type X from`, but not `import type from`. */
function isTypeOnly(tokens: readonly SourceToken[], index: number): boolean {
  if (tokens[index]?.value !== 'type') return false;
  const [next, afterNext] = [tokens[index + 1], tokens[index + 2]];
  if (isPunctuator(next, ',')) return false;
  return !(next?.value === 'from' && afterNext?.kind === 'text');
}

/** Names up to `from '…'`, or `= require('…')`. Gives up at whatever can't stand in an import clause. */
function readClause(
  tokens: readonly SourceToken[],
  from: number,
  kind: 'static' | 'type',
): ImportReference | null {
  let depth = 0;
  for (let index = from; index < tokens.length; index += 1) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token === undefined) return null;
    if (isPunctuator(token, '{')) depth += 1;
    else if (isPunctuator(token, '}')) depth -= 1;
    else if (depth === 0 && token.value === 'from' && next?.kind === 'text') return reference(next, kind);
    else if (depth === 0 && isPunctuator(token, '=')) return readRequire(tokens, index + 1, kind);
    else if (!mayStandInClause(token, depth)) return null;
    if (depth < 0) return null;
  }
  return null;
}

function mayStandInClause(token: SourceToken, depth: number): boolean {
  if (token.kind === 'word') return true;
  if (token.kind === 'text') return depth > 0;
  return isPunctuator(token, ',', '*');
}

function readRequire(
  tokens: readonly SourceToken[],
  index: number,
  kind: 'static' | 'type',
): ImportReference | null {
  const [word, open, text] = tokens.slice(index, index + 3);
  if (word?.value !== 'require' || !isPunctuator(open, '(') || text?.kind !== 'text') return null;
  return reference(text, kind);
}

function readCall(tokens: readonly SourceToken[], index: number): ImportReference | null {
  const [argument, behind] = tokens.slice(index + 1, index + 3);
  // `import()` without an argument is a method of that name.
  if (argument === undefined || isPunctuator(argument, ')')) return null;
  const fixed = argument.kind === 'text' || argument.kind === 'template';
  if (fixed && isPunctuator(behind, ')', ',')) return reference(argument, 'dynamic');
  return { specifier: null, kind: 'dynamic', start: argument.start, end: argument.end };
}

/** `export * from`, `export * as x from`, `export { … } from`, each also with `type`. */
function readExport(tokens: readonly SourceToken[], index: number): ImportReference | null {
  const isType = tokens[index + 1]?.value === 'type' && isPunctuator(tokens[index + 2], '{', '*');
  const first = index + (isType ? 2 : 1);
  if (!isPunctuator(tokens[first], '{', '*')) return null;
  let depth = 0;
  for (let position = first; position < tokens.length; position += 1) {
    const token = tokens[position];
    const next = tokens[position + 1];
    if (token === undefined) return null;
    if (isPunctuator(token, '{')) depth += 1;
    else if (isPunctuator(token, '}')) {
      depth -= 1;
      if (next?.value !== 'from') return null;
    } else if (depth === 0 && token.value === 'from') {
      return next?.kind === 'text' ? reference(next, isType ? 'type' : 'static') : null;
    } else if (!mayStandInClause(token, depth)) return null;
  }
  return null;
}

function reference(token: SourceToken, kind: ImportReference['kind']): ImportReference {
  return { specifier: token.value, kind, start: token.start, end: token.end };
}

function isPunctuator(token: SourceToken | undefined, ...values: readonly string[]): boolean {
  return token?.kind === 'punctuator' && values.includes(token.value);
}
