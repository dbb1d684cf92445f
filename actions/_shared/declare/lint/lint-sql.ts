/** The SQL of a job, parsed offline with Postgres's own parser and held against the rules. */
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { SecretReference } from '../kinds/cron-call.ts';
import { isOwnCall } from './own-call.ts';
import { sqlParser, unitsOfBytes } from './sql-parser.ts';
import { isNode, SQL_RULES, type SqlNode, stringOf, textConstant } from './sql-rules.ts';

/** Reports faults inside the text at `path`, and returns the Vault secrets the SQL reads by name. */
export function lintSql(sql: string, path: ValuePath, report: ReportFinding): readonly SecretReference[] {
  if (isOwnCall(sql)) return [];
  const parsed = sqlParser()(sql);
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
  const writes = type === 'InsertStmt' || type === 'UpdateStmt' || type === 'DeleteStmt';
  const holder = writes && isNode(node.relation) ? node.relation : node;
  return typeof holder.location === 'number' && holder.location >= 0 ? holder.location : null;
}

/** `name = 'x'` in a statement that reads Vault. */
function noteSecret(node: SqlNode, walk: Walk): void {
  const isEquals = Array.isArray(node.name) && node.name.some((part) => stringOf(part) === '=');
  if (!isEquals || !isNameColumn(node.lexpr)) return;
  const secret = textConstant(node.rexpr);
  if (secret === null) return;
  const start = walk.sql.indexOf(`'${secret}'`);
  const span = start < 0 ? {} : { span: { start: start + 1, end: start + 1 + secret.length } };
  walk.references.push({ secret, path: walk.path, use: 'sql', ...span });
}

function isNameColumn(node: unknown): boolean {
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
