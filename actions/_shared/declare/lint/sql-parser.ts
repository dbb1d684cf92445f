/** Postgres's own parser (libpg-query, WebAssembly), loaded when the first job with SQL is read. */
import { tool } from '../tool.ts';

/** A syntax tree as libpg-query gives it: nodes are objects with one key, their type. */
export type SqlTree =
  | { readonly ok: true; readonly tree: unknown }
  | { readonly ok: false; readonly message: string; readonly at: number };

export type SqlParser = (sql: string) => SqlTree;

/** Deeper brackets than any statement of a job has; the parser's stack is small. */
const MAX_BRACKETS = 200;

/** The parser; `at` of an error is an offset in UTF-16 units, as JavaScript counts. @throws ToolNeeded until it is loaded */
export const sqlParser = tool(load);

/**
 * V8 would answer some calls into this parser by optimising it: seconds of work and half a gigabyte of memory on a
 * background thread that the process then waits for, to save less than that even on thousands of statements. So
 * WebAssembly stays with the baseline compiler. (10,000 files, 2,500 with SQL: 2.7 s and 212 MB instead of 5.2 s and 690 MB.)
 */
const BASELINE_ONLY = ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'];

async function load(): Promise<SqlParser> {
  const { setFlagsFromString } = await import('node:v8');
  for (const flag of BASELINE_ONLY) setFlagsFromString(flag);
  const { loadModule, parseSync } = await import('libpg-query');
  await loadModule();
  return (sql) => {
    const deep = tooDeep(sql);
    if (deep !== null) return { ok: false, message: 'brackets are nested too deeply', at: deep };
    try {
      return { ok: true, tree: parseSync(sql) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { ok: false, message: error.message, at: unitsOfCharacters(sql, cursorOf(error)) };
    }
  };
}

function cursorOf(error: Error): number {
  const details = 'sqlDetails' in error ? error.sqlDetails : undefined;
  const cursor =
    typeof details === 'object' && details !== null && 'cursorPosition' in details
      ? details.cursorPosition
      : 0;
  return typeof cursor === 'number' ? cursor : 0;
}

function tooDeep(sql: string): number | null {
  let depth = 0;
  for (let index = 0; index < sql.length; index += 1) {
    const char = sql[index];
    if (char === '(' || char === '[') depth += 1;
    if (char === ')' || char === ']') depth -= 1;
    if (depth > MAX_BRACKETS) return index;
  }
  return null;
}

/** Postgres counts characters, JavaScript UTF-16 units. */
function unitsOfCharacters(sql: string, characters: number): number {
  return [...sql].slice(0, Math.max(0, characters)).join('').length;
}

/** Offset in UTF-16 units for the byte offsets the syntax tree holds. */
export function unitsOfBytes(sql: string, bytes: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(sql).subarray(0, Math.max(0, bytes))).length;
}
