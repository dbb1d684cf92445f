import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  answer,
  collect,
  declareJob,
  fire,
  forgetEverything,
  requestsOf,
  runsOf,
  sqlCall,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

async function statuses(job: string): Promise<readonly string[]> {
  return (await runsOf(sql, job)).map((run) => `${run.trigger} ${run.status}`);
}

it('skip records each slot that found the former run still open, and alerts nobody', async () => {
  await declareJob(sql, 'sync');
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  expect(await fire(sql, 'sync', '2027-01-01T10:01:00Z')).toMatch(/^skipped \d+ overlap$/);
  await answer(sql, 'sync', { at: '2027-01-01T10:01:10Z', status: 200 });
  await collect(sql, '2027-01-01T10:01:30Z');
  expect(await fire(sql, 'sync', '2027-01-01T10:02:00Z')).toMatch(/^fired/);
  expect(await statuses('sync')).toEqual(['schedule succeeded', 'schedule skipped', 'schedule fired']);
  expect(await activeAlerts(sql)).toEqual({});
});

it("a run that was answered is in nobody's way, also before the collector wrote it down", async () => {
  await declareJob(sql, 'sync', { retry: { attempts: 2, backoff_ms: 5000, on: ['5xx'] } });
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  await answer(sql, 'sync', { at: '2027-01-01T10:00:01Z', status: 200 });
  expect(await fire(sql, 'sync', '2027-01-01T10:01:00Z')).toMatch(/^fired/);
  await answer(sql, 'sync', { at: '2027-01-01T10:01:01Z', status: 503 });
  expect(await fire(sql, 'sync', '2027-01-01T10:02:00Z')).toMatch(/^skipped \d+ overlap$/);
  await collect(sql, '2027-01-01T10:02:00Z');
  expect(await statuses('sync')).toEqual(['schedule succeeded', 'schedule fired', 'schedule skipped']);
  expect(await activeAlerts(sql)).toEqual({});
});

it('an answered run that has still to report is in the way', async () => {
  await declareJob(sql, 'sync', { expect: { report: true } });
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  await answer(sql, 'sync', { at: '2027-01-01T10:00:01Z', status: 202 });
  expect(await fire(sql, 'sync', '2027-01-01T10:01:00Z')).toMatch(/^skipped \d+ overlap$/);
});

it("queued work that is done is in nobody's way", async () => {
  await declareJob(sql, 'sync', {
    call: { kind: 'enqueue', task_type: 'once', payload: {}, max_attempts: 1, await_report: true },
  });
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  expect(await fire(sql, 'sync', '2027-01-01T10:01:00Z')).toMatch(/^skipped \d+ overlap$/);
  await sql`select ops.cancel_job(q.id) from ops.queued_jobs q where q.task_type = 'once'`;
  expect(await fire(sql, 'sync', '2027-01-01T10:02:00Z')).toMatch(/^fired/);
});

it('queue_one lets one wait, skips the rest, and starts the one when the former ends', async () => {
  await declareJob(sql, 'sync', { overlap: 'queue_one' });
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  expect(await fire(sql, 'sync', '2027-01-01T10:01:00Z')).toMatch(/^queued \d+$/);
  expect(await fire(sql, 'sync', '2027-01-01T10:02:00Z')).toMatch(/^skipped \d+ overlap$/);
  await collect(sql, '2027-01-01T10:02:00Z');
  expect(await statuses('sync')).toEqual(['schedule fired', 'queued queued', 'schedule skipped']);

  await answer(sql, 'sync', { at: '2027-01-01T10:02:10Z', status: 200 });
  await collect(sql, '2027-01-01T10:02:30Z');
  expect(await statuses('sync')).toEqual(['schedule succeeded', 'queued fired', 'schedule skipped']);
  const [request] = await requestsOf(sql, 'sync');
  expect(request?.headers['Idempotency-Key']).toBe('sync/2027-01-01T10:01:00Z');
});

it('queue_one of a SQL job is started by run_pending_sql', async () => {
  await declareJob(sql, 'long', { call: sqlCall('select pg_sleep(1)'), overlap: 'queue_one' });
  const first = sql`select ops.fire('long', '2027-01-01T10:00:00Z')`.execute();
  await expect.poll(() => sql`select * from ops.list_running()`, { timeout: 5000 }).toHaveLength(1);
  expect(await fire(sql, 'long', '2027-01-01T10:01:00Z')).toMatch(/^queued/);
  await sql`select ops.run_pending_sql(10, '2027-01-01T10:02:00Z')`;
  expect(await statuses('long')).toEqual(['queued queued']);
  await first;
  await sql`select ops.run_pending_sql(10, '2027-01-01T10:02:00Z')`;
  expect(await statuses('long')).toEqual(['schedule succeeded', 'queued succeeded']);
});

it('allow starts every slot', async () => {
  await declareJob(sql, 'sync', { overlap: 'allow' });
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  expect(await fire(sql, 'sync', '2027-01-01T10:01:00Z')).toMatch(/^fired/);
  expect(await statuses('sync')).toEqual(['schedule fired', 'schedule fired']);
});

it('counts for a run by hand too', async () => {
  await declareJob(sql, 'sync');
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  await sql`select ops.fire_now('sync', 'ada')`;
  expect(await statuses('sync')).toEqual(['schedule fired', 'manual skipped']);
});

it('does not stop a job for ever when nobody collects: the next run starts and the silence is an alert', async () => {
  await declareJob(sql, 'sync');
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  expect(await fire(sql, 'sync', '2027-01-01T10:15:00Z')).toMatch(/^skipped/);
  expect(await activeAlerts(sql)).toEqual({});
  expect(await fire(sql, 'sync', '2027-01-01T10:20:00Z')).toMatch(/^fired/);
  expect(await activeAlerts(sql)).toMatchObject({ 'collector:silent': { severity: 'critical' } });
  await collect(sql, '2027-01-01T10:21:00Z');
  expect(await activeAlerts(sql)).not.toHaveProperty('collector:silent');
});
