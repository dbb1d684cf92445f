/** SQL parsed offline with Postgres's own parser and held against the rules. Loaded for SQL that is more than calls of our own. */
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { SecretReference } from '../kinds/cron-call.ts';
import { type SqlTree, sqlParser, unitsOfBytes } from './sql-parser.ts';
import { isNode, SQL_RULES, type SqlNode, stringOf, textConstant } from './sql-rules.ts';

/** The parser takes blanks for a mistake of its caller. */
const NOTHING: SqlTree = { ok: true, tree: { stmts: [] } };

/** What `lintSql` says of SQL that has to be parsed. @throws ToolNeeded until the parser is loaded */
export function lintParsedSql(
  sql: string,
  path: ValuePath,
  report: ReportFinding,
): readonly SecretReference[] {
  const parsed = sql.trim() === '' ? NOTHING : sqlParser()(sql);
  if (!parsed.ok) {
    const at = Math.min(parsed.at, Math.max(0, sql.length - 1));
    report({
      severity: 'error',
      code: 'sql-syntax',
      message: `Postgres cannot parse this: ${parsed.message}`,
      hint: 'Fix the statement here.',
      at: { path, span: { start: at, end: wordEnd(sql, at) } },
    });
    return [];
  }
  const statements = isNode(parsed.tree) && Array.isArray(parsed.tree.stmts) ? parsed.tree.stmts : [];
  if (statements.length === 0) {
    report({
      severity: 'error',
      code: 'sql-empty',
      message: 'there is no statement here',
      hint: 'Write one, or remove the job.',
      at: { path },
    });
  }
  const walk: Walk = { sql, path, report, references: [], readsVault: false };
  try {
    for (const statement of statements) visitStatement(statement, walk);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report({
      severity: 'error',
      code: 'sql-too-deep',
      message: 'this statement is too deep to be checked',
      hint: 'Split it.',
      at: { path },
    });
  }
  return walk.references;
}

function visitStatement(statement: unknown, walk: Walk): void {
  const start =
    isNode(statement) && typeof statement.stmt_location === 'number' ? statement.stmt_location : 0;
  walk.readsVault = JSON.stringify(statement).includes('"relname":"decrypted_secrets"');
  visit(statement, statementStart(walk.sql, start), walk);
}

interface Walk {
  readonly sql: string;
  readonly path: ValuePath;
  readonly report: ReportFinding;
  readonly references: SecretReference[];
  readsVault: boolean;
}

/** Goes through a syntax tree. `near` is the offset of the nearest thing around that has one. */
function visit(value: unknown, near: number, walk: Walk): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, near, walk);
    return;
  }
  if (!isNode(value)) return;
  for (const [type, content] of Object.entries(value)) {
    if (!isNode(content)) {
      visit(content, near, walk);
      continue;
    }
    const own = placeOf(type, content);
    const at = own === null ? near : unitsOfBytes(walk.sql, own);
    const remark = SQL_RULES[type]?.(content);
    if (remark)
      walk.report({ ...remark, at: { path: walk.path, span: { start: at, end: wordEnd(walk.sql, at) } } });
    if (type === 'A_Expr' && walk.readsVault) noteSecret(content, walk);
    visit(content, at, walk);
  }
}

/** Byte offset of a node; writes have none of their own and are shown at their table. */
function placeOf(type: string, node: SqlNode): number | null {
  const writes = /^(?:Insert|Update|Delete|Merge)Stmt$/.test(type);
  const holder = writes && isNode(node.relation) ? node.relation : node;
  return typeof holder.location === 'number' && holder.location >= 0 ? holder.location : null;
}

/** `name = 'x'`, `'x' = name`, `name in ('x', 'y')` and `name = any (array['x'])` in a statement that reads Vault. */
function noteSecret(node: SqlNode, walk: Walk): void {
  const isEquals = Array.isArray(node.name) && node.name.some((part) => stringOf(part) === '=');
  if (!isEquals) return;
  const isLeft = isNameColumn(node.lexpr);
  const values = isLeft ? node.rexpr : isNameColumn(node.rexpr) ? node.lexpr : null;
  const sign = unitsOfBytes(walk.sql, placeOf('A_Expr', node) ?? 0);
  for (const secret of constantsOf(values)) {
    const quoted = `'${secret}'`;
    const start = isLeft ? walk.sql.indexOf(quoted, sign) : walk.sql.lastIndexOf(quoted, sign);
    const span = start < 0 ? {} : { span: { start: start + 1, end: start + 1 + secret.length } };
    walk.references.push({ secret, path: walk.path, use: 'sql', ...span });
  }
}

function constantsOf(node: unknown): readonly string[] {
  const list = isNode(node) && isNode(node.List) ? node.List.items : undefined;
  const array = isNode(node) && isNode(node.A_ArrayExpr) ? node.A_ArrayExpr.elements : list;
  const items: readonly unknown[] = Array.isArray(array) ? array : [node];
  return items.map(textConstant).filter((text) => text !== null);
}

function isNameColumn(node: unknown): boolean {
  if (isNode(node) && isNode(node.TypeCast)) return isNameColumn(node.TypeCast.arg);
  const fields = isNode(node) && isNode(node.ColumnRef) ? node.ColumnRef.fields : undefined;
  return Array.isArray(fields) && stringOf(fields.at(-1)) === 'name';
}

/** Past the blanks and comments a statement's recorded start includes. */
function statementStart(sql: string, bytes: number): number {
  const start = unitsOfBytes(sql, bytes);
  const skipped = /^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(sql.slice(start))?.[0].length ?? 0;
  return start + skipped;
}

function wordEnd(sql: string, at: number): number {
  const word = /^(?:\w+|'[^'\n]{0,80}'?|\S)/.exec(sql.slice(at))?.[0];
  return at + (word?.length ?? 1);
}
