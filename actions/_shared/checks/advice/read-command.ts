/** What a hand-made command does, read from Postgres's own syntax tree; what can't be parsed is read by pattern. */
import { lintSql } from '../../declare/lint/lint-sql.ts';
import { sqlParser } from '../../declare/lint/sql-parser.ts';
import { functionName, isNode, type SqlNode, textConstant } from '../../declare/lint/sql-rules.ts';
import { withTools } from '../../declare/tool.ts';
import { holdsSecret, redactSecrets } from '../../reconcile/redact.ts';

/** A request a command sends by itself. */
export interface NetCall {
  /** `net.http_post` and so on. */
  readonly function: string;
  /** Names of arguments given by name. */
  readonly names: readonly string[];
  readonly positional: number;
}

/** What is known of a command. Holds no secret: URLs come without user and query, texts redacted. */
export interface CommandReading {
  readonly parsed: boolean;
  readonly holdsSecret: boolean;
  /** Codes of the lint of declared SQL, with its words. */
  readonly remarks: readonly { readonly code: string; readonly message: string }[];
  readonly netCalls: readonly NetCall[];
  /** Names of the functions it calls, lower case, with their schema where it is written. */
  readonly calls: readonly string[];
  /** Vault secrets it reads by name. */
  readonly secrets: readonly string[];
  /** Literal addresses, scheme, host and path only. */
  readonly urls: readonly string[];
  /** Whether it deletes from the history of pg_cron. */
  readonly purgesHistory: boolean;
}

/** Reads one command. Never throws for what is in it. */
export function readCommand(command: string): Promise<CommandReading> {
  return withTools(() => readNow(command));
}

function readNow(command: string): CommandReading {
  const tree = sqlParser()(command);
  const remarks: { code: string; message: string }[] = [];
  const references = lintSql(command, [], ({ severity, code, message }) => {
    if (severity !== 'notice') remarks.push({ code, message: redactSecrets(message) });
  });
  const found: Found = { netCalls: [], calls: new Set(), texts: [], bodies: [] };
  if (tree.ok) visit(tree.tree, found, 0);
  else found.bodies.push(command);
  for (const body of found.bodies) readText(body, found);
  return {
    parsed: tree.ok,
    holdsSecret: holdsSecret(command),
    remarks,
    netCalls: found.netCalls,
    calls: [...found.calls],
    secrets: [...new Set([...references.map(({ secret }) => secret), ...secretsInText(command)])],
    urls: [...new Set([...found.texts, ...found.bodies].flatMap(urlsIn))],
    purgesHistory: /delete\s+from\s+cron\.job_run_details/i.test(command),
  };
}

interface Found {
  readonly netCalls: NetCall[];
  readonly calls: Set<string>;
  readonly texts: string[];
  /** Text of blocks in another language, which the parser leaves as text. */
  readonly bodies: string[];
}

const DEEPEST = 500;

function visit(value: unknown, found: Found, depth: number): void {
  if (depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(item, found, depth + 1);
    return;
  }
  if (!isNode(value)) return;
  const text = textConstant(value);
  if (text !== null) found.texts.push(text);
  for (const [type, content] of Object.entries(value)) {
    if (type === 'FuncCall' && isNode(content)) noteCall(content, found);
    if (type === 'DoStmt') found.bodies.push(...stringsIn(content));
    visit(content, found, depth + 1);
  }
}

function noteCall(node: SqlNode, found: Found): void {
  const name = functionName(node).toLowerCase();
  found.calls.add(name);
  if (!NET_FUNCTION.test(name)) return;
  const args: readonly unknown[] = Array.isArray(node.args) ? node.args : [];
  const names = args.flatMap((arg) =>
    isNode(arg) && isNode(arg.NamedArgExpr) ? [String(arg.NamedArgExpr.name)] : [],
  );
  found.netCalls.push({ function: name, names, positional: args.length - names.length });
}

const NET_FUNCTION = /^net\.http_(?:get|post|delete)$/;

function stringsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (!isNode(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'sval' && typeof inner === 'string' ? [inner] : stringsIn(inner),
  );
}

/** The same by pattern, for text nobody parses. */
function readText(text: string, found: Found): void {
  const bare = text.replaceAll(/--[^\n]*/g, '');
  for (const [, name = ''] of bare.matchAll(/([a-z_][\w$]*\.[a-z_][\w$]*)\s*\(/gi)) {
    const called = name.toLowerCase();
    found.calls.add(called);
    // Arguments are not told apart here: nothing is said about them.
    if (NET_FUNCTION.test(called))
      found.netCalls.push({ function: called, names: ['timeout_milliseconds'], positional: 0 });
  }
}

function secretsInText(command: string): readonly string[] {
  if (!/decrypted_secrets/i.test(command)) return [];
  return [...command.matchAll(/\bname\s*=\s*'([^']{1,200})'/gi)].map(([, name = '']) => name);
}

function urlsIn(text: string): readonly string[] {
  return [...text.matchAll(/https?:\/\/[^\s'"\\<>]{3,500}/gi)].flatMap(([written]) => {
    if (!URL.canParse(written)) return [];
    const { origin, pathname } = new URL(written);
    return [`${origin}${pathname}`];
  });
}
