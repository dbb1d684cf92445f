/** What checks ask the database about jobs and their scheduler. */
import * as z from 'zod';
import type { Queryable } from '../database/connect.ts';
import { textArray } from '../database/text-array.ts';

const Match = z.object({
  minutes_low: z.number(),
  minutes_high: z.number(),
  hours: z.number(),
  days: z.number(),
  months: z.number(),
  weekdays: z.number(),
  either_day: z.boolean().default(false),
  last_day: z.boolean().default(false),
  fixed_time: z.boolean().default(false),
});
/** The schedule of a live definition. */
export const LiveSchedule = z.object({
  source: z.string(),
  expression: z.string(),
  kind: z.enum(['cron', 'interval', 'reboot']),
  timezone: z.string().default('UTC'),
  seconds: z.number().optional(),
  match: Match.optional(),
});
export type LiveSchedule = z.infer<typeof LiveSchedule>;

const Moment = z.coerce.date();
const Trouble = z.object({
  not_scheduled: z
    .object({ is_defined: z.boolean(), is_in_pg_cron: z.boolean(), last_run_at: Moment.nullish() })
    .optional(),
  failing: z
    .object({
      in_a_row: z.number(),
      after: z.number(),
      since: Moment.nullish(),
      run_id: z.number(),
      status: z.string(),
      error_code: z.string().nullish(),
      http_status: z.number().nullish(),
      error: z.string().nullish(),
    })
    .optional(),
  stuck: z
    .object({
      run_id: z.number().optional(),
      status: z.string(),
      attempt: z.number().optional(),
      fired_at: Moment,
      deadline: Moment.nullish(),
      seconds: z.number(),
    })
    .optional(),
  slow: z.object({ run_id: z.number(), seconds: z.number(), finished_at: Moment }).optional(),
  success_rate: z
    .object({ runs: z.number(), succeeded: z.number(), wanted: z.number(), window_s: z.number() })
    .optional(),
});
/** A job that is awake and not plainly well. */
export const CronJobState = z.object({
  job: z.string(),
  owner: z.string().nullable(),
  /** JSON of its schedule; null for a job that is not scheduled. */
  schedule: z.string().nullable(),
  within_s: z.number().nullable(),
  since: z.date().nullable(),
  last_slot: z.date().nullable(),
  trouble: Trouble.nullable(),
});
export type CronJobState = z.infer<typeof CronJobState>;

/** Jobs that may be late, and those in trouble. `expected`: names that have to be awake. */
export async function probeCronJobs(
  sql: Queryable,
  {
    now,
    lateByMs,
    expected,
  }: { readonly now: Date; readonly lateByMs: number; readonly expected: readonly string[] },
): Promise<CronJobState[]> {
  const rows = await sql`
    select job, owner, schedule, within_s, since, last_slot, trouble
    from ops.probe_cron_jobs(
      ${now}::timestamptz, make_interval(secs => ${lateByMs}::double precision / 1000), ${textArray(expected)}::text[]
    )`;
  return z.array(CronJobState).parse([...rows]);
}

const SchedulerState = z
  .object({
    version: z.string().nullable(),
    active_jobs: z.number(),
    is_partial: z.boolean(),
    unowned: z.array(z.object({ job: z.string(), role: z.string() })),
    last_started_at: Moment.nullable(),
    last_tick_at: Moment.nullable(),
    last_run_at: Moment.nullable(),
    is_up: z.boolean().nullable(),
  })
  .nullable();
export type SchedulerState = z.infer<typeof SchedulerState>;

/** Whether pg_cron lives; null without it. */
export async function probeScheduler(sql: Queryable, now: Date): Promise<SchedulerState> {
  const rows = await sql`select ops.probe_scheduler(${now}::timestamptz) as state`;
  return z.tuple([z.object({ state: SchedulerState })]).parse([...rows])[0].state;
}
