/**
 * Just enough of TypeScript's and JavaScript's grammar to tell code from comments, texts, templates, regular expressions
 * and JSX: what a search for imports needs, and nothing about what the code means.
 */

/** One piece of code; comments and blanks are left out. `end` is exclusive. */
export interface SourceToken {
  readonly kind: 'word' | 'number' | 'text' | 'template' | 'regex' | 'punctuator' | 'jsx';
  /** As written; for `text` what stands between the quotes, escapes resolved. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Words after which an operand begins, so that `/` opens a regular expression and `<` an element. */
const BEFORE_OPERAND = new Set(
  'await case delete do else extends in instanceof new of return throw typeof void yield default'.split(' '),
);
/** Words whose brackets are followed by a statement. */
const HEADS = new Set(['if', 'for', 'while', 'with']);
const PUNCTUATORS = ['...', '=>', '?.', '++', '--', '**', '&&', '||', '??', '==', '!='];

interface Bracket {
  readonly open: '(' | '[' | '{' | '${';
  /** Whether an operand may begin behind the closing bracket. */
  readonly operandBehind: boolean;
}

interface Scan {
  readonly source: string;
  readonly jsx: boolean;
  readonly tokens: SourceToken[];
  readonly brackets: Bracket[];
  at: number;
  /** Whether the next token begins an operand rather than continuing one. */
  operand: boolean;
}

/**
 * Splits a source file into tokens. Never throws: what makes no sense becomes single characters, as in an editor.
 *
 * @param options.jsx whether `<` may open an element: true for `.tsx` and `.jsx`
 * @param options.until nobody asks for more than the `behind` tokens that begin at this offset or behind it
 */
export function tokenizeSource(
  source: string,
  options: { readonly jsx: boolean; readonly until?: number; readonly behind?: number },
): SourceToken[] {
  const { jsx, until = source.length, behind = 0 } = options;
  const scan: Scan = { source, jsx, tokens: [], brackets: [], at: 0, operand: true };
  if (source.startsWith('#!')) scan.at = endOfLine(source, 0);
  while (scan.at < Math.min(until, source.length)) readToken(scan);
  const enough = scan.tokens.length + behind;
  while (scan.at < source.length && scan.tokens.length < enough) readToken(scan);
  return scan.tokens;
}

function readToken(scan: Scan): void {
  if (skipBlank(scan)) return;
  const { source, at } = scan;
  const character = source.charAt(at);
  if (character === '"' || character === "'") readText(scan);
  else if (character === '`') readTemplate(scan, at + 1);
  else if (character >= '0' && character <= '9') readPattern(scan, 'number', NUMBER);
  else if (beginsWord(source, at)) readWord(scan);
  else if (character === '/' && scan.operand) readRegex(scan);
  else if (character === '<' && scan.jsx && scan.operand && opensElement(source, at)) readElement(scan);
  else readPunctuator(scan);
}

/** Nearly all words are plain: the tables of Unicode are asked for the others alone, and made then. */
const PLAIN_START = /[A-Za-z$_#@\\]/;
const PLAIN_WORD = /[A-Za-z$_#@][0-9A-Za-z$_#@]*(?![0-9A-Za-z$_#@\\\u0080-\uffff])/y;
const NUMBER = /[0-9][0-9A-Za-z_.]*/y;
const BLANKS = /[\s\uFEFF]+/y;

function beginsWord(source: string, at: number): boolean {
  return source.charCodeAt(at) < 0x80
    ? PLAIN_START.test(source.charAt(at))
    : /\p{ID_Start}/u.test(codePoint(source, at));
}

/** Skips one run of blanks or one comment. */
function skipBlank(scan: Scan): boolean {
  const { source, at } = scan;
  if (source.startsWith('//', at)) {
    scan.at = endOfLine(source, at);
    return true;
  }
  if (source.startsWith('/*', at)) {
    const end = source.indexOf('*/', at + 2);
    scan.at = end < 0 ? source.length : end + 2;
    return true;
  }
  BLANKS.lastIndex = at;
  if (!BLANKS.test(source)) return false;
  scan.at = BLANKS.lastIndex;
  return true;
}

function endOfLine(source: string, from: number): number {
  const end = /[\n\r\u2028\u2029]/g;
  end.lastIndex = from;
  return end.exec(source)?.index ?? source.length;
}

function push(scan: Scan, token: SourceToken, operandBehind: boolean): void {
  scan.tokens.push(token);
  scan.at = token.end;
  scan.operand = operandBehind;
}

function readPattern(scan: Scan, kind: SourceToken['kind'], pattern: RegExp): void {
  pattern.lastIndex = scan.at;
  const value = pattern.exec(scan.source)?.[0] ?? scan.source.charAt(scan.at);
  push(scan, { kind, value, start: scan.at, end: scan.at + value.length }, false);
}

function readWord(scan: Scan): void {
  PLAIN_WORD.lastIndex = scan.at;
  const value = PLAIN_WORD.exec(scan.source)?.[0] ?? foreignWord(scan);
  const isMember = ['.', '?.'].includes(scan.tokens.at(-1)?.value ?? '');
  push(
    scan,
    { kind: 'word', value, start: scan.at, end: scan.at + value.length },
    !isMember && BEFORE_OPERAND.has(value),
  );
}

function foreignWord({ source, at }: Scan): string {
  const pattern = /(?:[\p{ID_Continue}$#@\u200c\u200d]|\\u\{?[0-9A-Fa-f]+\}?|\\)+/uy;
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? codePoint(source, at);
}

function readText(scan: Scan): void {
  const { source, at } = scan;
  const quote = source.charAt(at);
  let end = at + 1;
  // A text ends at its line: an apostrophe out of place must not swallow the rest of the file.
  while (end < source.length && source.charAt(end) !== quote && !/[\n\r]/.test(source.charAt(end))) {
    end += source.charAt(end) === '\\' ? 2 : 1;
  }
  const written = source.slice(at + 1, end);
  const value = written.includes('\\') ? resolveEscapes(written) : written;
  push(scan, { kind: 'text', value, start: at, end: Math.min(end + 1, source.length) }, false);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
};

function resolveEscapes(written: string): string {
  return written.replaceAll(
    /\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|[\s\S]))/g,
    (_all, ...groups: (string | undefined)[]) => {
      const [braced, four, two, other] = groups;
      const code = braced ?? four ?? two;
      if (code !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff));
      if (other === undefined || /[\r\n]/.test(other)) return '';
      return ESCAPES[other] ?? other;
    },
  );
}

/** Reads a template, from behind its start or behind a `}` in it, up to its end or the next `${`. */
function readTemplate(scan: Scan, from: number): void {
  const { source } = scan;
  const start = scan.at;
  let end = from;
  while (end < source.length) {
    if (source.charAt(end) === '`') {
      push(scan, { kind: 'template', value: source.slice(from, end), start, end: end + 1 }, false);
      return;
    }
    if (source.startsWith('${', end)) {
      scan.brackets.push({ open: '${', operandBehind: false });
      push(scan, { kind: 'punctuator', value: '${', start, end: end + 2 }, true);
      return;
    }
    end += source.charAt(end) === '\\' ? 2 : 1;
  }
  scan.at = source.length;
}

function readRegex(scan: Scan): void {
  const pattern = /\/(?:\\[^\n\r]|\[(?:\\[^\n\r]|[^\]\\\n\r])*\]|[^/\\[\n\r])+\/[A-Za-z]*/y;
  pattern.lastIndex = scan.at;
  if (pattern.test(scan.source)) readPattern(scan, 'regex', pattern);
  else readPunctuator(scan);
}

function readPunctuator(scan: Scan): void {
  const { source, at } = scan;
  const value = PUNCTUATORS.find((each) => source.startsWith(each, at)) ?? codePoint(source, at);
  const closing = value === '}' ? scan.brackets.pop() : undefined;
  const operandBehind = value === '}' ? (closing?.operandBehind ?? true) : mayOperandFollow(scan, value);
  push(scan, { kind: 'punctuator', value, start: at, end: at + value.length }, operandBehind);
  if (closing?.open === '${') readTemplate(scan, scan.at);
}

/** Whether an operand may begin behind a punctuator; brackets are remembered and taken back on the way. */
function mayOperandFollow(scan: Scan, value: string): boolean {
  const { brackets, tokens, operand } = scan;
  switch (value) {
    case '(':
      brackets.push({ open: value, operandBehind: HEADS.has(tokens.at(-1)?.value ?? '') });
      return true;
    case '[':
      brackets.push({ open: value, operandBehind: false });
      return true;
    case '{':
      // Behind a block comes a statement, behind an object an operator.
      brackets.push({ open: value, operandBehind: !opensObject(scan) });
      return true;
    case ')':
    case ']':
      return brackets.pop()?.operandBehind ?? false;
    case '++':
    case '--':
    case '!':
      // Before an operand or behind it: what may follow stays the same.
      return operand;
    default:
      return value !== '.' && value !== '?.';
  }
}

function opensObject({ operand, tokens }: Scan): boolean {
  const previous = tokens.at(-1);
  if (!operand || previous === undefined) return false;
  return !['=>', ';', '{', '}', ')', 'else', 'do'].includes(previous.value);
}

/** In `.tsx`, `<T,>` and `<T extends …>` open type parameters, everything else an element. */
function opensElement(source: string, at: number): boolean {
  return /^<(?:>|[A-Za-z_$][\w$.:-]*(?!\s*(?:,|extends\b))[\s/>])/.test(source.slice(at, at + 200));
}

/** Reads an element with its children. Code in braces is read as code; everything else is text. */
function readElement(scan: Scan): void {
  const start = scan.at;
  let depth = 0;
  do {
    const opening = readTag(scan);
    if (opening === 'open') depth += 1;
    if (opening === 'close') depth -= 1;
    if (depth > 0) readChildren(scan);
  } while (depth > 0 && scan.at < scan.source.length);
  push(scan, { kind: 'jsx', value: '', start, end: scan.at }, false);
}

function readTag(scan: Scan): 'open' | 'close' | 'empty' {
  const { source } = scan;
  const closing = source.charAt(scan.at + 1) === '/';
  scan.at += 1;
  while (scan.at < source.length) {
    const character = source.charAt(scan.at);
    if (character === '{') readBraced(scan);
    else if (character === '"' || character === "'") {
      const end = source.indexOf(character, scan.at + 1);
      scan.at = end < 0 ? source.length : end + 1;
    } else {
      scan.at += 1;
      if (character !== '>') continue;
      if (closing) return 'close';
      return source.charAt(scan.at - 2) === '/' ? 'empty' : 'open';
    }
  }
  return 'close';
}

function readChildren(scan: Scan): void {
  const { source } = scan;
  while (scan.at < source.length && source.charAt(scan.at) !== '<') {
    if (source.charAt(scan.at) === '{') readBraced(scan);
    else scan.at += 1;
  }
}

/** Code between braces inside an element; its tokens are kept, its brackets are its own. */
function readBraced(scan: Scan): void {
  const depth = scan.brackets.length;
  scan.operand = true;
  scan.brackets.push({ open: '{', operandBehind: true });
  scan.at += 1;
  while (scan.at < scan.source.length && scan.brackets.length > depth) readToken(scan);
}

function codePoint(source: string, at: number): string {
  return String.fromCodePoint(source.codePointAt(at) ?? 0);
}
