/** What the tests of schema ops share: declaring a job, firing it, playing pg_net's worker, reading what became of it. */
import type { Sql } from 'postgres';
import type { JobCall, JobDefinition } from '../../../actions/_shared/declare/model.ts';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';

/** A definition with what matters to a test; due every minute and calling over HTTP unless said otherwise. */
export interface JobWish extends Partial<Omit<JobDefinition, 'schedule' | 'call'>> {
  readonly schedule?: string;
  readonly timezone?: string;
  readonly call?: JobCall;
}

/** A POST to a literal URL with a run token. */
export function httpCall(wish: Partial<Extract<JobCall, { kind: 'http' }>> = {}): JobCall {
  return {
    kind: 'http',
    method: 'post',
    url: 'https://project.example/functions/v1/sync',
    headers: {},
    auth: [{ kind: 'run_token' }],
    timeout_ms: 5000,
    ...wish,
  };
}

/** The same with its base URL in Vault. */
export function secretUrlCall(
  secret: string,
  wish: Partial<Extract<JobCall, { kind: 'http' }>> = {},
): JobCall {
  return {
    kind: 'http',
    method: 'post',
    url_secret: secret,
    path: '/functions/v1/sync',
    headers: {},
    auth: [{ kind: 'run_token' }],
    timeout_ms: 5000,
    ...wish,
  };
}

/** Some SQL with five seconds to run. */
export function sqlCall(sql: string, timeoutMs = 5000): JobCall {
  return { kind: 'sql', sql, timeout_ms: timeoutMs };
}

/** The definition `opsroom apply` would store for a wish. */
export function definitionOf(name: string, wish: JobWish): JobDefinition {
  const { schedule = '* * * * *', timezone = 'UTC', call = httpCall(), ...rest } = wish;
  const { cronSchedule: _, ...compiled } = compileSchedule({ name, source: schedule, timezone });
  return { schedule: compiled, call, ...rest };
}

/** Stores a job as reconcile does, as if it had existed since 2020. */
export async function declareJob(sql: Sql, name: string, wish: JobWish = {}): Promise<void> {
  const definition = definitionOf(name, wish);
  await sql`
    insert into ops.job_definitions (name, definition, digest, created_at)
    values (${name}, ${sql.json(JSON.parse(JSON.stringify(definition)))}, 'digest', '2020-01-01')
    on conflict (name) do update set definition = excluded.definition
  `;
}

/** `select ops.fire(job)`, at an instant of the test's choice. */
export async function fire(sql: Sql, job: string, at: string): Promise<string> {
  const [row] = await sql<{ word: string }[]>`select ops.fire(${job}, ${at}::timestamptz) as word`;
  return row?.word ?? '';
}

/** One pass of the collector at an instant. */
export async function collect(sql: Sql, at: string): Promise<Record<string, number | null>> {
  const [row] = await sql<{ done: Record<string, number | null> }[]>`
    select ops.collect(${at}::timestamptz) as done
  `;
  return row?.done ?? {};
}

/** A row of ops.cron_runs with what tests look at. */
export interface RunRow {
  readonly id: string;
  readonly job: string;
  readonly status: string;
  readonly trigger: string;
  readonly attempt: number;
  readonly scheduled_for: Date;
  readonly fired_at: Date | null;
  readonly delivered_at: Date | null;
  readonly reported_at: Date | null;
  readonly finished_at: Date | null;
  readonly next_attempt_at: Date | null;
  readonly http_status: number | null;
  readonly error_code: string | null;
  readonly error: string | null;
  readonly result: unknown;
  readonly actor: string | null;
}

/** The runs of a job, oldest first. */
export async function runsOf(sql: Sql, job: string): Promise<readonly RunRow[]> {
  return await sql<RunRow[]>`select * from ops.cron_runs where job = ${job} order by id`;
}

/** The one run of a job. @throws Error when there are none or several. */
export async function onlyRun(sql: Sql, job: string): Promise<RunRow> {
  const [run, ...others] = await runsOf(sql, job);
  if (run === undefined || others.length > 0)
    throw new Error(`${job} has ${others.length + (run ? 1 : 0)} runs, not one`);
  return run;
}

/** A request waiting in pg_net's queue. */
export interface WaitingRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly timeout_milliseconds: number;
}

/** What pg_net would send for a job, oldest first. */
export async function requestsOf(sql: Sql, job: string): Promise<readonly WaitingRequest[]> {
  return await sql<WaitingRequest[]>`
    select id, method, url, headers, convert_from(body, 'UTF8') as body, timeout_milliseconds
    from net.http_request_queue where headers ->> 'x-ops-job' = ${job} order by id
  `;
}

/** The newest request of a job. @throws Error when there is none. */
export async function lastRequest(sql: Sql, job: string): Promise<WaitingRequest> {
  const request = (await requestsOf(sql, job)).at(-1);
  if (request === undefined) throw new Error(`${job} has no request in the queue`);
  return request;
}

/** The run token a request carries. */
export function tokenOf(request: WaitingRequest): string {
  const token = request.headers['x-ops-run-token'];
  if (token === undefined) throw new Error('the request carries no run token');
  return token;
}

/** How pg_net's worker would answer. */
export interface Answer {
  readonly at: string;
  readonly status?: number;
  readonly content?: string;
  readonly timedOut?: boolean;
  readonly error?: string;
}

/** Plays pg_net's worker for the newest request of a job: off the queue, answer in. */
export async function answer(sql: Sql, job: string, how: Answer): Promise<void> {
  const request = await lastRequest(sql, job);
  await sql`delete from net.http_request_queue where id = ${request.id}`;
  await insertAnswer(sql, request.id, how);
}

/** An answer for a request id, whoever sent it. */
export async function insertAnswer(sql: Sql, requestId: string, how: Answer): Promise<void> {
  await sql`
    insert into net._http_response (id, status_code, content, timed_out, error_msg, created)
    values (
      ${requestId}, ${how.status ?? null}, ${how.content ?? null}, ${how.timedOut ?? false}, ${how.error ?? null},
      ${how.at}::timestamptz
    )
  `;
}

/** Active alerts by dedupe key. */
export async function activeAlerts(
  sql: Sql,
): Promise<Record<string, { kind: string; severity: string; count: number; message: string }>> {
  const rows = await sql<
    { dedupe_key: string; kind: string; severity: string; count: number; message: string }[]
  >`
    select dedupe_key, kind, severity, count, message from ops.alerts where resolved_at is null order by dedupe_key
  `;
  return Object.fromEntries(rows.map(({ dedupe_key, ...alert }) => [dedupe_key, alert]));
}

/** Empties what a test before left, so that one collector pass concerns one test. */
export async function forgetEverything(sql: Sql): Promise<void> {
  await sql`
    truncate ops.job_definitions, ops.cron_runs, ops.cron_attempts, ops.run_tokens, ops.alerts, ops.scheduler_ticks,
      ops.queued_jobs, ops.job_leases, ops.collector_state, ops.crash_epoch restart identity
  `;
  await sql`truncate net.http_request_queue, net._http_response`;
}
