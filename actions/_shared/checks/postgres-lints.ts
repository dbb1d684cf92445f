/**
 * Advice on a PostgreSQL schema, in the row shape of Supabase's splinter (github.com/supabase/splinter), so that both can
 * be shown, counted and suppressed by `cache_key` together. Where a lint has splinter's name it means the same.
 */

import * as z from 'zod';
import type { Transaction } from '../database/connect.ts';
import { inSavepoint } from '../database/transaction.ts';
import { errorMessage } from '../io/errors.ts';
import { type Finding, makeFinding } from './finding.ts';
import { apiLints } from './postgres-lints/api-lints.ts';
import { functionLints } from './postgres-lints/function-lints.ts';
import type { LintScope, PostgresLint } from './postgres-lints/lint.ts';
import { policyLints } from './postgres-lints/policy-lints.ts';
import { rightsLints } from './postgres-lints/rights-lints.ts';
import { tableLints } from './postgres-lints/table-lints.ts';
import { upkeepLints } from './postgres-lints/upkeep-lints.ts';

export type { LintScope, PostgresLint } from './postgres-lints/lint.ts';

/** Every lint, by theme. A new one is one entry in one of these lists, and its name in declare/kinds/advisory-rules.ts. */
export const postgresLints: readonly PostgresLint[] = [
  ...tableLints,
  ...policyLints,
  ...functionLints,
  ...rightsLints,
  ...apiLints,
  ...upkeepLints,
];

/** One thing to mend: a finding with splinter's other columns; `evidence` is its `metadata`. */
export interface LintFinding extends Finding {
  readonly facing: 'EXTERNAL';
  readonly categories: PostgresLint['categories'];
  readonly description: string;
}

/** A lint and why it says nothing. */
export interface SilentLint {
  readonly name: string;
  readonly reason: string;
}

/** What the lints say, and which of them could say nothing. */
export interface LintReport {
  readonly findings: readonly LintFinding[];
  /** Could not be asked, which is not the same as clean. */
  readonly unevaluated: readonly SilentLint[];
  /** What they are about does not exist here. */
  readonly notApplicable: readonly SilentLint[];
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
  const there = await readSurroundings(sql);
  const findings: LintFinding[] = [];
  const unevaluated: SilentLint[] = [];
  const notApplicable: SilentLint[] = [];
  for (const lint of lints) {
    const { name } = lint;
    const missing = (lint.about ?? []).filter((thing) => !there.things.has(thing));
    const obstacle = obstacleOf(lint, scope, there.roles);
    if (missing.length > 0) {
      notApplicable.push({ name, reason: `there is no ${missing.map(inWords).join(', no ')} here` });
    } else if (obstacle !== null) {
      unevaluated.push({ name, reason: obstacle });
    } else {
      try {
        findings.push(...(await runLint(sql, scope, lint)));
      } catch (error) {
        unevaluated.push({ name, reason: errorMessage(error) });
      }
    }
  }
  return { findings, unevaluated, notApplicable };
}

/** Why a lint can't be asked; splinter finds nothing in these cases. */
function obstacleOf(lint: PostgresLint, scope: LintScope, roles: ReadonlySet<string>): string | null {
  const absent = lint.roles.filter((role) => !roles.has(role));
  if (absent.length > 0) return `there is no role ${absent.join(', ')} here`;
  if (lint.needsApi === true && scope.apiSchemas === undefined) {
    return 'nobody says which schemas the Data API exposes (pgrst.db_schemas of role authenticator, or `api:` in environments.yaml)';
  }
  return null;
}

/** Rows of a lint. `key` with the lint's name in front is the `cache_key`. */
const FoundRows = z.array(
  z.object({
    detail: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    key: z.array(z.string()),
  }),
);

async function runLint(
  sql: Transaction,
  scope: LintScope,
  lint: PostgresLint,
): Promise<readonly LintFinding[]> {
  const rows = FoundRows.parse([...(await inSavepoint(sql, (inner) => lint.find(inner, scope)))]);
  const { name, title, level, categories, description, remediation } = lint;
  return rows.map((row) => ({
    ...makeFinding({
      name,
      title,
      level,
      detail: row.detail,
      remediation,
      evidence: row.metadata,
      cache_key: [name, ...row.key].join('_'),
    }),
    facing: 'EXTERNAL',
    categories,
    description,
  }));
}

interface Surroundings {
  readonly roles: ReadonlySet<string>;
  /** `schema.relation`, `schema:name` and `extension:name`. */
  readonly things: ReadonlySet<string>;
}

const Names = z.array(z.object({ name: z.string() }));

async function readSurroundings(sql: Transaction): Promise<Surroundings> {
  const roles = await sql`select rolname as name from pg_catalog.pg_roles`;
  const things = await sql`
    select n.nspname || '.' || c.relname as name
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('auth', 'storage') and c.relkind in ('r', 'p')
    union all
    select 'schema:' || nspname from pg_catalog.pg_namespace
    union all
    select 'extension:' || extname from pg_catalog.pg_extension`;
  const namesOf = (rows: Iterable<unknown>): ReadonlySet<string> =>
    new Set(Names.parse([...rows]).map(({ name }) => name));
  return { roles: namesOf(roles), things: namesOf(things) };
}

function inWords(thing: string): string {
  return thing.replace(/^(schema|extension):/, '$1 ');
}
