import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  answer,
  collect,
  declareJob,
  fire,
  forgetEverything,
  insertAnswer,
  lastRequest,
  onlyRun,
  requestsOf,
  runsOf,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

const fired = '2027-01-01T10:00:00Z';
const answered = '2027-01-01T10:00:02Z';
const collected = '2027-01-01T10:01:00Z';

describe('an answer', () => {
  it.each([
    ['200', { status: 200 }, 'succeeded', null],
    ['204', { status: 204 }, 'succeeded', null],
    ['401', { status: 401 }, 'failed', 'http_4xx'],
    ['503', { status: 503 }, 'failed', 'http_5xx'],
    ['304', { status: 304 }, 'failed', 'http_other'],
    ['no status at all', {}, 'failed', 'http_other'],
    [
      'a timeout',
      { timedOut: true, error: 'Timeout of 5000 ms reached. Total time: 5001 ms' },
      'timed_out',
      'timeout',
    ],
    ['a timeout of an old pg_net', { error: 'Timeout was reached' }, 'timed_out', 'timeout'],
    ['no connection', { error: "Couldn't connect to server" }, 'failed', 'network'],
  ])('of %s ends the run', async (_, how, status, errorCode) => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await answer(sql, 'sync', { at: answered, ...how });
    await collect(sql, collected);
    const run = await onlyRun(sql, 'sync');
    expect(run).toMatchObject({
      status,
      error_code: errorCode,
      http_status: 'status' in how ? how.status : null,
    });
    expect(run.finished_at).not.toBeNull();
  });

  it('tells when the request left', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await answer(sql, 'sync', { at: answered, status: 200 });
    await collect(sql, collected);
    expect((await onlyRun(sql, 'sync')).delivered_at?.toISOString()).toBe('2027-01-01T10:00:02.000Z');
  });

  it('is kept up to a thousand characters, without what looks like a token', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    const jwt = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(1500)}.${'b'.repeat(40)}`;
    const content = `key sb_secret_abcdefghijk, ${jwt}, Bearer abc.def, https://me:pw@host/x ${'é'.repeat(2000)}`;
    await answer(sql, 'sync', { at: answered, status: 200, content });
    await collect(sql, collected);
    const [attempt] = await sql<
      { response_excerpt: string }[]
    >`select response_excerpt from ops.cron_attempts`;
    const excerpt = attempt?.response_excerpt ?? '';
    expect(excerpt).toHaveLength(1000);
    expect(excerpt).toMatch(
      /^key \[redacted\], \[redacted\], Bearer \[redacted\], https:\/\/\[redacted\]@host\/x é+$/,
    );
  });

  it('goes to the newest attempt when ids start again', async () => {
    await declareJob(sql, 'sync', { overlap: 'allow' });
    await fire(sql, 'sync', '2027-01-01T09:58:00Z');
    const old = await lastRequest(sql, 'sync');
    await fire(sql, 'sync', fired);
    await sql`update ops.cron_attempts set request_id = ${old.id}`;
    await insertAnswer(sql, old.id, { at: answered, status: 200 });
    await collect(sql, '2027-01-01T10:00:05Z');
    expect((await runsOf(sql, 'sync')).map((run) => run.status)).toEqual(['fired', 'succeeded']);
  });

  it("from before the request was made is somebody else's", async () => {
    await declareJob(sql, 'older');
    await fire(sql, 'older', '2027-01-01T08:59:59Z');
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await insertAnswer(sql, (await lastRequest(sql, 'sync')).id, { at: '2027-01-01T09:00:00Z', status: 200 });
    await collect(sql, collected);
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired' });
  });
});

