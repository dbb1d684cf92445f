/** What may not, or should not, stand in the SQL of a job. A rule is one entry: the node it looks at and what it says. */

export interface SqlRemark {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Looks at one node; `sql` is the whole text. Null when there is nothing to say. */
type SqlRule = (node: SqlNode) => SqlRemark | null;

/** The content of a syntax node. */
export type SqlNode = Readonly<Record<string, unknown>>;

const error = (code: string, message: string, hint: string): SqlRemark => ({
  severity: 'error',
  code,
  message,
  hint,
});
const warning = (code: string, message: string, hint: string): SqlRemark => ({
  severity: 'warning',
  code,
  message,
  hint,
});

const outside = (what: string): SqlRemark =>
  error(
    'sql-outside-transaction',
    `${what} cannot run inside a transaction, and a job's SQL always does`,
    'Do it from a workflow or a runbook that holds its own connection.',
  );

/** Rules by node type. */
export const SQL_RULES: Readonly<Record<string, SqlRule>> = {
  CopyStmt: (node) => {
    if (node.filename !== undefined)
      return warning(
        'sql-copy',
        'COPY to or from a file or program of the server needs rights that hosted databases do not give',
        'Read and write tables.',
      );
    return error(
      'sql-copy',
      'COPY to stdout or from stdin stops the scheduler: no job runs any more until a restart',
      'Use insert ... select, or copy from a client.',
    );
  },
  TransactionStmt: () =>
    error(
      'sql-transaction',
      'a job runs in one transaction of its own and cannot begin or end it',
      'Remove it; split the work into several jobs if each part must be kept.',
    ),
  VacuumStmt: (node) => (node.is_vacuumcmd === true ? outside('VACUUM') : null),
  IndexStmt: (node) => (node.concurrent === true ? outside('CREATE INDEX CONCURRENTLY') : null),
  DropStmt: (node) => (node.concurrent === true ? outside('DROP INDEX CONCURRENTLY') : null),
  ReindexStmt: (node) => (isConcurrent(node) ? outside('REINDEX CONCURRENTLY') : null),
  CreatedbStmt: () => outside('CREATE DATABASE'),
  DropdbStmt: () => outside('DROP DATABASE'),
  AlterSystemStmt: () => outside('ALTER SYSTEM'),
  InsertStmt: (node) => writeRemark(tableOf(node), 'insert'),
  UpdateStmt: (node) => writeRemark(tableOf(node), 'update') ?? withoutWhere(node, 'update'),
  DeleteStmt: (node) => writeRemark(tableOf(node), 'delete') ?? withoutWhere(node, 'delete'),
  MergeStmt: (node) => writeRemark(tableOf(node), 'insert'),
  ParamRef: (node) =>
    warning(
      'sql-parameter',
      `\`$${node.number ?? 0}\` stands for a value, and a job is given none`,
      'Write the value, or dollar quotes with a tag (`$q$`).',
    ),
  DiscardStmt: (node) => (node.target === 'DISCARD_ALL' ? outside('DISCARD ALL') : null),
  FuncCall: (node) => functionRemark(functionName(node), textArguments(node), argumentNames(node)),
  DoStmt: (node) =>
    /\b(?:commit|rollback)\s*;/i.test(JSON.stringify(node.args ?? ''))
      ? error(
          'sql-transaction',
          'this block ends the transaction, and a job runs inside one',
          'Remove the commit or rollback.',
        )
      : null,
};

function writeRemark(table: string, verb: 'insert' | 'update' | 'delete'): SqlRemark | null {
  if (table === 'cron.job') {
    return error(
      'sql-cron-write',
      'cron.job must not be written to: hosted databases forbid it, and we would see it as drift',
      'Declare the job in runbooks/cron/.',
    );
  }
  if (table === 'vault.secrets' && verb !== 'delete') {
    return error(
      'sql-vault-write',
      'writing vault.secrets stores the value unencrypted and breaks every read',
      'Declare the secret in runbooks/secrets.yaml.',
    );
  }
  if (table.startsWith('net.')) {
    return error(
      'sql-net-write',
      "a row put into pg_net's tables by hand wakes nobody and is lost",
      'Use `call: { function: ... }` or `call: { http: ... }`.',
    );
  }
  return null;
}

function withoutWhere(node: SqlNode, verb: string): SqlRemark | null {
  if (node.whereClause !== undefined) return null;
  return warning(
    'sql-without-where',
    `${verb} without \`where\` touches every row`,
    'Add a condition; `where true` says that every row is meant.',
  );
}

function functionRemark(name: string, texts: readonly string[], names: readonly string[]): SqlRemark | null {
  if (
    name === 'current_setting' &&
    texts.some((text) => /service_role|anon_key|jwt_secret|secret_key/i.test(text))
  ) {
    return error(
      'sql-setting-secret',
      'this setting does not exist on hosted databases: the job would fail every time',
      'Use `auth:` on a call, or read vault.decrypted_secrets.',
    );
  }
  if (name === 'net.http_get' && names.includes('body')) {
    return error(
      'sql-http-get-body',
      'net.http_get has no argument `body`',
      'Use `call: { http: ... }` with `method: post`.',
    );
  }
  if (/^net\.http_(?:get|post|delete)$/.test(name)) {
    const hint =
      'Use `call: { function: ... }` or `call: { http: ... }`, which follow the answer, retry and alert.';
    return warning(
      'sql-http-call',
      `${name} only queues the request: the job would succeed whatever the answer is`,
      hint,
    );
  }
  if (/^vault\.(?:create|update)_secret$/.test(name) && texts.length > 0) {
    return error(
      'sql-vault-write',
      'a secret written in SQL ends up in logs and in the history',
      'Declare the secret in runbooks/secrets.yaml.',
    );
  }
  if (/^cron\.(?:schedule|schedule_in_database|unschedule|alter_job)$/.test(name)) {
    return warning(
      'sql-cron-write',
      `${name} changes the schedule behind the files' back: the next plan calls it drift`,
      'Declare the job in runbooks/cron/.',
    );
  }
  return null;
}

function isConcurrent(node: SqlNode): boolean {
  return JSON.stringify(node.params ?? '').includes('"concurrently"');
}

/** `schema.table` of a statement's target; the table alone when no schema is written. */
export function tableOf(node: SqlNode): string {
  const relation = node.relation;
  if (!isNode(relation)) return '';
  return relation.schemaname === undefined
    ? String(relation.relname)
    : `${relation.schemaname}.${relation.relname}`;
}

/** The dotted name of a called function, without `pg_catalog`. */
export function functionName(node: SqlNode): string {
  const parts = Array.isArray(node.funcname) ? node.funcname.map(stringOf) : [];
  return parts.filter((part) => part !== null && part !== 'pg_catalog').join('.');
}

function textArguments(node: SqlNode): readonly string[] {
  const args: readonly unknown[] = Array.isArray(node.args) ? node.args : [];
  return args.map(textConstant).filter((text) => text !== null);
}

function argumentNames(node: SqlNode): readonly string[] {
  const args: readonly unknown[] = Array.isArray(node.args) ? node.args : [];
  return args
    .map((arg) => (isNode(arg) && isNode(arg.NamedArgExpr) ? String(arg.NamedArgExpr.name) : ''))
    .filter((name) => name !== '');
}

/** The text of a string constant, null for anything else. */
export function textConstant(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (isNode(node.NamedArgExpr)) return textConstant(node.NamedArgExpr.arg);
  if (isNode(node.TypeCast)) return textConstant(node.TypeCast.arg);
  const constant = node.A_Const;
  const text = isNode(constant) && isNode(constant.sval) ? constant.sval.sval : undefined;
  return typeof text === 'string' ? text : null;
}

/** The text of a `String` node, which names are made of. */
export function stringOf(node: unknown): string | null {
  const text = isNode(node) && isNode(node.String) ? node.String.sval : undefined;
  return typeof text === 'string' ? text : null;
}

export function isNode(value: unknown): value is SqlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
