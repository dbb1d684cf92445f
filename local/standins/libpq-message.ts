/**
 * What libpq would say: pg_cron in hosted's mode stores these texts as `return_message`.
 */

/** The fields of an error PostgreSQL sent. */
export interface ServerError {
  readonly severity: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly where?: string | undefined;
  readonly position?: string | undefined;
  readonly internalPosition?: string | undefined;
  readonly internalQuery?: string | undefined;
}

/** The outcome of the last statement of a command. */
export interface StatementOutcome {
  /** The server's command tag, for example `INSERT 0 2`; undefined when there was no statement at all. */
  readonly tag: string | undefined;
  /** Rows sent back; null when the statement returns none by its nature. */
  readonly rows: number | null;
}

/** `return_message` of a run that succeeded. */
export function successMessage(outcome: StatementOutcome | undefined): string {
  if (outcome?.tag === undefined) return '0 rows';
  if (outcome.rows === null) return outcome.tag;
  return outcome.rows === 1 ? '1 row' : `${outcome.rows} rows`;
}

/** The text PQresultErrorMessage gives at default verbosity; ends with a newline. `query` is what was sent. */
export function errorMessage(error: ServerError, query: string): string {
  const lines = [`${error.severity}:  ${error.message}`];
  if (error.position !== undefined) lines.push(...pointAt(query, Number(error.position)));
  else if (error.internalPosition !== undefined && error.internalQuery !== undefined) {
    lines.push(...pointAt(error.internalQuery, Number(error.internalPosition)));
  }
  if (error.detail !== undefined) lines.push(`DETAIL:  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`HINT:  ${error.hint}`);
  if (error.internalQuery !== undefined) lines.push(`QUERY:  ${error.internalQuery}`);
  if (error.where !== undefined) lines.push(`CONTEXT:  ${error.where}`);
  return `${lines.join('\n')}\n`;
}

/** Columns libpq shows of the line an error is on, and how many it keeps right of the error. */
const displaySize = 60;
const minRight = 10;

function pointAt(text: string, position: number): string[] {
  const characters = [...text];
  const index = position - 1;
  if (index < 0 || index > characters.length) return [];
  let start = index;
  while (start > 0 && !isBreak(characters[start - 1])) start -= 1;
  let end = index;
  while (end < characters.length && !isBreak(characters[end])) end += 1;
  const number = characters.slice(0, start).filter((character) => character === '\n').length + 1;
  const { from, to } = cut(end - start, index - start);
  const shown = characters
    .slice(start + from, start + to)
    .join('')
    .replaceAll('\t', ' ');
  const prefix = `LINE ${number}: ${from > 0 ? '...' : ''}`;
  const suffix = start + to < end ? '...' : '';
  return [`${prefix}${shown}${suffix}`, `${' '.repeat(prefix.length + index - start - from)}^`];
}

function isBreak(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}

/** libpq's rule (reportErrorPosition): first shorten on the right, then on the left. */
function cut(length: number, at: number): { from: number; to: number } {
  let from = 0;
  let to = length;
  if (to - from <= displaySize) return { from, to };
  if (from + displaySize >= at + minRight) return { from, to: from + displaySize };
  if (at + minRight < to) to = at + minRight;
  if (to - from > displaySize) from = to - displaySize;
  return { from, to };
}
