import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  collect,
  declareJob,
  fire,
  forgetEverything,
  onlyRun,
  runsOf,
  sqlCall,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
await sql`create table public.numbers (n integer unique deferrable initially deferred)`;
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

const soon = '2027-01-01T10:00:00Z';

describe('the SQL of a job', () => {
  it('finds tables by their plain names, and its row count is the result', async () => {
    await declareJob(sql, 'fill', { call: sqlCall('insert into numbers select generate_series(1, 3)') });
    expect(await fire(sql, 'fill', soon)).toMatch(/^succeeded \d+$/);
    const run = await onlyRun(sql, 'fill');
    expect(run).toMatchObject({ status: 'succeeded', result: { rows: 3, duration_ms: expect.any(Number) } });
    expect(run.finished_at).not.toBeNull();
    await sql`truncate public.numbers`;
  });

  it('that fails is undone alone, and its message is kept without detail', async () => {
    await declareJob(sql, 'broken', {
      call: sqlCall(`insert into numbers values (1); select set_config('a.b', 'c', true); select 1 / 0`),
    });
    expect(await fire(sql, 'broken', soon)).toMatch(/^failed \d+ sql_error:22012$/);
    expect(await onlyRun(sql, 'broken')).toMatchObject({
      status: 'failed',
      error: 'sql_error:22012 division by zero',
    });
    expect(await sql`select * from public.numbers`).toHaveLength(0);
    expect(await sql`select * from ops.cron_attempts`).toHaveLength(1);
  });

  it('that breaks a deferred constraint fails as itself, not at commit', async () => {
    await declareJob(sql, 'twice', { call: sqlCall('insert into numbers values (7), (7)') });
    expect(await fire(sql, 'twice', soon)).toMatch(/^failed \d+ sql_error:23505$/);
    expect((await onlyRun(sql, 'twice')).error).not.toContain('(7)');
  });

  it('cannot commit on its own', async () => {
    await declareJob(sql, 'sly', { call: sqlCall('insert into numbers values (1); commit') });
    expect(await fire(sql, 'sly', soon)).toMatch(/^failed \d+ sql_error:0A000$/);
  });

  it('that fails an assertion is a failed run', async () => {
    await declareJob(sql, 'check', { call: sqlCall(`do $$ begin assert false, 'rows are missing'; end $$`) });
    await fire(sql, 'check', soon);
    expect(await onlyRun(sql, 'check')).toMatchObject({
      status: 'failed',
      error: 'sql_error:P0004 rows are missing',
    });
  });

  it('that runs past its statement_timeout is a timed out run, as cron.job fires it', async () => {
    await declareJob(sql, 'slow', { call: sqlCall('select pg_sleep(30)', 200) });
    await sql.unsafe(`set local statement_timeout = 200; select ops.fire('slow')`).simple();
    expect(await onlyRun(sql, 'slow')).toMatchObject({ status: 'timed_out', error_code: 'timeout' });
    expect(await activeAlerts(sql)).toHaveProperty('job:slow');
  });

  it('that a person cancels is a cancelled run', async () => {
    await declareJob(sql, 'stopped', { call: sqlCall('select pg_sleep(30)', 60_000) });
    const fired = sql`select ops.fire('stopped')`.execute();
    await expect.poll(() => sql`select * from ops.list_running()`, { timeout: 5000 }).toHaveLength(1);
    const [running] = await sql`select job, deadline > now() as in_time from ops.list_running()`;
    expect(running).toEqual({ job: 'stopped', in_time: true });
    const [told] = await sql<{ count: number }[]>`select ops.cancel_running('stopped') as count`;
    expect(told?.count).toBe(1);
    await fired;
    expect(await onlyRun(sql, 'stopped')).toMatchObject({ status: 'cancelled', error_code: 'cancelled' });
    expect(await activeAlerts(sql)).toEqual({});
    expect(await sql`select * from ops.list_running()`).toHaveLength(0);
  });

  it('that ignores its timeout is cancelled by the collector', async () => {
    await declareJob(sql, 'stubborn', { call: sqlCall('select pg_sleep(30)', 100) });
    const fired = sql`select ops.fire('stubborn')`.execute();
    await expect.poll(() => sql`select * from ops.list_running()`, { timeout: 5000 }).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const done = await collect(sql, new Date(Date.now() + 60_000).toISOString());
    expect(done).toMatchObject({ cancel_overdue_sql: 1 });
    await fired;
    expect(await onlyRun(sql, 'stubborn')).toMatchObject({ status: 'timed_out' });
  });

  it('is seen running by another session, which skips its own slot without waiting', async () => {
    await declareJob(sql, 'long', { call: sqlCall('select pg_sleep(1.5)') });
    const first = sql`select ops.fire('long', '2027-01-01T10:00:00Z')`.execute();
    await expect.poll(() => sql`select * from ops.list_running()`, { timeout: 5000 }).toHaveLength(1);
    const started = Date.now();
    expect(await fire(sql, 'long', '2027-01-01T10:00:05Z')).toBe('not due');
    expect(await fire(sql, 'long', '2027-01-01T10:01:00Z')).toMatch(/^skipped \d+ overlap$/);
    expect(Date.now() - started).toBeLessThan(1000);
    await first;
    expect((await runsOf(sql, 'long')).map((run) => run.status)).toEqual(['succeeded', 'skipped']);
  });
});

describe('a failed SQL job that may be retried', () => {
  it('is tried again by run_pending_sql, and by the collector only when nobody else does', async () => {
    await sql`truncate public.numbers`;
    await declareJob(sql, 'flaky', {
      call: sqlCall('select 1 / count(*) from numbers'),
      retry: { attempts: 3, backoff_ms: 30_000, on: ['sql'] },
    });
    expect(await fire(sql, 'flaky', soon)).toMatch(/^retrying \d+ sql_error:22012$/);
    expect(await onlyRun(sql, 'flaky')).toMatchObject({ status: 'fired', attempt: 1 });
    expect(await activeAlerts(sql)).toEqual({});

    expect(await collect(sql, '2027-01-01T10:02:00Z')).toMatchObject({ started: 0, overdue_sql: 0 });
    await sql`select ops.run_pending_sql(10, '2027-01-01T10:02:00Z')`;
    expect(await onlyRun(sql, 'flaky')).toMatchObject({ status: 'fired', attempt: 2 });

    await sql`insert into public.numbers values (1)`;
    expect(await collect(sql, '2027-01-01T10:30:00Z')).toMatchObject({ overdue_sql: 1 });
    expect(await onlyRun(sql, 'flaky')).toMatchObject({ status: 'succeeded', attempt: 3, error: null });
    const attempts = await sql`select attempt, error_code from ops.cron_attempts order by attempt`;
    expect(attempts).toEqual([
      { attempt: 1, error_code: 'sql_error' },
      { attempt: 2, error_code: 'sql_error' },
    ]);
  });
});
