/**
 * Roles and passwords of a local server.
 */
import { readFileSync } from 'node:fs';
import type { Sql } from 'postgres';

/** Makes the roles of a hosted project that the server lacks; safe to repeat. Needs a superuser. */
export async function createLocalRoles(sql: Sql): Promise<void> {
  // Roles are shared by all databases: two processes preparing at once must take turns.
  await sql.begin(async (transaction) => {
    await transaction`select pg_catalog.pg_advisory_xact_lock(hashtext('opsroom.local_roles'))`;
    await transaction.unsafe(readFileSync(new URL('roles.sql', import.meta.url), 'utf8')).simple();
  });
}

/** Stores `verifier` (see credentials.ts) as the password of `role`. A utility statement takes no parameters, hence format(). */
export async function setPassword(sql: Sql, role: string, verifier: string): Promise<void> {
  const [row] = await sql<{ statement: string }[]>`
    select format('alter role %I password %L', ${role}::text, ${verifier}::text) as statement`;
  if (row !== undefined) await sql.unsafe(row.statement);
}

/** The server's version as it says itself, for example `17.10`. */
export async function serverVersion(sql: Sql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`
    select split_part(current_setting('server_version'), ' ', 1) as version`;
  return row?.version ?? 'unknown';
}
