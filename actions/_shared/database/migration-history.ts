import * as z from 'zod';
import type { Queryable, Transaction } from './connect.ts';
import { textArray } from './text-array.ts';

/** One applied migration of Supabase's history table. */
export const AppliedMigration = z.object({
  version: z.string(),
  name: z.string().nullable(),
  /** sha256 of the statements joined by the unit separator; null when none were recorded. */
  statements_digest: z.string().nullable(),
});
export type AppliedMigration = z.infer<typeof AppliedMigration>;

/** The history, oldest first, with a digest instead of the statements themselves. */
export async function readMigrationHistory(sql: Queryable): Promise<AppliedMigration[]> {
  const rows = await sql`
    select version, name,
           case when cardinality(statements) > 0
             then encode(sha256(convert_to(array_to_string(statements, chr(31)), 'UTF8')), 'hex') end as statements_digest
    from supabase_migrations.schema_migrations
    order by version`;
  return z.array(AppliedMigration).parse([...rows]);
}

/** Create the history table exactly as `supabase db push` does, so that either of us may come first. */
export async function createMigrationHistory(sql: Queryable): Promise<void> {
  await sql`create schema if not exists supabase_migrations`;
  await sql`
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key)`;
  await sql`alter table supabase_migrations.schema_migrations add column if not exists statements text[]`;
  await sql`alter table supabase_migrations.schema_migrations add column if not exists name text`;
}

/**
 * Run the text of a migration file as one message, under the settings and the role the session started with:
 * `supabase db push` resets them before each file too, so that none depends on what another one set. It waits for locks no
 * longer than `lockMs`, unless role or file say otherwise: behind an `alter table` that waits for a long job, everything
 * else that wants the table waits too, every fire among it.
 */
export async function runMigration(tx: Transaction, text: string, lockMs: number): Promise<void> {
  // One message, and no parameters: the driver would wait for the answer to a statement that has some.
  const settings = `
    reset all; reset role;
    select pg_catalog.set_config('lock_timeout', '${Math.round(lockMs)}', true)
    where pg_catalog.current_setting('lock_timeout') = '0'`;
  await Promise.all([tx.unsafe(settings).simple(), tx.unsafe(text).simple()]);
}

/** Undo what the last migration set for the session. */
export async function resetSession(tx: Transaction): Promise<void> {
  await Promise.all([tx`reset all`, tx`reset role`]);
}

/** A migration that ran, for the history. */
export interface MigrationRecord {
  readonly version: string;
  readonly name: string;
  readonly statements: readonly string[];
}

/** Record migrations: one statement for all. `statements` travel as JSON because unnest can't split rows of arrays. */
export async function insertMigrationHistory(
  sql: Queryable,
  migrations: readonly MigrationRecord[],
): Promise<void> {
  await sql`
    insert into supabase_migrations.schema_migrations (version, name, statements)
    select version, name,
           (select coalesce(array_agg(statement order by position), '{}')
            from json_array_elements_text(statements::json) with ordinality as list (statement, position))
    from unnest(${textArray(migrations.map((row) => row.version))}::text[],
                ${textArray(migrations.map((row) => row.name))}::text[],
                ${textArray(migrations.map((row) => JSON.stringify(row.statements)))}::text[])
         as row (version, name, statements)`;
}
