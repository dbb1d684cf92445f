import type * as z from 'zod';
import type { Duration } from './duration.ts';

export { FailForGood, RetryLater } from './job-failure.ts';
export type { Duration };

/** What JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Fields of a log line of a job. */
export type JobLogFields = Readonly<Record<string, unknown>>;

/** One structured line each, with the job's id, type and attempt already on it. */
export interface JobLog {
  info(message: string, fields?: JobLogFields): void;
  warn(message: string, fields?: JobLogFields): void;
  error(message: string, fields?: JobLogFields): void;
}

/** What a handler is given beside its payload. */
export interface JobContext {
  readonly jobId: number;
  readonly taskType: string;
  /** 1 on the first try. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** The same on every attempt of this job and of no other: hand it to whatever must not happen twice. */
  readonly idempotencyKey: string;
  /** Aborted when the time is up, the job was cancelled, its lease was lost, or the worker must stop now. */
  readonly signal: AbortSignal;
  readonly log: JobLog;
  /**
   * Call an Edge Function of this project: POST with the job token and the idempotency key, bounded by `signal`.
   *
   * @returns the answer, checked by `answer`
   * @throws FailForGood for a 4xx or an answer of another shape, RetryLater for 429 and 503 that name a time, an
   *   ordinary error (retried with backoff) for 5xx, a timeout or a broken connection
   */
  callFunction<Answer>(slug: string, body: Json, answer: z.ZodType<Answer>): Promise<Answer>;
}

/** One kind of work, as a file in the folder of handlers exports it under the name `job`. */
export interface JobDefinition<Payload = never> {
  /** Checked before every run; a payload that does not fit makes the job a dead letter at once. */
  readonly payload: z.ZodType<Payload>;
  /** Longest run; then the signal is aborted and the attempt has failed. */
  readonly timeout: Duration;
  /**
   * Do the work. It happens at least once: a worker may die after the work and before its completion was recorded.
   * What is returned is kept as the job's result.
   */
  run(payload: Payload, context: JobContext): Promise<JobResult> | JobResult;
}

/** A result is JSON of at most 16 kB, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the common case
export type JobResult = Json | undefined | void;

/**
 * Define what a task type does. The file `functions/_jobs/<task_type>.ts` exports the answer as `job`; it uses web
 * standards and zod only, because it runs under Node (`opsroom work`) and under Deno (the `job-worker` function).
 *
 * @example
 * export const job = defineJob({
 *   payload: z.strictObject({ invoice: z.number().int() }),
 *   timeout: '30s',
 *   async run({ invoice }, { signal, idempotencyKey }) { ... },
 * });
 */
export function defineJob<Payload>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return definition;
}
