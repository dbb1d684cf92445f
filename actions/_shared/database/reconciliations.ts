import * as z from 'zod';
import type { Queryable } from './connect.ts';

/** How one apply ended, for the audit. */
export interface Reconciliation {
  readonly environment: string;
  readonly actor: string;
  readonly commit: string | null;
  readonly runUrl: string | null;
  readonly planDigest: string | null;
  /** JSON text of the plan's counts. */
  readonly counts: string;
  readonly result: string;
  readonly error: string | null;
  /** How long it took so far; when it began is reckoned back from the server's clock, which all audit rows share. */
  readonly durationMs: number;
}

const Identifiers = z.array(z.object({ id: z.string() })).length(1);

/** Write one audit row; returns its id. */
export async function insertReconciliation(sql: Queryable, row: Reconciliation): Promise<string> {
  const rows = await sql`
    insert into ops.reconciliations
      (environment, actor, commit_sha, run_url, plan_digest, counts, result, error, started_at, finished_at, duration_ms)
    values
      (${row.environment}, ${row.actor}, ${row.commit}, ${row.runUrl}, ${row.planDigest}, ${row.counts}::text::jsonb,
       ${row.result}, ${row.error}, clock_timestamp() - make_interval(secs => ${row.durationMs}::float8 / 1000),
       clock_timestamp(), ${row.durationMs})
    returning id`;
  return Identifiers.parse([...rows])[0]?.id ?? '';
}

/** Write the duration of an apply into its audit row, last thing before the commit. */
export async function finishReconciliation(sql: Queryable, id: string, durationMs: number): Promise<void> {
  await sql`
    update ops.reconciliations set finished_at = clock_timestamp(), duration_ms = ${durationMs} where id = ${id}::bigint`;
}

/** Write how an apply ended whose audit row was committed before its end: after the database comes the platform. */
export async function endReconciliation(
  sql: Queryable,
  id: string,
  end: { readonly result: string; readonly error: string | null; readonly durationMs: number },
): Promise<void> {
  await sql`
    update ops.reconciliations
    set result = ${end.result}, error = ${end.error}, finished_at = clock_timestamp(), duration_ms = ${end.durationMs}
    where id = ${id}::bigint`;
}
