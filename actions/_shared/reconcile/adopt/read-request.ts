import { parse } from 'libpg-query';
import { isNode, jsonConstant, listOf, nameOf, nodeOf, stringConstant, withoutCasts } from './sql-node.ts';
import { type TextPart, textParts } from './text-parts.ts';

/** A request a command sends through pg_net, as far as it is constant. */
export interface NetRequest {
  readonly method: 'get' | 'post' | 'delete';
  readonly url: readonly TextPart[];
  readonly headers: readonly { readonly name: string; readonly value: readonly TextPart[] }[];
  readonly body: unknown;
  readonly timeoutMs: number;
  /** Parts of the body that are worked out at the time of the call. */
  readonly variable: readonly string[];
}

const POSITIONS = {
  http_get: ['url', 'params', 'headers', 'timeout_milliseconds'],
  http_post: ['url', 'body', 'params', 'headers', 'timeout_milliseconds'],
  http_delete: ['url', 'params', 'headers', 'timeout_milliseconds', 'body'],
} as const;
const METHODS = { http_get: 'get', http_post: 'post', http_delete: 'delete' } as const;

/** pg_net's own default. */
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Read a command that is exactly one `select net.http_...(...)`; `undefined` for every other command, also for one
 * whose request depends on more than constants and secrets.
 */
export async function readNetRequest(command: string): Promise<NetRequest | undefined> {
  const call = onlyCall(await parseQuietly(command));
  if (call === undefined) return undefined;
  const name = nameOf(listOf(call, 'funcname')).replace(/^net\./, '');
  if (name !== 'http_get' && name !== 'http_post' && name !== 'http_delete') return undefined;
  const given = readArguments(call, POSITIONS[name]);
  const url = textParts(given.get('url'));
  const headers = given.has('headers') ? readHeaders(given.get('headers')) : [];
  const body = readBody(given.get('body'));
  const timeout = given.has('timeout_milliseconds')
    ? jsonConstant(withoutCasts(given.get('timeout_milliseconds')))
    : DEFAULT_TIMEOUT_MS;
  if (url === undefined || headers === undefined || body === undefined || typeof timeout !== 'number')
    return undefined;
  if (given.has('params') && !isEmptyJson(given.get('params'))) return undefined;
  return { method: METHODS[name], url, headers, ...body, timeoutMs: timeout };
}

async function parseQuietly(command: string): Promise<unknown> {
  try {
    return await parse(command);
  } catch {
    // What Postgres can't parse was never a working job; it is shown as it is.
    return undefined;
  }
}

function onlyCall(tree: unknown) {
  if (!isNode(tree)) return undefined;
  const [first, ...more] = listOf(tree, 'stmts');
  if (!isNode(first) || more.length > 0) return undefined;
  const select = nodeOf(first.stmt, 'SelectStmt');
  const [target, ...targets] = listOf(select, 'targetList');
  if (targets.length > 0 || listOf(select, 'fromClause').length > 0 || select?.whereClause !== undefined) {
    return undefined;
  }
  const call = nodeOf(nodeOf(target, 'ResTarget')?.val, 'FuncCall');
  return nameOf(listOf(call, 'funcname')).startsWith('net.') ? call : undefined;
}

function readArguments(
  call: Readonly<Record<string, unknown>>,
  positions: readonly string[],
): Map<string, unknown> {
  const given = new Map<string, unknown>();
  for (const [index, argument] of listOf(call, 'args').entries()) {
    const named = nodeOf(argument, 'NamedArgExpr');
    const name = typeof named?.name === 'string' ? named.name : positions[index];
    if (name !== undefined) given.set(name, named === undefined ? argument : named.arg);
  }
  return given;
}

/** Pairs of a `jsonb_build_object(...)`, or of a JSON constant. */
function readPairs(
  expression: unknown,
): readonly { readonly name: string; readonly value: unknown }[] | undefined {
  const call = nodeOf(withoutCasts(expression), 'FuncCall');
  if (call === undefined) return undefined;
  const name = nameOf(listOf(call, 'funcname')).replace(/^pg_catalog\./, '');
  if (name !== 'jsonb_build_object' && name !== 'json_build_object') return undefined;
  const parts = listOf(call, 'args');
  const pairs: { name: string; value: unknown }[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const key = stringConstant(withoutCasts(parts[index]));
    if (key === undefined) return undefined;
    pairs.push({ name: key, value: parts[index + 1] });
  }
  return pairs;
}

function jsonText(expression: unknown): unknown {
  const text = stringConstant(withoutCasts(expression));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function readHeaders(expression: unknown): NetRequest['headers'] | undefined {
  const constant = jsonText(expression);
  if (isNode(constant)) {
    return Object.entries(constant).map(([name, value]) => ({
      name,
      value: [{ kind: 'text', text: String(value) }],
    }));
  }
  const pairs = readPairs(expression);
  if (pairs === undefined) return undefined;
  const headers: { name: string; value: TextPart[] }[] = [];
  for (const { name, value } of pairs) {
    const parts = textParts(value);
    if (parts === undefined) return undefined;
    headers.push({ name, value: parts });
  }
  return headers;
}

function readBody(expression: unknown): Pick<NetRequest, 'body' | 'variable'> | undefined {
  if (expression === undefined) return { body: undefined, variable: [] };
  const constant = jsonText(expression);
  if (constant !== undefined) return { body: constant, variable: [] };
  const pairs = readPairs(expression);
  if (pairs === undefined)
    return isClock(expression) ? { body: undefined, variable: ['the body'] } : undefined;
  const body: Record<string, unknown> = {};
  const variable: string[] = [];
  for (const { name, value } of pairs) {
    const inner = jsonConstant(withoutCasts(value)) ?? (isNull(value) ? null : undefined);
    const nested = inner === undefined ? readBody(value) : undefined;
    if (inner !== undefined) body[name] = inner;
    else if (isClock(value)) variable.push(name);
    else if (nested !== undefined && nested.variable.length === 0) body[name] = nested.body;
    else return undefined;
  }
  return { body: Object.keys(body).length === 0 ? undefined : body, variable };
}

function isNull(expression: unknown): boolean {
  return nodeOf(withoutCasts(expression), 'A_Const')?.isnull === true;
}

/** True when all that varies in an expression is the time. */
function isClock(expression: unknown): boolean {
  const inside = withoutCasts(expression);
  if (jsonConstant(inside) !== undefined) return true;
  if (nodeOf(inside, 'SQLValueFunction') !== undefined) return true;
  const operator = nodeOf(inside, 'A_Expr');
  if (operator !== undefined) return isClock(operator.lexpr) && isClock(operator.rexpr);
  const call = nodeOf(inside, 'FuncCall');
  if (call === undefined) return false;
  const name = nameOf(listOf(call, 'funcname')).replace(/^pg_catalog\./, '');
  if (['now', 'clock_timestamp', 'statement_timestamp'].includes(name)) return true;
  return ['concat', 'to_char', 'format'].includes(name) && listOf(call, 'args').every(isClock);
}

function isEmptyJson(expression: unknown): boolean {
  const value = jsonText(expression);
  return isNode(value) && Object.keys(value).length === 0;
}
