import type { Sql } from 'postgres';
import * as z from 'zod';
import { writeTransaction } from '../database/transaction.ts';
import { Run } from './run.ts';

const Identifier = z.array(z.object({ id: z.coerce.number() })).length(1);

const Circumstances = z
  .array(z.object({ reads_only: z.boolean(), timeout_ms: z.number().nullable() }))
  .length(1);

/** A request or an entry of the queue is only written down. */
const FIRING_MS = 60_000;

/**
 * Fire a job now, whatever its schedule says; overlap rules still hold. SQL runs as `cron.job` would run it: for as long as
 * the job may, whatever limit our role has (hosted gives `postgres` two minutes), and to its end when we go away meanwhile.
 * Returns the run's id.
 */
export async function fireJob(sql: Sql, job: string, actor: string): Promise<number> {
  const rows = await sql`
    select current_setting('transaction_read_only') = 'on' as reads_only,
           (select (definition #>> '{call,timeout_ms}')::float8 from ops.job_definitions
            where name = ${job} and definition #>> '{call,kind}' = 'sql') as timeout_ms`;
  const [circumstances] = Circumstances.parse([...rows]);
  // A transaction of ours may write where that is only the default: a database whose disk is full is made so, and means it.
  if (circumstances?.reads_only === true) {
    throw Object.assign(new Error('the database is read-only'), { code: '25006' });
  }
  const statementMs = circumstances?.timeout_ms ?? FIRING_MS;
  return writeTransaction(sql, { statementMs, lockMs: 0, idleMs: FIRING_MS }, async (tx) => {
    await tx`select pg_catalog.set_config('client_connection_check_interval', '0', true)`;
    const fired = await tx`select ops.fire_now(${job}, ${actor}) as id`;
    return Identifier.parse([...fired])[0]?.id ?? 0;
  });
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
