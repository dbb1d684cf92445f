import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  answer,
  collect,
  declareJob,
  fire,
  forgetEverything,
  lastRequest,
  onlyRun,
  requestsOf,
  tokenOf,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

/** Tokens expire by the real clock, so these tests run at the real time. */
function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

const refused = { ok: false, run_id: null, attempt: null, job: null, scheduled_for: null };

async function redeem(token: string, job: string): Promise<Record<string, unknown>> {
  const [row] = await database.sql<
    { answer: Record<string, unknown> }[]
  >`select ops.redeem_run_token(${token}, ${job}) as answer`;
  return row?.answer ?? {};
}

async function report(
  token: string,
  ok: boolean,
  result: object | null = null,
  error: string | null = null,
): Promise<boolean> {
  const [row] = await sql<{ taken: boolean }[]>`
    select ops.report_run(${token}, ${ok}, ${result === null ? null : sql.json(JSON.parse(JSON.stringify(result)))}, ${error}) as taken
  `;
  return row?.taken ?? false;
}

async function fireAndGetToken(job: string, at: string): Promise<string> {
  await fire(sql, job, at);
  return tokenOf(await lastRequest(sql, job));
}

describe('a run token', () => {
  it('opens its job once', async () => {
    await declareJob(sql, 'sync');
    const token = await fireAndGetToken('sync', inSeconds(0));
    const run = await onlyRun(sql, 'sync');
    expect(await redeem(token, 'other')).toEqual(refused);
    expect(await redeem(token, 'sync')).toEqual({
      ok: true,
      run_id: Number(run.id),
      attempt: 1,
      job: 'sync',
      scheduled_for: expect.any(String),
    });
    expect(await redeem(token, 'sync')).toEqual(refused);
  });

  it('opens it once when two ask at the same moment', async () => {
    await declareJob(sql, 'sync');
    const token = await fireAndGetToken('sync', inSeconds(0));
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(token, 'sync')));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
  });

  it.each([['ort_unknown'], ['']])(
    'that nobody issued (%j) answers the same as any refused one',
    async (token) => {
      expect(await redeem(token, 'sync')).toEqual(refused);
      const [row] = await sql`select ops.redeem_run_token(null, null) as answer`;
      expect(row).toEqual({ answer: refused });
    },
  );

  it('is worthless after it expired', async () => {
    await declareJob(sql, 'sync');
    const token = await fireAndGetToken('sync', inSeconds(0));
    await sql`update ops.run_tokens set expires_at = now() - interval '1 second'`;
    expect(await redeem(token, 'sync')).toEqual(refused);
    expect(await report(token, true)).toBe(false);
  });

  it('of a try that was given up does not open the job beside the next try', async () => {
    await declareJob(sql, 'sync', { retry: { attempts: 2, backoff_ms: 1000, on: ['lost'] } });
    const first = await fireAndGetToken('sync', inSeconds(-300));
    await sql`update ops.run_tokens set expires_at = now() + interval '1 hour'`;
    await sql`delete from net.http_request_queue`;
    await collect(sql, inSeconds(-120));
    expect(await redeem(first, 'sync')).toEqual(refused);
    await collect(sql, inSeconds(0));
    const second = tokenOf(await lastRequest(sql, 'sync'));
    expect(await redeem(first, 'sync')).toEqual(refused);
    expect(await report(first, true)).toBe(false);
    expect(await redeem(second, 'sync')).toMatchObject({ ok: true, attempt: 2 });
  });

  it('is stored as its sha256 only', async () => {
    await declareJob(sql, 'sync');
    const token = await fireAndGetToken('sync', inSeconds(0));
    const [row] =
      await sql`select token_hash = sha256(convert_to(${token}, 'UTF8')) as same from ops.run_tokens`;
    expect(row).toEqual({ same: true });
  });
});

