/** What pg_cron knows: its jobs, and how their runs went. */
import * as z from 'zod';
import type { Queryable } from '../../../database/connect.ts';

/** Jobs read at most; more than any fleet has. */
export const MOST_JOBS = 100_000;

/** A row of cron.job. The command is there for hand-made jobs only: ours say nothing but a name. */
export const LiveCronJob = z.object({
  jobid: z.string(),
  jobname: z.string().nullable(),
  schedule: z.string(),
  database: z.string(),
  username: z.string(),
  active: z.boolean(),
  /** The job `ops.fire` is called with; null for a command that is not ours. */
  fires: z.string().nullable(),
  command: z.string().nullable(),
  commandMd5: z.string(),
  ownerExists: z.boolean(),
  ownerIsSuperuser: z.boolean(),
});
export type LiveCronJob = z.infer<typeof LiveCronJob>;

/** Every job, commands of ours left out. A command longer than 20,000 characters is cut there. */
export async function readLiveJobs(sql: Queryable): Promise<LiveCronJob[]> {
  const rows = await sql`
    select j.jobid::text as jobid, j.jobname::text as jobname, j.schedule, j.database, j.username, j.active,
           replace(ours.name[2], '''''', '''') as fires,
           case when ours.name is null then left(j.command, 20000) end as command,
           md5(j.command) as "commandMd5",
           r.oid is not null as "ownerExists", coalesce(r.rolsuper, false) as "ownerIsSuperuser"
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    cross join lateral (
      select regexp_match(
        j.command,
        '^\\s*(set local statement_timeout = \\d+;\\s*)?select ops\\.fire\\(''((?:[^'']|'''')*)''\\)\\s*;?\\s*$')
    ) as ours (name)
    order by j.jobid
    limit ${MOST_JOBS}`;
  return z.array(LiveCronJob).parse([...rows]);
}

/** How the runs of one job went, of the newest 10,000 runs of all jobs. */
const JobHistory = z.object({
  jobid: z.string(),
  /** Null for a job that is gone. */
  jobname: z.string().nullable(),
  runs: z.number(),
  /** Failed before they began: `job startup timeout` and the like. */
  startFailures: z.number(),
  statementTimeouts: z.number(),
  longestMs: z.number().nullable(),
  /** Most runs in a row that began within a second after the one before ended and took longer than that. */
  stormRuns: z.number(),
  lastMessage: z.string().nullable(),
});

export const CronHistory = z.object({
  /** The planner's estimate; -1 when the table was never looked at. */
  rows: z.number(),
  bytes: z.number(),
  oldestAt: z.date().nullable(),
  newestAt: z.date().nullable(),
  jobs: z.array(JobHistory),
  /** Different commands of hand-made jobs the newest runs were of. */
  commands: z.array(z.object({ jobid: z.string(), command: z.string() })),
});
export type CronHistory = z.infer<typeof CronHistory>;

/** The history of pg_cron, in the role's sight. */
export async function readCronHistory(sql: Queryable): Promise<CronHistory> {
  const [size] = await sql`
    select c.reltuples::float8 as rows, pg_catalog.pg_total_relation_size(c.oid)::float8 as bytes,
           (select d.start_time from cron.job_run_details d where d.start_time is not null order by d.runid limit 1) as "oldestAt",
           (select max(n.at) from (
              select coalesce(d.start_time, d.end_time) as at from cron.job_run_details d order by d.runid desc limit 1000) n
           ) as "newestAt"
    from pg_catalog.pg_class c where c.oid = to_regclass('cron.job_run_details')`;
  return CronHistory.parse({
    ...size,
    jobs: await readJobHistory(sql),
    commands: await readRunCommands(sql),
  });
}

async function readJobHistory(sql: Queryable): Promise<unknown[]> {
  return [
    ...(await sql`
      with newest as materialized (
        select d.runid, d.jobid, d.status, d.return_message, d.start_time, d.end_time
        from cron.job_run_details d where d.jobid is not null order by d.runid desc limit 10000
      ), day as (
        select n.*, lag(n.end_time) over (partition by n.jobid order by n.runid) as former_end
        from newest n
        -- Runs that never started have no time before pg_cron 1.6.3: they are of today when later ones are.
        where n.runid >= (select min(x.runid) from newest x where coalesce(x.start_time, x.end_time) > now() - interval '24 hours')
      ), marked as (
        select d.*,
          coalesce(d.start_time - d.former_end < interval '1 second' and d.end_time - d.start_time > interval '1 second', false)
            as followed
        from day d
      ), islands as (
        select m.*, count(*) filter (where not m.followed) over (partition by m.jobid order by m.runid) as island from marked m
      ), storms as materialized (
        select x.jobid, max(x.runs) as runs
        from (select i.jobid, i.island, count(*) filter (where i.followed) as runs from islands i group by i.jobid, i.island) x
        group by x.jobid
      )
      select m.jobid::text as jobid, max(j.jobname::text) as jobname, count(*)::int as runs,
        count(*) filter (where m.status = 'failed' and (
          m.return_message in ('job startup timeout', 'connection failed')
          or m.return_message like 'could not start background process%'))::int as "startFailures",
        count(*) filter (where m.status = 'failed' and m.return_message ilike '%statement timeout%')::int as "statementTimeouts",
        (extract(epoch from max(m.end_time - m.start_time)) * 1000)::float8 as "longestMs",
        max(s.runs)::int as "stormRuns",
        left((array_agg(m.return_message order by m.runid desc) filter (where m.status = 'failed'))[1], 300) as "lastMessage"
      from marked m
      join storms s on s.jobid = m.jobid
      left join cron.job j on j.jobid = m.jobid
      group by m.jobid
      order by m.jobid
      limit 10000`),
  ];
}

async function readRunCommands(sql: Queryable): Promise<unknown[]> {
  return [
    ...(await sql`
      select distinct on (md5(n.command)) n.jobid::text as jobid, left(n.command, 20000) as command
      from (select d.jobid, d.command, d.runid from cron.job_run_details d where d.jobid is not null order by d.runid desc limit 10000) n
      where n.command !~ '^\\s*(set local statement_timeout = \\d+;\\s*)?select ops\\.fire\\('
      order by md5(n.command), n.runid desc
      limit 500`),
  ];
}
