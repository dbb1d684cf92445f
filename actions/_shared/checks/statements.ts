/** What checks ask the database: functions that a role which may check can be granted (docs/checks.md). */
import * as z from 'zod';
import type { Queryable, Transaction } from '../database/connect.ts';

/** How long each statement may take from here on, until the transaction ends. */
export async function limitStatements(tx: Transaction, milliseconds: number): Promise<void> {
  await tx`select pg_catalog.set_config('statement_timeout', ${String(milliseconds)}, true)`;
}

const Moment = z.coerce.date();
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
