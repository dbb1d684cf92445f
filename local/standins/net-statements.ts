/**
 * The statements of the pg_net stand-in's worker, one function each.
 */
import type { Sql } from 'postgres';
import * as z from 'zod';
import { workerLock } from './net-lock.ts';
import type { NetRequest, NetResponse } from './net-request.ts';

type Transaction = Parameters<Parameters<Sql['begin']>[1]>[0];

/** Whether this session is the worker; becomes it when the place is free. */
export async function isWorker(sql: Sql): Promise<boolean> {
  const rows = await sql`
    select exists (
      select from pg_catalog.pg_locks l
      where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'advisory' and l.granted
        and l.classid::bigint = ${workerLock.space} and l.objid::bigint = ${workerLock.id}
    ) or pg_catalog.pg_try_advisory_lock(${workerLock.space}::int, ${workerLock.id}::int) as works`;
  return z.object({ works: z.boolean() }).parse(rows[0]).works;
}

const Settings = z.object({ ttl: z.string(), batch_size: z.number() });

/** `pg_net.ttl` and `pg_net.batch_size`, with the extension's own defaults. */
export async function readSettings(sql: Transaction): Promise<z.infer<typeof Settings>> {
  const rows = await sql`
    select
      coalesce(nullif(current_setting('pg_net.ttl', true), ''), '6 hours') as ttl,
      coalesce(nullif(current_setting('pg_net.batch_size', true), ''), '200')::int as batch_size`;
  return Settings.parse(rows[0]);
}

/** Deletes answers older than `ttl`, a batch at a time; returns how many. */
export async function deleteExpired(sql: Transaction, limits: z.infer<typeof Settings>): Promise<number> {
  const result = await sql`
    delete from net._http_response
    where ctid = any (array(
      select r.ctid from net._http_response r
      where r.created < now() - ${limits.ttl}::interval
      order by r.created
      limit ${limits.batch_size}
    ))`;
  return result.count;
}

const QueuedRequest = z.object({
  id: z.string(),
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.unknown()).nullable(),
  body: z.instanceof(Buffer).nullable(),
  timeout_milliseconds: z.number(),
});

/** Takes the oldest requests off the queue. Others see them there until the transaction ends. */
export async function takeRequests(sql: Transaction, batchSize: number): Promise<readonly NetRequest[]> {
  const rows = await sql`
    with taken as (
      delete from net.http_request_queue
      where ctid = any (array(
        select q.ctid from net.http_request_queue q order by q.id limit ${batchSize}
      ))
      returning id, method::text, url, headers, body, timeout_milliseconds
    )
    select t.id::text, t.method, t.url, t.headers, t.body, t.timeout_milliseconds
    from taken t
    order by t.id`;
  return z
    .array(QueuedRequest)
    .parse([...rows])
    .map((row) => ({
      id: row.id,
      method: row.method.toUpperCase(),
      url: row.url,
      headers: Object.entries(row.headers ?? {}).map(([name, value]) => [name, headerText(value)] as const),
      body: row.body,
      timeoutMs: row.timeout_milliseconds,
    }));
}

/** Writes one answer; `created` is the start of the batch's transaction. */
export async function insertResponse(sql: Transaction, id: string, response: NetResponse): Promise<void> {
  await sql`
    insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg)
    values (
      ${id}::bigint, ${response.statusCode}, ${response.contentType},
      ${response.headers === null ? null : sql.json(response.headers)},
      ${response.content}, ${response.timedOut}, ${response.error}
    )`;
}

function headerText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
