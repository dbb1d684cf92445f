/** What checks ask the database: functions that a role which may check can be granted (docs/checks.md). */
import * as z from 'zod';
import type { Queryable, Transaction } from '../database/connect.ts';
import { textArray } from '../database/text-array.ts';

/** How long each statement may take from here on, until the transaction ends. */
export async function limitStatements(tx: Transaction, milliseconds: number): Promise<void> {
  await tx`select pg_catalog.set_config('statement_timeout', ${String(milliseconds)}, true)`;
}

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

const Count = z.coerce.number();
const FunctionState = z.object({
  slug: z.string(),
  applied: z.unknown(),
  calls: Count,
  failed: Count,
  last_error: z.string().nullable(),
  last_failed_at: z.date().nullable(),
});
export type FunctionState = z.infer<typeof FunctionState>;

/** What was deployed by us, and how calls of jobs ended. */
export async function probeFunctions(sql: Queryable, now: Date, windowMs: number): Promise<FunctionState[]> {
  const rows = await sql`
    select slug, applied, calls, failed, last_error, last_failed_at
    from ops.probe_functions(${now}::timestamptz, make_interval(secs => ${windowMs}::double precision / 1000))`;
  return z.array(FunctionState).parse([...rows]);
}

const QueueState = z.object({
  task_type: z.string(),
  due: Count,
  oldest_s: z.number().nullable(),
  dead: Count,
  last_error: z.string().nullable(),
  paused_s: z.number().nullable(),
});
export type QueueState = z.infer<typeof QueueState>;

/** The queue by type of work. */
export async function probeQueue(sql: Queryable, now: Date, deadWithinMs: number): Promise<QueueState[]> {
  const rows = await sql`
    select task_type, due, oldest_s, dead, last_error, paused_s
    from ops.probe_queue(${now}::timestamptz, make_interval(secs => ${deadWithinMs}::double precision / 1000))`;
  return z.array(QueueState).parse([...rows]);
}

const NetState = z
  .object({
    version: z.string().nullable(),
    is_up: z.boolean().nullable(),
    depth: z.number(),
    without_scheme: z.number(),
    oldest_s: z.number().nullable(),
    answers: z.number(),
    ok: z.number(),
    client_errors: z.number(),
    server_errors: z.number(),
    other: z.number(),
    timed_out: z.number(),
    not_delivered: z.number(),
    out_of_memory: z.number(),
    bad_url: z.number(),
    last_answer_at: Moment.nullable(),
    messages: z.array(z.object({ message: z.string(), count: z.number() })),
  })
  .nullable();
export type NetState = z.infer<typeof NetState>;

/** pg_net; null without it. */
export async function probeNet(sql: Queryable, now: Date, windowMs: number): Promise<NetState> {
  const rows = await sql`
    select ops.probe_net(${now}::timestamptz, make_interval(secs => ${windowMs}::double precision / 1000)) as state`;
  return z.tuple([z.object({ state: NetState })]).parse([...rows])[0].state;
}

const SecretState = z.object({
  name: z.string(),
  state: z.enum(['missing', 'unreadable', 'readable']),
  is_blank: z.boolean().nullable(),
  has_white_space: z.boolean().nullable(),
  fits: z.enum(['yes', 'no', 'not_judged', 'bad_pattern']).nullable(),
  age_s: z.number().nullable(),
});
export type SecretState = z.infer<typeof SecretState>;

/** Secrets, judged where they lie. */
export async function probeSecrets(
  sql: Queryable,
  now: Date,
  wanted: readonly { readonly name: string; readonly shape: string | null }[],
): Promise<SecretState[]> {
  const rows = await sql`
    select name, state, is_blank, has_white_space, fits, age_s
    from ops.probe_secrets(${now}::timestamptz, ${JSON.stringify(wanted)}::text::jsonb)`;
  return z.array(SecretState).parse([...rows]);
}

const OpenRouterState = z.object({
  credits: z.array(
    z.object({
      base_url: z.string(),
      age_s: z.number(),
      total: z.number().nullable(),
      used: z.number().nullable(),
    }),
  ),
  keys: z.array(
    z.object({
      base_url: z.string(),
      age_s: z.number(),
      is_readable: z.boolean().nullable(),
      left: z.number().nullable(),
    }),
  ),
  breakers: z.array(
    z.object({
      model: z.string(),
      open_until: Moment.nullable(),
      failures: z.number(),
      status: z.number().nullable(),
      error: z.string().nullable(),
    }),
  ),
});
export type OpenRouterState = z.infer<typeof OpenRouterState>;

/** OpenRouter, from its caches. */
export async function probeOpenRouter(sql: Queryable, now: Date): Promise<OpenRouterState> {
  const rows = await sql`select ops.probe_openrouter(${now}::timestamptz) as state`;
  return z.tuple([z.object({ state: OpenRouterState })]).parse([...rows])[0].state;
}

const BatchState = z.object({
  batch: z.string(),
  remaining: z.number().nullable(),
  total: z.number().nullable(),
  migrated: Count,
  last_status: z.string(),
  silent_s: z.number(),
  stalled_s: z.number(),
  failures: Count,
  last_error: z.string().nullable(),
});
export type BatchState = z.infer<typeof BatchState>;

/** Batch migrations. */
export async function probeBatches(sql: Queryable, now: Date): Promise<BatchState[]> {
  const rows = await sql`
    select batch, remaining, total, migrated, last_status, silent_s, stalled_s, failures, last_error
    from ops.probe_batches(${now}::timestamptz)`;
  return z.array(BatchState).parse([...rows]);
}
