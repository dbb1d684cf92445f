import type { Sql } from 'postgres';
import * as z from 'zod';
import { Run } from './run.ts';

const Identifier = z.array(z.object({ id: z.coerce.number() })).length(1);

/** Fire a job now, whatever its schedule says; overlap rules still hold. Returns the run's id. */
export async function fireJob(sql: Sql, job: string, actor: string): Promise<number> {
  const rows = await sql`select ops.fire_now(${job}, ${actor}) as id`;
  return Identifier.parse([...rows])[0]?.id ?? 0;
}

/** Join arrived answers to their runs now instead of at the collector's next minute. */
export async function collectOutcomes(sql: Sql): Promise<void> {
  await sql`select ops.collect()`;
}

/** One run, or `undefined` when there is none with this id. */
export async function readRun(sql: Sql, id: number): Promise<Run | undefined> {
  const rows = await sql`
    select id, job, trigger, status, attempt, scheduled_for as "scheduledFor", fired_at as "firedAt",
           delivered_at as "deliveredAt", reported_at as "reportedAt", finished_at as "finishedAt",
           http_status as "httpStatus", error_code as "errorCode", error, actor
    from ops.cron_runs
    where id = ${id}`;
  return z.array(Run).parse([...rows])[0];
}

/** Names of declared jobs, in order. */
export async function readJobNames(sql: Sql): Promise<string[]> {
  const rows = await sql`select name from ops.job_definitions order by name`;
  return z
    .array(z.object({ name: z.string() }))
    .parse([...rows])
    .map((row) => row.name);
}

export interface ListRuns {
  readonly job?: string | undefined;
  /** Only runs that ended badly (failed, timed out, lost). */
  readonly onlyFailed: boolean;
  /** Keyset: runs older than this id. */
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

/** Runs, newest first. */
export async function listRuns(sql: Sql, query: ListRuns): Promise<Run[]> {
  const rows = await sql`
    select id, job, trigger, status, attempt, scheduled_for as "scheduledFor", fired_at as "firedAt",
           delivered_at as "deliveredAt", reported_at as "reportedAt", finished_at as "finishedAt",
           http_status as "httpStatus", error_code as "errorCode", error, actor
    from ops.list_cron_runs(${query.job ?? null}, ${query.onlyFailed}, ${query.beforeId ?? null}, ${query.limit})`;
  return z.array(Run).parse([...rows]);
}
