/**
 * Split the text of a migration into statements, the way `supabase db push` (CLI 3.1) records them in
 * `supabase_migrations.schema_migrations.statements`: comments and white space inside are kept, the closing semicolons
 * and the space around a statement are not, and what is empty then is left out. Where that tool deviates from SQL (the
 * first `)` closes every open parenthesis) we follow it: rows must be equal whoever wrote them.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  while (start < sql.length) {
    const end = statementEnd(sql, start);
    const statement = sql.slice(start, end).replace(/;+$/, '').trim();
    if (statement !== '') statements.push(statement);
    start = end;
  }
  return statements;
}

/** Index just past the semicolon that ends the statement starting at `start`, or the end of the text. */
function statementEnd(sql: string, start: number): number {
  let at = start;
  let inParentheses = false;
  while (at < sql.length) {
    const character = sql[at];
    if (character === ';' && !inParentheses) return at + 1;
    if (character === '(') inParentheses = true;
    if (character === ')') inParentheses = false;
    const next = skipOpaque(sql, at, start);
    if (next === at + 1 && !inParentheses && endsBeginAtomic(sql, start, next)) {
      at = skipAtomicBody(sql, next);
    } else {
      at = next;
    }
  }
  return sql.length;
}

/** Past a literal, quoted name or comment that starts at `at`; one character on where none does. */
function skipOpaque(sql: string, at: number, start: number): number {
  switch (sql[at]) {
    case "'":
      return skipQuoted(sql, at, isEscapeString(sql, at, start));
    case '"':
      return skipQuoted(sql, at, false);
    case '$':
      return skipDollarQuoted(sql, at, start);
    case '-':
      return sql[at + 1] === '-' ? skipLineComment(sql, at + 2) : at + 1;
    case '/':
      return sql[at + 1] === '*' ? skipBlockComment(sql, at + 2) : at + 1;
    case '\\':
      return Math.min(at + 2, sql.length);
    default:
      return at + 1;
  }
}

function isNameCharacter(character: string | undefined): boolean {
  return character !== undefined && (/[A-Za-z0-9_$]/.test(character) || character.charCodeAt(0) >= 128);
}

function isBlank(character: string | undefined): boolean {
  return character !== undefined && ' \t\n\r\f\v'.includes(character);
}

function isEscapeString(sql: string, quote: number, start: number): boolean {
  const prefix = quote - 1;
  if (prefix < start || (sql[prefix] !== 'E' && sql[prefix] !== 'e')) return false;
  return prefix === start || !isNameCharacter(sql[prefix - 1]);
}

function skipQuoted(sql: string, open: number, backslashes: boolean): number {
  const quote = sql[open];
  let at = open + 1;
  while (at < sql.length) {
    if (backslashes && sql[at] === '\\') {
      at += 2;
    } else if (sql[at] !== quote) {
      at += 1;
    } else if (sql[at + 1] === quote) {
      at += 2;
    } else {
      return backslashes ? skipContinuation(sql, at + 1) : at + 1;
    }
  }
  return sql.length;
}

/** An escape string goes on in the next line's literal, and so do its backslashes. */
function skipContinuation(sql: string, from: number): number {
  let at = from;
  let newline = false;
  while (at < sql.length) {
    if (isBlank(sql[at])) {
      newline ||= sql[at] === '\n' || sql[at] === '\r';
      at += 1;
    } else if (sql.startsWith('--', at)) {
      at = skipLineComment(sql, at + 2);
      newline = true;
    } else if (newline && sql[at] === "'") {
      return skipQuoted(sql, at, true);
    } else {
      return from;
    }
  }
  return from;
}

function skipDollarQuoted(sql: string, open: number, start: number): number {
  if (open > start && isNameCharacter(sql[open - 1])) return open + 1;
  let at = open + 1;
  while (at < sql.length && sql[at] !== '$') {
    if (!isNameCharacter(sql[at])) return open + 1;
    at += 1;
  }
  if (at >= sql.length) return open + 1;
  const tag = sql.slice(open, at + 1);
  const close = sql.indexOf(tag, at + 1);
  return close === -1 ? sql.length : close + tag.length;
}

function skipLineComment(sql: string, from: number): number {
  let at = from;
  while (at < sql.length && sql[at] !== '\n' && sql[at] !== '\r') at += 1;
  return Math.min(at + 1, sql.length);
}

function skipBlockComment(sql: string, from: number): number {
  let depth = 1;
  let at = from;
  while (at < sql.length && depth > 0) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
    } else {
      at += 1;
    }
  }
  return at;
}

/** True when the text up to `end` closes with the words `begin atomic`. */
function endsBeginAtomic(sql: string, start: number, end: number): boolean {
  const last = sql[end - 1];
  if (last !== 'c' && last !== 'C') return false;
  return /(^|[^A-Za-z0-9_$\u0080-\uffff])begin[ \t\n\r\f\v]+atomic$/i.test(
    sql.slice(Math.max(start, end - 64), end),
  );
}

/** Past the `end` of a `begin atomic` body: the one that opens a statement of it, so no `case ... end` is mistaken. */
function skipAtomicBody(sql: string, from: number): number {
  let at = from;
  let opensStatement = true;
  let inParentheses = false;
  while (at < sql.length) {
    const character = sql[at];
    if (opensStatement && /^end(?![A-Za-z0-9_$\u0080-\uffff])/i.test(sql.slice(at, at + 4))) return at + 3;
    if (character === '(') inParentheses = true;
    if (character === ')') inParentheses = false;
    const blank = isBlank(character) || sql.startsWith('--', at) || sql.startsWith('/*', at);
    if (character === ';' && !inParentheses) opensStatement = true;
    else if (!blank) opensStatement = false;
    at = skipOpaque(sql, at, from);
  }
  return sql.length;
}
