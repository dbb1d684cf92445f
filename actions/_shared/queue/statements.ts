import * as z from 'zod';
import type { Queryable } from '../database/connect.ts';
import { jsonLines, textArray } from '../database/text-array.ts';

/** A piece of work to queue. What is left out is as ops.enqueue_job says. */
export interface NewJob {
  readonly taskType: string;
  /** Anything JSON holds; `{}` by default. */
  readonly payload?: unknown;
  readonly maxAttempts?: number | undefined;
  readonly runAt?: Date | undefined;
  /** -32768 to 32767, higher runs first; 0 by default. */
  readonly priority?: number | undefined;
  /** At most one open job of the task type has it. */
  readonly uniqueKey?: string | undefined;
  /** What happens to a second job with the unique key; `keep` by default. */
  readonly uniqueMode?: UniqueMode | undefined;
  /** Jobs with the same one run one after the other. */
  readonly serialKey?: string | undefined;
}

/** `keep` leaves the open job as it is, `replace` gives it the new payload and its old time, `debounce` the new time too. */
export type UniqueMode = 'keep' | 'replace' | 'debounce';

const Ids = z.array(z.object({ id: z.coerce.number() }));

/** Queue one job. Returns its id, or that of the open job with the same unique key. */
export async function enqueueJob(sql: Queryable, job: NewJob): Promise<number> {
  const rows = await sql`
    select ops.enqueue_job(
      ${job.taskType}, ${JSON.stringify(job.payload ?? {})}::text::jsonb, ${job.maxAttempts ?? null}, ${job.runAt ?? null},
      ${job.priority ?? 0}, ${job.uniqueKey ?? null}, ${job.uniqueMode ?? 'keep'}, ${job.serialKey ?? null}
    ) as id`;
  return Ids.parse([...rows])[0]?.id ?? 0;
}

const IdLists = z.array(z.object({ ids: z.array(z.number()) })).length(1);

/**
 * Queue many jobs in one statement. Returns their ids in the same order. What no job says is not sent; payloads travel as
 * one text, because as elements of an array each quote of them would be escaped here and unescaped there.
 */
export async function enqueueJobs(sql: Queryable, jobs: readonly NewJob[]): Promise<number[]> {
  const column = (read: (job: NewJob) => string | number | undefined): string | null =>
    jobs.some((job) => read(job) !== undefined) ? textArray(jobs.map((job) => read(job) ?? null)) : null;
  const rows = await sql`
    select array_to_json(ops.enqueue_lines(
      ${textArray(jobs.map((job) => job.taskType))}::text::text[],
      ${jsonLines(jobs.map((job) => JSON.stringify(job.payload ?? {})))},
      ${column((job) => job.maxAttempts)}::text::integer[],
      ${column((job) => job.runAt?.toISOString())}::text::timestamptz[],
      ${column((job) => job.priority)}::text::integer[],
      ${column((job) => job.uniqueKey)}::text::text[],
      ${column((job) => job.uniqueMode)}::text::text[],
      ${column((job) => job.serialKey)}::text::text[]
    )) as ids`;
  return IdLists.parse([...rows])[0]?.ids ?? [];
}

/** A job somebody holds under a lease. */
export const ClaimedJob = z.object({
  id: z.coerce.number(),
  taskType: z.string(),
  payload: z.unknown(),
  /** Which try this is, from 1. */
  attempts: z.number(),
  maxAttempts: z.number(),
  /** Names the lease in everything said about the job. */
  leaseToken: z.coerce.number(),
});
export type ClaimedJob = z.infer<typeof ClaimedJob>;

export interface ClaimJobs {
  /** Who claims, for people: host, process. */
  readonly worker: string;
  /** Most jobs to take. */
  readonly limit: number;
  readonly leaseMs: number;
  /** Only these types; all when not given. */
  readonly taskTypes?: readonly string[] | undefined;
}

/** Take due jobs that nobody has, by priority, then by age; none when there are none. */
export async function claimJobs(sql: Queryable, claim: ClaimJobs): Promise<ClaimedJob[]> {
  const rows = await sql`
    select id, task_type as "taskType", payload, attempts, max_attempts as "maxAttempts", lease_token as "leaseToken"
    from ops.claim_jobs(${claim.worker}, ${claim.limit}, ${claim.leaseMs} * interval '1 millisecond',
                        ${typeArray(claim.taskTypes)}::text[])`;
  return z.array(ClaimedJob).parse([...rows]);
}

/** Jobs that ended well, all under one lease. */
export interface CompletedJobs {
  readonly leaseToken: number;
  readonly ids: readonly number[];
  /** What they returned, by id; kept as long as the row. */
  readonly results?: ReadonlyMap<number, unknown> | undefined;
}

/** Returns the jobs the lease no longer holds: nothing was written about them. */
export async function completeJobs(sql: Queryable, done: CompletedJobs): Promise<number[]> {
  const rows = await sql`
    select to_jsonb(ops.complete_jobs(${done.leaseToken}, ${textArray(done.ids)}::bigint[],
                                      ${resultsOf(done)}::text::jsonb)) as ids`;
  return IdLists.parse([...rows])[0]?.ids ?? [];
}