describe('silence', () => {
  it('while the request still waits in the queue is patience', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await collect(sql, '2027-01-01T10:05:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired' });
  });

  it('after it left the queue and the deadline passed is a lost run', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await sql`delete from net.http_request_queue`;
    await collect(sql, '2027-01-01T10:01:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired' });
    await collect(sql, '2027-01-01T10:02:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'lost', error_code: 'lost' });
    expect(await activeAlerts(sql)).toHaveProperty('job:sync');
  });

  it.each([
    [200, 'succeeded'],
    [500, 'failed'],
  ])('broken by a late HTTP %i corrects the lost run to %s', async (status, outcome) => {
    await declareJob(sql, 'sync', { retry: { attempts: 3, backoff_ms: 1000, on: ['5xx'] } });
    await fire(sql, 'sync', fired);
    const request = await lastRequest(sql, 'sync');
    await sql`delete from net.http_request_queue`;
    await collect(sql, '2027-01-01T10:02:00Z');
    await insertAnswer(sql, request.id, { at: '2027-01-01T10:02:30Z', status });
    await collect(sql, '2027-01-01T10:03:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: outcome,
      http_status: status,
      next_attempt_at: null,
    });
    expect(Object.keys(await activeAlerts(sql))).toEqual(status === 200 ? [] : ['job:sync']);
  });

  it('of a pg_net that never sends ends the run and takes the request back', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await collect(sql, '2027-01-01T10:20:00Z');
    const run = await onlyRun(sql, 'sync');
    expect(run).toMatchObject({
      status: 'timed_out',
      error: expect.stringContaining('net.worker_restart()'),
    });
    expect(await requestsOf(sql, 'sync')).toHaveLength(0);
  });

  it('through a crash is known at once, and the next request with that id is not mistaken for it', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    const request = await lastRequest(sql, 'sync');
    // What a crash does to unlogged tables, ours and pg_net's.
    await sql`truncate net.http_request_queue, net._http_response, ops.crash_epoch`;
    await insertAnswer(sql, request.id, { at: '2027-01-01T10:00:20Z', status: 200 });
    await collect(sql, '2027-01-01T10:00:30Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: 'lost',
      error: expect.stringContaining('crashed'),
    });
  });

  it('closes the book on a lost request after six hours', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await sql`delete from net.http_request_queue`;
    await collect(sql, '2027-01-01T10:02:00Z');
    await collect(sql, '2027-01-01T16:30:00Z');
    const [attempt] = await sql`select awaiting_response from ops.cron_attempts`;
    expect(attempt).toEqual({ awaiting_response: false });
  });
});

describe('a retry', () => {
  const retry = {
    attempts: 3,
    backoff_ms: 60_000,
    on: ['5xx', 'timeout', 'lost', '429', 'network'],
  } as const;

  it('is the same run with the same key, a new attempt and a new token, and ends it well', async () => {
    await declareJob(sql, 'sync', { retry });
    await fire(sql, 'sync', fired);
    const first = await lastRequest(sql, 'sync');
    await answer(sql, 'sync', { at: answered, status: 503 });
    await collect(sql, collected);
    const waiting = await onlyRun(sql, 'sync');
    expect(waiting).toMatchObject({ status: 'fired', error_code: 'http_5xx', finished_at: null });
    const wait = (waiting.next_attempt_at?.getTime() ?? 0) - Date.parse(collected);
    expect(wait).toBeGreaterThanOrEqual(48_000);
    expect(wait).toBeLessThanOrEqual(72_000);
    expect(await activeAlerts(sql)).toEqual({});

    await collect(sql, '2027-01-01T10:02:30Z');
    const second = await lastRequest(sql, 'sync');
    expect(second.headers).toMatchObject({
      'x-ops-attempt': '2',
      'Idempotency-Key': first.headers['Idempotency-Key'],
    });
    expect(second.headers['x-ops-run-token']).not.toBe(first.headers['x-ops-run-token']);
    await answer(sql, 'sync', { at: '2027-01-01T10:02:31Z', status: 200 });
    await collect(sql, '2027-01-01T10:03:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      error_code: null,
      error: null,
    });
  });

  it('waits twice as long each time and gives up after the last', async () => {
    await declareJob(sql, 'sync', { retry });
    await fire(sql, 'sync', fired);
    await answer(sql, 'sync', { at: answered, status: 503 });
    await collect(sql, collected);
    await collect(sql, '2027-01-01T10:03:00Z');
    await answer(sql, 'sync', { at: '2027-01-01T10:03:01Z', status: 503 });
    await collect(sql, '2027-01-01T10:04:00Z');
    const wait =
      ((await onlyRun(sql, 'sync')).next_attempt_at?.getTime() ?? 0) - Date.parse('2027-01-01T10:04:00Z');
    expect(wait).toBeGreaterThanOrEqual(96_000);
    expect(wait).toBeLessThanOrEqual(144_000);
    await collect(sql, '2027-01-01T10:07:00Z');
    await answer(sql, 'sync', { at: '2027-01-01T10:07:01Z', status: 503 });
    await collect(sql, '2027-01-01T10:08:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: 'failed',
      attempt: 3,
      error_code: 'http_5xx',
      next_attempt_at: null,
    });
    expect(await sql`select * from ops.cron_attempts`).toHaveLength(3);
  });

  it.each([
    ['a 429 by 429', { status: 429 }, 'fired'],
    ['a 404 not by 429', { status: 404 }, 'failed'],
    ['a refused connection by network', { error: "Couldn't connect to server" }, 'fired'],
    ['a timeout by timeout', { timedOut: true, error: 'Timeout' }, 'fired'],
  ])('happens only for causes the file names: %s', async (_, how, status) => {
    await declareJob(sql, 'sync', { retry });
    await fire(sql, 'sync', fired);
    await answer(sql, 'sync', { at: answered, ...how });
    await collect(sql, collected);
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status });
  });

  it('of a lost request happens when the file says so', async () => {
    await declareJob(sql, 'sync', { retry });
    await fire(sql, 'sync', fired);
    await sql`delete from net.http_request_queue`;
    await collect(sql, '2027-01-01T10:02:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired', error_code: 'lost' });
    await collect(sql, '2027-01-01T10:04:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired', attempt: 2, error_code: null });
  });

  it('of a job that is no longer declared does not happen', async () => {
    await declareJob(sql, 'sync', { retry });
    await fire(sql, 'sync', fired);
    await answer(sql, 'sync', { at: answered, status: 503 });
    await collect(sql, collected);
    await sql`delete from ops.job_definitions`;
    await collect(sql, '2027-01-01T10:05:00Z');
    expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'failed', error_code: 'definition_missing' });
  });
});

