import { afterAll, beforeEach, expect, it } from 'vitest';
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
const { sql, superuser } = database;
afterAll(() => database.drop());
beforeEach(async () => {
  await forgetEverything(sql);
  await superuser`truncate cron.job_run_details`;
});

interface Detail {
  readonly command: string;
  readonly status: string;
  readonly message: string | null;
  readonly start: string | null;
  readonly end: string | null;
}

/** A row as pg_cron leaves it. Returns its runid. */
async function detail(row: Detail): Promise<string> {
  const [made] = await superuser<{ runid: string }[]>`
    insert into cron.job_run_details (jobid, command, status, return_message, start_time, end_time, username, database)
    values (1, ${row.command}, ${row.status}, ${row.message}, ${row.start}, ${row.end}, 'postgres', current_database())
    returning runid
  `;
  return made?.runid ?? '';
}

const restarted = {
  status: 'failed',
  message: 'server restarted',
  start: '2027-01-01T10:00:00.2Z',
  end: null,
};

it('a command pg_cron could not run is a failed run of its slot, once', async () => {
  await declareJob(sql, 'sync');
  const runid = await detail({ command: `select ops.fire('sync')`, ...restarted });
  await collect(sql, '2027-01-01T10:01:00Z');
  await collect(sql, '2027-01-01T10:02:00Z');
  const run = await onlyRun(sql, 'sync');
  expect(run).toMatchObject({
    status: 'failed',
    error_code: 'scheduler_failed',
    error: 'scheduler_failed - server restarted',
    scheduler_run_id: runid,
  });
  expect(run.scheduled_for.toISOString()).toBe('2027-01-01T10:00:00.000Z');
  expect(await activeAlerts(sql)).toHaveProperty('job:sync');
});

it.each([
  ['a SQL job', `set local statement_timeout = 5000; select ops.fire('it''s')`],
  ['a command with a semicolon', `select ops.fire('it''s');`],
])('of %s is recognised', async (_, command) => {
  await declareJob(sql, "it's");
  await detail({ command, ...restarted });
  await collect(sql, '2027-01-01T10:01:00Z');
  expect(await runsOf(sql, "it's")).toHaveLength(1);
});

it('without any time (connection failed, before pg_cron 1.6.3) counts for the minute it is seen in', async () => {
  await declareJob(sql, 'sync');
  await detail({
    command: `select ops.fire('sync')`,
    status: 'failed',
    message: 'connection failed',
    start: null,
    end: null,
  });
  await collect(sql, '2027-01-01T10:01:20Z');
  expect((await onlyRun(sql, 'sync')).scheduled_for.toISOString()).toBe('2027-01-01T10:01:00.000Z');
});

it('a failure of a run that left its own row is not counted twice', async () => {
  await declareJob(sql, 'sync');
  await fire(sql, 'sync', '2027-01-01T10:00:00.3Z');
  await detail({ command: `select ops.fire('sync')`, ...restarted });
  await collect(sql, '2027-01-01T10:00:30Z');
  expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'fired' });
});

it('a tick that was not due in the time zone of its job failed nothing', async () => {
  await declareJob(sql, 'zoned', { schedule: '30 2 * * *', timezone: 'America/New_York' });
  await detail({ command: `select ops.fire('zoned')`, ...restarted, start: '2027-07-01T07:30:00Z' });
  expect(await collect(sql, '2027-07-01T07:31:00Z')).toMatchObject({ scheduler_failures: 0 });
  expect(await runsOf(sql, 'zoned')).toHaveLength(0);
});

it('a command that is not ours, or of a job nobody declares, is left alone', async () => {
  await declareJob(sql, 'sync');
  await detail({ command: 'vacuum', ...restarted });
  await detail({ command: `select ops.fire('gone')`, ...restarted });
  await detail({ command: `select ops.fire('sync')`, ...restarted, status: 'succeeded' });
  await collect(sql, '2027-01-01T10:01:00Z');
  expect(await sql`select * from ops.cron_runs`).toHaveLength(0);
});

it('a command still running when it was read is read again, however long it takes', async () => {
  await declareJob(sql, 'sync');
  const runid = await detail({ command: `select ops.fire('sync')`, ...restarted, status: 'running' });
  await collect(sql, '2027-01-01T10:01:00Z');
  await detail({ command: 'vacuum', ...restarted, status: 'succeeded' });
  await collect(sql, '2027-01-01T10:02:00Z');
  expect(await runsOf(sql, 'sync')).toHaveLength(0);
  await superuser`update cron.job_run_details set status = 'failed', return_message = 'connection lost' where runid = ${runid}`;
  await collect(sql, '2027-01-01T10:03:00Z');
  expect(await onlyRun(sql, 'sync')).toMatchObject({ error: 'scheduler_failed - connection lost' });
});

it('a slot somebody is running after all is not waited for', async () => {
  await declareJob(sql, 'sync', { call: sqlCall('select pg_sleep(1)') });
  await detail({ command: `select ops.fire('sync')`, ...restarted, start: '2026-01-01T10:00:00.2Z' });
  // In the past, or the collector would find the running SQL long overdue.
  const late = sql`select ops.fire('sync', '2026-01-01T10:00:30Z')`.execute();
  await expect.poll(() => sql`select * from ops.list_running()`, { timeout: 5000 }).toHaveLength(1);
  const started = performance.now();
  expect(await collect(sql, '2026-01-01T10:01:00Z')).toMatchObject({ scheduler_failures: 0 });
  expect(performance.now() - started).toBeLessThan(700);
  await late;
  expect(await onlyRun(sql, 'sync')).toMatchObject({ status: 'succeeded' });
});

it('a definition nobody understands does not stop the others', async () => {
  await declareJob(sql, 'sync');
  await sql`
    insert into ops.job_definitions (name, definition, digest)
    values ('odd', '{"schedule": {"kind": "cron", "timezone": "Mars/Olympus", "match": {"hours": 1}}, "misfire": "all"}', 'd')
  `;
  await detail({ command: `select ops.fire('odd')`, ...restarted });
  await detail({ command: `select ops.fire('sync')`, ...restarted });
  await collect(sql, '2027-01-01T10:01:00Z');
  expect(await runsOf(sql, 'sync')).toHaveLength(1);
});