describe('a job that must report', () => {
  const wish = { expect: { report: true, max_duration_ms: 120_000 } };

  it('has not succeeded when it has only answered', async () => {
    await declareJob(sql, 'sync', wish);
    const token = await fireAndGetToken('sync', inSeconds(0));
    await redeem(token, 'sync');
    await answer(sql, 'sync', { at: inSeconds(1), status: 202 });
    await collect(sql, inSeconds(2));
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: 'delivered',
      http_status: 202,
      finished_at: null,
    });
    expect(await report(token, true, { rows: 12 })).toBe(true);
    const run = await onlyRun(sql, 'sync');
    expect(run).toMatchObject({ status: 'succeeded', result: { rows: 12 } });
    expect([run.fired_at, run.delivered_at, run.reported_at, run.finished_at]).not.toContain(null);
  });

  it('may report before its answer is seen', async () => {
    await declareJob(sql, 'sync', wish);
    const token = await fireAndGetToken('sync', inSeconds(0));
    expect(await report(token, true)).toBe(true);
    await answer(sql, 'sync', { at: inSeconds(1), status: 200 });
    await collect(sql, inSeconds(2));
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'succeeded' });
    expect(await sql`select http_status from ops.cron_attempts`).toEqual([{ http_status: 200 }]);
  });

  it('may report once', async () => {
    await declareJob(sql, 'sync', wish);
    const token = await fireAndGetToken('sync', inSeconds(0));
    expect(await report(token, true)).toBe(true);
    expect(await report(token, false)).toBe(false);
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'succeeded' });
  });

  it('and says it failed has failed, although the answer was 200', async () => {
    await declareJob(sql, 'sync', wish);
    const token = await fireAndGetToken('sync', inSeconds(0));
    await answer(sql, 'sync', { at: inSeconds(1), status: 200 });
    await collect(sql, inSeconds(2));
    expect(await report(token, false, null, 'no rows upstream')).toBe(true);
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: 'failed',
      error_code: 'report_failed',
      error: 'report_failed - no rows upstream',
    });
    expect(await activeAlerts(sql)).toHaveProperty('job:sync');
  });

  it('and outlives its request is waited for, because its token was used', async () => {
    await declareJob(sql, 'sync', { ...wish, retry: { attempts: 3, backoff_ms: 1000, on: ['timeout'] } });
    const token = await fireAndGetToken('sync', inSeconds(0));
    await redeem(token, 'sync');
    await answer(sql, 'sync', { at: inSeconds(1), timedOut: true, error: 'Timeout of 5000 ms reached' });
    await collect(sql, inSeconds(6));
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'delivered', attempt: 1 });
    expect(await report(token, true)).toBe(true);
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'succeeded' });
  });

  it('and whose answer is lost is waited for when its token was used', async () => {
    await declareJob(sql, 'sync', { expect: { report: true, max_duration_ms: 600_000 } });
    const token = await fireAndGetToken('sync', inSeconds(0));
    await redeem(token, 'sync');
    await sql`delete from net.http_request_queue`;
    await collect(sql, inSeconds(120));
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'delivered' });
  });

  it('and does not in time has failed', async () => {
    await declareJob(sql, 'sync', wish);
    const token = await fireAndGetToken('sync', inSeconds(0));
    await answer(sql, 'sync', { at: inSeconds(1), status: 200 });
    await collect(sql, inSeconds(2));
    await collect(sql, inSeconds(121));
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'failed', error_code: 'not_reported' });
    // Its own word, though late, is better knowledge.
    expect(await report(token, true)).toBe(true);
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'succeeded', error_code: null });
    expect(await activeAlerts(sql)).toEqual({});
  });

  it('is tried again after a failed report when its file says so', async () => {
    await declareJob(sql, 'sync', { ...wish, retry: { attempts: 2, backoff_ms: 1000, on: ['report'] } });
    const token = await fireAndGetToken('sync', inSeconds(0));
    await answer(sql, 'sync', { at: inSeconds(1), status: 200 });
    await collect(sql, inSeconds(2));
    await report(token, false, null, 'busy');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired', error_code: 'report_failed' });
    await collect(sql, inSeconds(10));
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired', attempt: 2, error_code: null });
  });

  it('starts the one that waits behind it as it reports', async () => {
    await declareJob(sql, 'sync', { ...wish, overlap: 'queue_one' });
    const token = await fireAndGetToken('sync', inSeconds(-60));
    expect(await fire(sql, 'sync', inSeconds(0))).toMatch(/^queued/);
    expect(await report(token, true)).toBe(true);
    expect(await requestsOf(sql, 'sync')).toHaveLength(2);
  });
});

it('a report too long to keep leaves a note of its length', async () => {
  await declareJob(sql, 'sync');
  const token = await fireAndGetToken('sync', inSeconds(0));
  await report(token, true, { text: 'x'.repeat(40_000) });
  expect((await onlyRun(sql, 'sync')).result).toMatchObject({ truncated: true });
});

describe('queued work that must be reported', () => {
  const call = {
    kind: 'enqueue',
    task_type: 'big',
    payload: {},
    max_attempts: 2,
    await_report: true,
  } as const;

  it.each([
    ['succeeded', 'succeeded', null],
    ['failed', 'failed', 'report_failed'],
    ['cancelled', 'cancelled', 'cancelled'],
  ])('gives its outcome %s to the run', async (ended, status, errorCode) => {
    await declareJob(sql, 'work', { call });
    expect(await fire(sql, 'work', '2027-01-01T10:00:00Z')).toMatch(/^fired/);
    await sql`update ops.queued_jobs set status = ${ended}, finished_at = now(), last_error = 'out of paper'`;
    await collect(sql, '2027-01-01T10:01:00Z');
    expect(await onlyRun(sql, 'work')).toMatchObject({ status, error_code: errorCode });
  });

  it('and is not in time has failed', async () => {
    await declareJob(sql, 'work', { call });
    await fire(sql, 'work', '2027-01-01T10:00:00Z');
    await collect(sql, '2027-01-01T11:00:01Z');
    expect(await onlyRun(sql, 'work')).toMatchObject({ status: 'failed', error_code: 'not_reported' });
  });
});
