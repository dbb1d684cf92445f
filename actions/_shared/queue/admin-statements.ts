import * as z from 'zod';
import type { Queryable } from '../database/connect.ts';

/** States a job can be in; the last three are final. */
export const JobStatus = z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobStatus = z.infer<typeof JobStatus>;

/** One row of `ops.job_queue`, for people. */
export const Job = z.object({
  id: z.coerce.number(),
  taskType: z.string(),
  status: JobStatus,
  payload: z.unknown(),
  priority: z.number(),
  runAt: z.date(),
  attempts: z.number(),
  maxAttempts: z.number(),
  rescues: z.number(),
  uniqueKey: z.string().nullable(),
  serialKey: z.string().nullable(),
  /** Waits for the job before it with the same serial key. */
  blocked: z.boolean(),
  lastError: z.string().nullable(),
  result: z.unknown(),
  /** The scheduled run that queued it. */
  runId: z.coerce.number().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
  finishedAt: z.date().nullable(),
});
export type Job = z.infer<typeof Job>;

export interface ListJobs {
  readonly status?: JobStatus | undefined;
  readonly taskType?: string | undefined;
  /** Keyset: jobs older than this id. */
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

/** Jobs, newest first. */
export async function listJobs(sql: Queryable, query: ListJobs): Promise<Job[]> {
  const rows = await sql`
    select id, task_type as "taskType", status, payload, priority, run_at as "runAt", attempts,
           max_attempts as "maxAttempts", rescues, unique_key as "uniqueKey", serial_key as "serialKey", blocked,
           last_error as "lastError", result, run_id as "runId", created_at as "createdAt", updated_at as "updatedAt",
           finished_at as "finishedAt"
    from ops.list_jobs(${query.status ?? null}, ${query.taskType ?? null}, ${query.beforeId ?? null}, ${query.limit})`;
  return z.array(Job).parse([...rows]);
}

const JobDetail = z.object({
  id: z.number(),
  task_type: z.string(),
  status: JobStatus,
  payload: z.unknown(),
  attempts: z.number(),
  max_attempts: z.number(),
  run_at: z.string(),
  last_error: z.string().nullable(),
  /** Who runs it and until when; null when nobody does. */
  lease: z.object({ worker: z.string(), claimed_at: z.string(), expires_at: z.string() }).nullable(),
});
export type JobDetail = z.infer<typeof JobDetail>;

/** One job and its lease, or `undefined` when there is none with this id. */
export async function getJob(sql: Queryable, id: number): Promise<JobDetail | undefined> {
  const rows = await sql`select ops.get_job(${id}) as job`;
  return z.array(z.object({ job: JobDetail.nullable() })).parse([...rows])[0]?.job ?? undefined;
}

/** Run a waiting job now, or an ended one (not a succeeded one) again with all its tries. False when that can't be. */
export async function retryJobNow(sql: Queryable, id: number): Promise<boolean> {
  const rows = await sql`select ops.retry_job_now(${id}) as done`;
  return z.array(z.object({ done: z.boolean() })).parse([...rows])[0]?.done ?? false;
}

const Cancelled = z.array(z.object({ outcome: z.enum(['cancelled', 'cancelling']).nullable() }));

/** Cancel a job: at once (`cancelled`), or when its worker hears of it (`cancelling`). `undefined` when it had ended. */
export async function cancelJob(sql: Queryable, id: number): Promise<'cancelled' | 'cancelling' | undefined> {
  const rows = await sql`select ops.cancel_job(${id}) as outcome`;
  return Cancelled.parse([...rows])[0]?.outcome ?? undefined;
}

/** Claim nothing of this type any more; what runs goes on. */
export async function pauseTaskType(sql: Queryable, taskType: string): Promise<void> {
  await sql`select ops.pause_task_type(${taskType})`;
}

/** Claim work of this type again. */
export async function resumeTaskType(sql: Queryable, taskType: string): Promise<void> {
  await sql`select ops.resume_task_type(${taskType})`;
}

const Overview = z.object({
  types: z.array(
    z.object({
      task_type: z.string(),
      paused: z.boolean(),
      pending: z.number(),
      /** Pending, and nothing but a worker is missing. */
      due: z.number(),
      running: z.number(),
      succeeded: z.number(),
      failed: z.number(),
      cancelled: z.number(),
      oldest_due_seconds: z.number().nullable(),
    }),
  ),
  leases: z.array(
    z.object({
      token: z.number(),
      worker: z.string(),
      open_jobs: z.number(),
      claimed_at: z.string(),
      expires_at: z.string(),
    }),
  ),
});
export type QueueOverview = z.infer<typeof Overview>;

/** The queue in one call: counts by type and status, age of the oldest due job, who holds leases. */
export async function queueOverview(sql: Queryable): Promise<QueueOverview> {
  const rows = await sql`select ops.queue_overview() as overview`;
  return z
    .array(z.object({ overview: Overview }))
    .length(1)
    .parse([...rows])
    .map((row) => row.overview)[0] as QueueOverview;
}
