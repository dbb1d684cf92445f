/** A job fired in the database reaches a real function through pg_net, once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deno } from '../../support/supabase/functions-host.ts';
import { declareJob, onlyRun, tokenOf, type WaitingRequest } from '../ops/jobs.ts';
import { waitFor } from '../standins/wait-for.ts';
import { type EndToEnd, startEndToEnd } from './fixture.ts';

const job = 'archive-odoo-files-batch';
let room: EndToEnd;

beforeAll(async () => {
  if (deno === null) return;
  room = await startEndToEnd(import.meta.url, { files: 5 });
  const { sql } = room.database;
  const declared = room.declared.jobs.find(({ name }) => name === job);
  if (declared === undefined) throw new Error(`${job} is not declared`);
  await declareJob(sql, job, { ...declared.definition, schedule: '* * * * *' });
  await sql`select vault.create_secret(${room.project.gateway.url}, 'project_url')`;
  const token = room.secrets.ARCHIVE_ODOO_FILES_TOKEN ?? '';
  await sql`select vault.create_secret(${token}, 'archive_odoo_files_token')`;
  await room.project.service.storage.createBucket('odoo-archive');
});
afterAll(() => room?.close());

/** Fire the job; what pg_net was handed is seen before the commit lets it go. */
async function fireNow(): Promise<WaitingRequest> {
  return room.database.sql.begin(async (transaction) => {
    await transaction`select ops.fire_now(${job}, 'test')`;
    const [request] = await transaction<WaitingRequest[]>`
      select id, method, url, headers, convert_from(body, 'UTF8') as body, timeout_milliseconds
      from net.http_request_queue where headers ->> 'x-ops-job' = ${job}`;
    if (request === undefined) throw new Error('nothing was handed to pg_net');
    return request;
  });
}

async function repeat(request: WaitingRequest, headers: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(request.url, { method: 'POST', headers, body: request.body });
  await response.body?.cancel();
  return response.status;
}

describe.skipIf(deno === null)('a fired job', () => {
  it('reaches its function by its one-time token and is followed until it succeeded', async () => {
    const { sql } = room.database;
    const request = await fireNow();
    expect(tokenOf(request)).toMatch(/^ort_[0-9a-f]{64}$/);
    const run = await waitFor('the end of the run', async () => {
      await sql`select ops.collect()`;
      const { status, http_status, result } = await onlyRun(sql, job);
      return status === 'fired' ? undefined : { status, http_status, result };
    });

    expect(run).toMatchObject({ status: 'succeeded', http_status: 200 });
    expect(await sql`select status, count(*)::int from ops.odoo_attachments group by status`).toEqual([
      { status: 'migrated', count: 5 },
    ]);
    const [token] =
      await sql`select count(*)::int as redeemed from ops.run_tokens where redeemed_at is not null`;
    expect(token).toEqual({ redeemed: 1 });

    // The same request again, whoever saw it: the token is spent, with the static token beside it and without.
    const { 'x-job-token': _, ...tokenOnly } = request.headers;
    expect([await repeat(request, request.headers), await repeat(request, tokenOnly)]).toEqual([401, 401]);
    expect(await sql`select count(*)::int as logs from ops.migration_logs`).toEqual([{ logs: 1 }]);
  });

  it('has a token that opens no other function, and is not spent by trying', async () => {
    const { sql } = room.database;
    await sql`delete from ops.cron_runs`;
    // pg_net is not told: the token stays where it is.
    const token = await sql.begin(async (transaction) => {
      await transaction`select ops.fire_now(${job}, 'test')`;
      const [held] = await transaction<{ token: string }[]>`
        with taken as (delete from net.http_request_queue returning headers)
        select headers ->> 'x-ops-run-token' as token from taken`;
      return held?.token ?? '';
    });
    const headers = { 'x-ops-job': job, 'x-ops-run-token': token };

    expect((await room.post('sync', {}, headers)).status).toBe(401);
    expect((await room.post('archive-odoo-files', {}, headers)).status).toBe(200);
    expect((await room.post('archive-odoo-files', {}, headers)).status).toBe(401);
  });
});