describe('the collector', () => {
  it('works alone', async () => {
    const other = database.as('postgres');
    await other.begin(async (transaction) => {
      await transaction`select ops.collect()`;
      expect(await collect(sql, collected)).toEqual({ busy: true });
    });
  });

  it('goes on when one of its steps fails, and says which', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', fired);
    await answer(sql, 'sync', { at: answered, status: 200 });
    await sql`alter table ops.queued_jobs rename to queued_jobs_away`;
    const done = await collect(sql, collected);
    await sql`alter table ops.queued_jobs_away rename to queued_jobs`;
    expect(done).toMatchObject({ responses: 1, queued_work: null });
    expect(await activeAlerts(sql)).toMatchObject({ 'collector:queued_work': { severity: 'critical' } });
    await collect(sql, '2027-01-01T10:02:00Z');
    expect(await activeAlerts(sql)).toEqual({});
  });

  it('takes in ten thousand answers in one pass of a few seconds', async () => {
    await declareJob(sql, 'sync');
    await sql`
      insert into ops.cron_runs (job, scheduled_for, trigger, status, call_kind, attempt, created_at, fired_at)
      select 'sync', timestamptz '2027-01-01' + n * interval '1 second', 'manual', 'fired', 'http', 1, ${fired}::timestamptz, ${fired}::timestamptz
      from generate_series(1, 10000) n
    `;
    await sql`
      insert into ops.cron_attempts (run_id, attempt, request_id, epoch, awaiting_response, fired_at, deadline)
      select r.id, 1, r.id, ops.current_epoch(), true, r.fired_at, r.fired_at + interval '65 seconds' from ops.cron_runs r
    `;
    await sql`insert into net._http_response (id, status_code, content, created) select id, 200, '{"ok":true}', ${answered}::timestamptz from ops.cron_runs`;
    const started = performance.now();
    await sql`select ops.collect(${collected}::timestamptz, 20000)`;
    const took = performance.now() - started;
    const [row] = await sql`select count(*)::int as done from ops.cron_runs where status = 'succeeded'`;
    expect(row).toEqual({ done: 10000 });
    expect(took).toBeLessThan(8000);
  });
});
