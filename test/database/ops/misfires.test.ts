import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  collect,
  declareJob,
  fire,
  forgetEverything,
  type JobWish,
  requestsOf,
  runsOf,
  sqlCall,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(async () => {
  await forgetEverything(sql);
  await sql`select cron.unschedule(jobid) from cron.job`;
});

async function schedule(job: string, wish: JobWish): Promise<void> {
  await declareJob(sql, job, wish);
  await sql`select cron.schedule(${job}, '0 0 1 1 *', ${`select ops.fire('${job}')`})`;
}

/** The scheduler ticks at 10:00, is away, and is back at 10:47. */
async function goAway(): Promise<void> {
  await collect(sql, '2027-01-01T10:00:10Z');
  await collect(sql, '2027-01-01T10:47:10Z');
}

async function slots(job: string): Promise<readonly string[]> {
  return (await runsOf(sql, job)).map(
    (run) => `${run.trigger} ${run.scheduled_for.toISOString().slice(11, 16)} ${run.status}`,
  );
}

it('once makes up for the latest missed slot only', async () => {
  await schedule('sync', { schedule: '*/15 * * * *', misfire: 'once' });
  await fire(sql, 'sync', '2027-01-01T10:00:00Z');
  await sql`update ops.cron_runs set status = 'succeeded', finished_at = now()`;
  await goAway();
  expect(await slots('sync')).toEqual(['schedule 10:00 succeeded', 'misfire 10:45 fired']);
});

it('once has nothing to make up for when the latest slot ran', async () => {
  await schedule('sync', { schedule: '*/15 * * * *', misfire: 'once', overlap: 'allow' });
  await fire(sql, 'sync', '2027-01-01T10:46:00Z');
  await goAway();
  expect(await slots('sync')).toEqual(['schedule 10:45 fired']);
});

it('all makes up for each, one after the other', async () => {
  await schedule('sync', { schedule: '*/15 * * * *', misfire: 'all' });
  await goAway();
  expect(await slots('sync')).toEqual([
    'misfire 10:00 fired',
    'misfire 10:15 queued',
    'misfire 10:30 queued',
    'misfire 10:45 queued',
  ]);
  const [request] = await requestsOf(sql, 'sync');
  expect(request?.headers['Idempotency-Key']).toBe('sync/2027-01-01T10:00:00Z');
});

it('all makes up for a hundred at most, the newest', async () => {
  await schedule('busy', { misfire: 'all', overlap: 'allow' });
  await collect(sql, '2027-01-01T06:00:10Z');
  await collect(sql, '2027-01-01T10:47:10Z');
  const made = await slots('busy');
  expect(made).toHaveLength(100);
  expect(made.at(-1)).toContain('10:46');
});

it('skip, the default, makes up for nothing', async () => {
  await schedule('sync', { schedule: '*/15 * * * *' });
  await goAway();
  expect(await slots('sync')).toEqual([]);
});

it('does not concern jobs that sleep, nor slots from before a job was declared', async () => {
  await schedule('asleep', { schedule: '*/15 * * * *', misfire: 'all' });
  await sql`select cron.alter_job(jobid, active := false) from cron.job where jobname = 'asleep'`;
  await schedule('young', { schedule: '*/15 * * * *', misfire: 'all' });
  await sql`update ops.job_definitions set created_at = '2027-01-01T10:40:00Z' where name = 'young'`;
  await goAway();
  expect(await slots('asleep')).toEqual([]);
  expect(await slots('young')).toEqual(['misfire 10:45 fired']);
});

it('looks back a day at most', async () => {
  await schedule('hourly', { schedule: '0 * * * *', misfire: 'all', overlap: 'allow' });
  await collect(sql, '2027-01-01T10:00:10Z');
  await collect(sql, '2027-01-05T10:30:10Z');
  expect(await slots('hourly')).toHaveLength(24);
});

it('is not provoked by a pass that is a little late', async () => {
  await schedule('sync', { misfire: 'all' });
  await collect(sql, '2027-01-01T10:00:00Z');
  await collect(sql, '2027-01-01T10:02:20Z');
  expect(await slots('sync')).toEqual([]);
});

it('does not wait for a slot somebody is running late', async () => {
  await schedule('slow', { schedule: '45 * * * *', misfire: 'once', call: sqlCall('select pg_sleep(1)') });
  const late = sql`select ops.fire('slow', '2026-01-01T10:46:00Z')`.execute();
  await expect.poll(() => sql`select * from ops.list_running()`, { timeout: 5000 }).toHaveLength(1);
  // In the past, or the collector would find the running SQL long overdue.
  await collect(sql, '2026-01-01T10:00:10Z');
  const started = performance.now();
  await collect(sql, '2026-01-01T10:47:10Z');
  expect(performance.now() - started).toBeLessThan(700);
  await late;
  expect(await slots('slow')).toEqual(['schedule 10:45 succeeded']);
});

it('in a time zone makes up for the local slot', async () => {
  await schedule('zoned', { schedule: '30 5 * * *', timezone: 'America/New_York', misfire: 'once' });
  await goAway();
  expect(await slots('zoned')).toEqual(['misfire 10:30 fired']);
});

it('of a thousand jobs over a day costs a few seconds', async () => {
  await declareJob(sql, 'model', { schedule: '15 3 * * *', misfire: 'once' });
  await sql`
    insert into ops.job_definitions (name, definition, digest, created_at)
    select 'fleet-' || n, d.definition, 'd', d.created_at from ops.job_definitions d, generate_series(1, 1000) n
  `;
  await sql`select cron.schedule('fleet-' || n, '15 3 * * *', format('select ops.fire(%L)', 'fleet-' || n)) from generate_series(1, 1000) n`;
  await collect(sql, '2027-01-01T02:00:10Z');
  const started = performance.now();
  const done = await collect(sql, '2027-01-02T02:00:10Z');
  expect(done).toMatchObject({ misfires: 1000, started: 1000 });
  expect(performance.now() - started).toBeLessThan(8000);
});
