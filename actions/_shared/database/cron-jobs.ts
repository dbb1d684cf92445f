import * as z from 'zod';
import type { Queryable } from './connect.ts';
import { textArray } from './text-array.ts';

/** One row of `cron.job`, as far as it decides what runs when. */
export const CronJobRow = z.object({
  jobid: z.string(),
  /** Null for jobs scheduled without a name. */
  jobname: z.string().nullable(),
  schedule: z.string(),
  command: z.string(),
  database: z.string(),
  username: z.string(),
  active: z.boolean(),
  /** False: the role is gone, and pg_cron's scheduler will not survive its next start. */
  owner_exists: z.boolean(),
});
export type CronJobRow = z.infer<typeof CronJobRow>;

const CronJobRows = z.array(CronJobRow);

/** Every job row security lets us see. */
export async function readCronJobs(sql: Queryable): Promise<CronJobRow[]> {
  const rows = await sql`
    select j.jobid, j.jobname::text as jobname, j.schedule, j.command, j.database, j.username, j.active,
           r.rolname is not null as owner_exists
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    order by j.jobid`;
  return CronJobRows.parse([...rows]);
}

/** The same for a role that may not use schema cron: commands that are not ours come hidden. */
export async function readCronJobsOnBehalf(sql: Queryable): Promise<CronJobRow[]> {
  const rows = await sql`
    select jobid, jobname, schedule, command, database, username, active, owner_exists from ops.plan_cron_jobs()`;
  return CronJobRows.parse([...rows]);
}

/** What a new row of `cron.job` needs. */
export interface NewCronJob {
  readonly name: string;
  readonly schedule: string;
  readonly command: string;
}

/** Schedule jobs that are active, in our database, as our role: one statement for all. */
export async function scheduleJobs(sql: Queryable, jobs: readonly NewCronJob[]): Promise<void> {
  await sql`
    select count(cron.schedule(name, schedule, command))
    from unnest(${textArray(jobs.map((job) => job.name))}::text[],
                ${textArray(jobs.map((job) => job.schedule))}::text[],
                ${textArray(jobs.map((job) => job.command))}::text[]) as job (name, schedule, command)`;
}

/** A new job that sleeps, runs in another database or as another role. */
export interface NewPlacedJob extends NewCronJob {
  readonly database: string;
  /** Null: our own role. Another one needs a superuser. */
  readonly username: string | null;
  readonly active: boolean;
}

/** Schedule jobs `cron.schedule` has no words for: it always makes an active job of ours in our database. */
export async function schedulePlacedJobs(sql: Queryable, jobs: readonly NewPlacedJob[]): Promise<void> {
  await sql`
    select count(cron.schedule_in_database(name, schedule, command, database, username, active))
    from unnest(${textArray(jobs.map((job) => job.name))}::text[],
                ${textArray(jobs.map((job) => job.schedule))}::text[],
                ${textArray(jobs.map((job) => job.command))}::text[],
                ${textArray(jobs.map((job) => job.database))}::text[],
                ${textArray(jobs.map((job) => job.username))}::text[],
                ${textArray(jobs.map((job) => job.active))}::boolean[])
         as job (name, schedule, command, database, username, active)`;
}

/** What is to change about an existing job; null keeps a field. */
export interface CronJobAlteration {
  readonly jobid: string;
  readonly schedule: string | null;
  readonly command: string | null;
  readonly database: string | null;
  readonly username: string | null;
  readonly active: boolean | null;
}

/** Alter jobs by id: one statement for all. `cron.schedule` over an existing name would leave `active` as it is. */
export async function alterJobs(sql: Queryable, jobs: readonly CronJobAlteration[]): Promise<void> {
  await sql`
    select count(*)
    from unnest(${textArray(jobs.map((job) => job.jobid))}::bigint[],
                ${textArray(jobs.map((job) => job.schedule))}::text[],
                ${textArray(jobs.map((job) => job.command))}::text[],
                ${textArray(jobs.map((job) => job.database))}::text[],
                ${textArray(jobs.map((job) => job.username))}::text[],
                ${textArray(jobs.map((job) => job.active))}::boolean[])
         as job (jobid, schedule, command, database, username, active),
         lateral cron.alter_job(job.jobid, job.schedule, job.command, job.database, job.username, job.active) as altered`;
}

/** Unschedule jobs by id: by name pg_cron scans the whole table for each. */
export async function unscheduleJobs(sql: Queryable, jobids: readonly string[]): Promise<void> {
  await sql`
    select count(cron.unschedule(jobid)) from unnest(${textArray(jobids)}::bigint[]) as job (jobid)`;
}
