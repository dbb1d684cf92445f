/**
 * Advice on a PostgreSQL schema, in the row shape of Supabase's splinter (github.com/supabase/splinter), so that both can
 * be shown, counted and suppressed by `cache_key` together. Where a lint has splinter's name it means the same.
 */
import type { Transaction } from '../database/connect.ts';
import { inSavepoint } from '../database/transaction.ts';
import { functionLints } from './postgres-lints/function-lints.ts';
import { FoundRows, type LintScope, type PostgresLint } from './postgres-lints/lint.ts';
import { policyLints } from './postgres-lints/policy-lints.ts';
import { rightsLints } from './postgres-lints/rights-lints.ts';
import { tableLints } from './postgres-lints/table-lints.ts';

export type { LintScope, PostgresLint } from './postgres-lints/lint.ts';

/** Every lint, by theme. A new one is one entry in one of these lists. */
export const postgresLints: readonly PostgresLint[] = [
  ...tableLints,
  ...policyLints,
  ...functionLints,
  ...rightsLints,
];

/** One thing to mend: splinter's row. */
export interface LintFinding {
  readonly name: string;
  readonly title: string;
  readonly level: PostgresLint['level'];
  readonly facing: 'EXTERNAL';
  readonly categories: PostgresLint['categories'];
  readonly description: string;
  readonly detail: string;
  readonly remediation: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The same finding has the same key for ever: what a suppression names. */
  readonly cache_key: string;
}

/** A lint that could not be asked, which is not the same as clean. */
export interface UnevaluatedLint {
  readonly name: string;
  readonly reason: string;
}

/** What the lints say, and which of them could say nothing. */
export interface LintReport {
  readonly findings: readonly LintFinding[];
  readonly unevaluated: readonly UnevaluatedLint[];
}

/**
 * Run lints over schemas. Changes nothing but `search_path`, for the rest of the transaction, as splinter does.
 *
 * @param sql a transaction, of any role that may read the catalogs, which every role may
 * @param scope.schemas schemas to look at; what extensions own in them is left out
 */
export async function lintPostgres(
  sql: Transaction,
  scope: LintScope,
  lints: readonly PostgresLint[] = postgresLints,
): Promise<LintReport> {
  // Every name that is not in pg_catalog is then printed with its schema.
  await sql`set local search_path = ''`;
  const roles = await existingRoles(sql);
  const findings: LintFinding[] = [];
  const unevaluated: UnevaluatedLint[] = [];
  for (const lint of lints) {
    const absent = lint.roles.filter((role) => !roles.has(role));
    if (absent.length > 0) {
      unevaluated.push({ name: lint.name, reason: `there is no role ${absent.join(', ')} here` });
      continue;
    }
    try {
      findings.push(...(await runLint(sql, scope, lint)));
    } catch (error) {
      unevaluated.push({ name: lint.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { findings, unevaluated };
}

async function runLint(
  sql: Transaction,
  scope: LintScope,
  lint: PostgresLint,
): Promise<readonly LintFinding[]> {
  const rows = FoundRows.parse([...(await inSavepoint(sql, (inner) => lint.find(inner, scope)))]);
  const { name, title, level, categories, description, remediation } = lint;
  return rows.map((row) => ({
    name,
    title,
    level,
    facing: 'EXTERNAL',
    categories,
    description,
    detail: row.detail,
    remediation,
    metadata: row.metadata,
    cache_key: [name, ...row.key].join('_'),
  }));
}

async function existingRoles(sql: Transaction): Promise<ReadonlySet<string>> {
  const rows = await sql<{ rolname: string }[]>`select rolname from pg_catalog.pg_roles`;
  return new Set(rows.map((row) => row.rolname));
}
