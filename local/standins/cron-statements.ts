/**
 * The statements of the pg_cron stand-in's scheduler, one function each.
 */
import type { Sql } from 'postgres';
import * as z from 'zod';
import type { CronJob } from './cron-ticks.ts';

/** Two numbers that name the launcher's advisory lock: one launcher a database. */
const launcherLock = { space: 1869640562, id: 1668443246 };

const Pulse = z.object({ leads: z.boolean(), fingerprint: z.string() });
/** Whether this session is the launcher, and a word that changes whenever cron.job does. */
export type Pulse = z.infer<typeof Pulse>;

/** Asked every second. Taking the lock anew after a lost connection is part of the question. */
export async function readPulse(sql: Sql): Promise<Pulse> {
  const rows = await sql`
    select
      exists (
        select from pg_catalog.pg_locks l
        where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'advisory' and l.granted
          and l.classid::bigint = ${launcherLock.space} and l.objid::bigint = ${launcherLock.id}
      ) as leads,
      (select count(*) || ' ' || coalesce(sum(j.xmin::text::bigint), 0) || ' '
          || coalesce(sum(hashtext(j.ctid::text)), 0)
        from cron.job j) as fingerprint`;
  return Pulse.parse(rows[0]);
}

/** Whether this session has become the launcher. */
export async function tryToLead(sql: Sql): Promise<boolean> {
  const rows = await sql`
    select pg_catalog.pg_try_advisory_lock(${launcherLock.space}::int, ${launcherLock.id}::int) as leads`;
  return z.object({ leads: z.boolean() }).parse(rows[0]).leads;
}

/** What a launcher does first: runs it finds in the middle cannot be its own. `connecting` and `sending` stay, as in 1.6.7. */
export async function failInterruptedRuns(sql: Sql): Promise<void> {
  await sql`
    update cron.job_run_details
    set status = 'failed', return_message = 'server restarted'
    where status in ('starting', 'running')`;
}

const Job = z.object({
  jobid: z.string(),
  schedule: z.string(),
  command: z.string(),
  database: z.string(),
  username: z.string(),
  active: z.boolean(),
}) satisfies z.ZodType<CronJob>;

/** All jobs, in the order they were made. */
export async function readJobs(sql: Sql): Promise<readonly CronJob[]> {
  const rows = await sql`
    select j.jobid::text, j.schedule, j.command, j.database, j.username, j.active
    from cron.job j
    order by j.jobid`;
  return z.array(Job).parse([...rows]);
}

/** A new row `starting`; returns its runid. */
export async function insertRun(sql: Sql, job: CronJob): Promise<string> {
  const rows = await sql`
    insert into cron.job_run_details (jobid, database, username, command, status)
    values (${job.jobid}::bigint, ${job.database}, ${job.username}, ${job.command}, 'starting')
    returning runid::text`;
  return z.object({ runid: z.string() }).parse(rows[0]).runid;
}

/** `starting` -> `connecting`. */
export async function markConnecting(sql: Sql, runid: string): Promise<void> {
  await sql`update cron.job_run_details set status = 'connecting' where runid = ${runid}::bigint`;
}

/** `connecting` -> `sending`, with the pid of the job's server process. */
export async function markSending(sql: Sql, runid: string, pid: number): Promise<void> {
  await sql`
    update cron.job_run_details set status = 'sending', job_pid = ${pid} where runid = ${runid}::bigint`;
}

/** `sending` -> `running`. */
export async function markRunning(sql: Sql, runid: string): Promise<void> {
  await sql`
    update cron.job_run_details
    set status = 'running', start_time = clock_timestamp()
    where runid = ${runid}::bigint`;
}

/** The end of a run. From 1.6.3 a run that failed before it started has a start time too. */
export async function markFinished(
  sql: Sql,
  run: { runid: string; status: 'succeeded' | 'failed'; message: string },
): Promise<void> {
  await sql`
    update cron.job_run_details
    set status = ${run.status}, return_message = ${run.message},
      start_time = coalesce(start_time, clock_timestamp()), end_time = clock_timestamp()
    where runid = ${run.runid}::bigint`;
}