const CompletedOrClaimed = z.object({
  id: z.coerce.number(),
  taskType: z.string().nullable(),
  payload: z.unknown(),
  attempts: z.number().nullable(),
  maxAttempts: z.number().nullable(),
  leaseToken: z.coerce.number().nullable(),
});

/** `completeJobs`, then `claimJobs`, in one round trip and one commit. */
export async function completeAndClaimJobs(
  sql: Queryable,
  done: CompletedJobs,
  claim: ClaimJobs,
): Promise<{ readonly lost: readonly number[]; readonly jobs: readonly ClaimedJob[] }> {
  const rows = await sql`
    select id, task_type as "taskType", payload, attempts, max_attempts as "maxAttempts", lease_token as "leaseToken"
    from ops.complete_and_claim_jobs(${done.leaseToken}, ${textArray(done.ids)}::bigint[], ${resultsOf(done)}::text::jsonb,
                                     ${claim.worker}, ${claim.limit}, ${claim.leaseMs} * interval '1 millisecond',
                                     ${typeArray(claim.taskTypes)}::text[])`;
  const parsed = z.array(CompletedOrClaimed).parse([...rows]);
  const isLost = (row: { leaseToken: number | null }): boolean => row.leaseToken === null;
  return {
    lost: parsed.filter(isLost).map((row) => row.id),
    jobs: z.array(ClaimedJob).parse(parsed.filter((row) => !isLost(row))),
  };
}

export interface FailedJob {
  readonly id: number;
  /** What went wrong, without secrets; its first line tells causes apart. */
  readonly error: string;
  /** Don't try again, whatever tries are left. */
  readonly final?: boolean | undefined;
  /** Wait this long instead of the backoff of the type. */
  readonly retryInMs?: number | undefined;
}

/** What became of a job that failed. `lost`: the lease no longer held it, nothing was written. */
const Fate = z.object({
  id: z.coerce.number(),
  status: z.enum(['pending', 'failed', 'cancelled', 'lost']),
  /** When it is tried again. */
  runAt: z.date().nullable(),
});
export type JobFate = z.infer<typeof Fate>;

/** Jobs of one lease failed. A job out of tries becomes a dead letter (`failed`), with an alert. */
export async function failJobs(
  sql: Queryable,
  leaseToken: number,
  failures: readonly FailedJob[],
): Promise<JobFate[]> {
  const rows = await sql`
    select id, status, run_at as "runAt"
    from ops.fail_jobs(
      ${leaseToken}, ${textArray(failures.map((failure) => failure.id))}::bigint[],
      ${textArray(failures.map((failure) => failure.error.replaceAll('\0', '')))}::text[],
      ${textArray(failures.map((failure) => failure.final ?? false))}::boolean[],
      ${textArray(failures.map(({ retryInMs }) => (retryInMs === undefined ? null : `${retryInMs} milliseconds`)))}::interval[]
    )`;
  return z.array(Fate).parse([...rows]);
}

/** Give back jobs of one lease that were not begun. Returns those the lease no longer held. */
export async function releaseJobs(
  sql: Queryable,
  leaseToken: number,
  ids: readonly number[],
): Promise<number[]> {
  const rows =
    await sql`select to_jsonb(ops.release_jobs(${leaseToken}, ${textArray(ids)}::bigint[])) as ids`;
  return IdLists.parse([...rows])[0]?.ids ?? [];
}

const Verdicts = z.array(z.object({ id: z.coerce.number(), verdict: z.enum(['lost', 'cancel']) }));
/** `lost`: somebody else's now, stop and write nothing. `cancel`: stop and report it as failed. */
export type HeartbeatVerdict = z.infer<typeof Verdicts>[number];

/** Hold on to a lease for `leaseMs` from now. Returns only the jobs of `ids` to act on. */
export async function heartbeatJobs(
  sql: Queryable,
  leaseToken: number,
  ids: readonly number[],
  leaseMs: number,
): Promise<HeartbeatVerdict[]> {
  const rows = await sql`
    select id, verdict
    from ops.heartbeat_jobs(${leaseToken}, ${textArray(ids)}::bigint[], ${leaseMs} * interval '1 millisecond')`;
  return Verdicts.parse([...rows]);
}

const Counts = z.array(z.object({ count: z.coerce.number() })).length(1);

/** Take jobs from leases that ended. Returns how many; call it now and then from every worker. */
export async function rescueJobs(sql: Queryable): Promise<number> {
  const rows = await sql`select ops.rescue_jobs() as count`;
  return Counts.parse([...rows])[0]?.count ?? 0;
}

function typeArray(taskTypes: readonly string[] | undefined): string | null {
  return taskTypes === undefined ? null : textArray(taskTypes);
}

function resultsOf(done: CompletedJobs): string | null {
  return done.results === undefined || done.results.size === 0
    ? null
    : JSON.stringify(Object.fromEntries(done.results));
}
