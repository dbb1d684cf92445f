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
  const head = readHead(source);
  const rest = endOfLastKeyword(source, head.end);
  return rest === null ? head.found : scanTokens(source, fileName, rest);
}

/** Right before what is imported stands one of these words, and one of these characters or a comment behind it. */
const KEYWORD = /(?:from(?=\s*(?:['"]|\/[/*]))|import(?=\s*(?:['"(]|\/[/*]))|require(?=\s*(?:\(|\/[/*])))/g;

/** Where the last such word ends, null without one at `from` or behind it: what follows need not be read. */
function endOfLastKeyword(source: string, from: number): number | null {
  let end: number | null = null;
  KEYWORD.lastIndex = from;
  while (KEYWORD.test(source)) end = KEYWORD.lastIndex;
  return end;
}

/** Blanks, comments and semicolons between statements. */
const BETWEEN = /(?:[\s;]+|\/\/.*|\/\*[\s\S]*?\*\/)*/y;

const NAME = String.raw`[A-Za-z_$][\w$]*`;
const NAMES = String.raw`\{(?![^}]*(?<![\w$])\d)[\w$\s,]*\}`;
const FROM = String.raw`\s*(?<![\w$])from`;
const IMPORT = String.raw`import(?:\s+(type\s+)?(?:${NAME}|(?:${NAME}\s*,\s*)?(?:${NAMES}|\*\s*as\s+${NAME}))${FROM})?`;
const EXPORT = String.raw`export\s+(type\s+)?(?:${NAMES}|\*(?:\s*as\s+${NAME})?)${FROM}`;
/** `import` and `export … from` as nearly everybody writes them: names of plain letters, no comments, no escapes. */
const STATEMENT = new RegExp(String.raw`(?:${IMPORT}|${EXPORT})\s*(["'])([^"'\\\r\n]+)\3`, 'y');

/**
 * The imports a file begins with, and where they end. In most files these are all, found without a token being made;
 * whatever is written in another way ends them, and is read token by token.
 */
function readHead(source: string): { readonly found: ImportReference[]; readonly end: number } {
  const found: ImportReference[] = [];
  let at = 0;
  for (;;) {
    BETWEEN.lastIndex = at;
    BETWEEN.test(source);
    STATEMENT.lastIndex = BETWEEN.lastIndex;
    const match = STATEMENT.exec(source);
    if (match === null) return { found, end: at };
    const [, importType, exportType, , specifier = ''] = match;
    at = STATEMENT.lastIndex;
    const kind = (importType ?? exportType) === undefined ? 'static' : 'type';
    found.push({ specifier, kind, start: at - specifier.length - 2, end: at });
  }
}

/** @param lastKeyword nothing is imported behind the word that ends here */
function scanTokens(source: string, fileName: string, lastKeyword: number): ImportReference[] {
  const tokens = tokenizeSource(source, {
    jsx: /\.[jt]sx$/i.test(fileName),
    until: lastKeyword,
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
