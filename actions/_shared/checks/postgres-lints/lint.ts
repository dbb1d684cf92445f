import type { PendingQuery, Row } from 'postgres';
import type { Transaction } from '../../database/connect.ts';
import { textArray } from '../../database/text-array.ts';

/** What to look at. */
export interface LintScope {
  readonly schemas: readonly string[];
  /** Schemas the Data API exposes; left out when nobody knows, and then lints about it say so instead of nothing. */
  readonly apiSchemas?: readonly string[];
}

/** One rule about a schema. */
export interface PostgresLint {
  /** splinter's name where splinter has it. */
  readonly name: string;
  readonly title: string;
  readonly level: 'ERROR' | 'WARN' | 'INFO';
  readonly categories: readonly ('SECURITY' | 'PERFORMANCE' | 'MAINTAINABILITY')[];
  readonly description: string;
  /** What to do, or where that is written. */
  readonly remediation: string;
  /** Roles without which the question makes no sense. */
  readonly roles: readonly string[];
  /** `schema.name` of relations, or `extension:name`: where one is missing, nothing can be wrong. */
  readonly about?: readonly string[];
  /** True when the answer depends on what the Data API exposes. */
  readonly needsApi?: true;
  /** One statement that answers with `detail`, `metadata` and `key`, in a stable order. */
  readonly find: (sql: Transaction, scope: LintScope) => PendingQuery<Row[]>;
}

const handbook = 'https://supabase.com/docs/guides/database/database-linter?lint=';

/** Where Supabase explains one of its lints. */
export function explained(numberAndName: string): string {
  return `${handbook}${numberAndName}`;
}

/** Relations of the scope that no extension owns: rows of pg_class, with `schema`. For the `from` of a lint. */
export function relationsIn(sql: Transaction, scope: LintScope): PendingQuery<Row[]> {
  return sql`(
    select c.*, n.nspname as schema
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any (${textArray(scope.schemas)}::text[])
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
      )
  )`;
}

/** The exposed schemas of the scope as a parameter of type `text[]`. */
export function apiSchemas(scope: LintScope): string {
  return textArray(scope.apiSchemas ?? []);
}

/** Functions and procedures of the scope that no extension owns: rows of pg_proc, with `schema` and `signature`. */
export function routinesIn(sql: Transaction, scope: LintScope): PendingQuery<Row[]> {
  return sql`(
    select p.*, n.nspname as schema, p.oid::regprocedure::text as signature
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any (${textArray(scope.schemas)}::text[])
      and p.prokind in ('f', 'p')
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
  )`;
}
