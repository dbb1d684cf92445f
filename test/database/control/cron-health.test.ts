import { afterAll, beforeEach, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { activeAlerts, declareJob, fire, forgetEverything, httpCall } from '../ops/jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, superuser } = database;
const service = database.as('service_role');
afterAll(() => database.drop());
beforeEach(async () => {
  await forgetEverything(sql);
  await superuser`truncate cron.job_run_details`;
  await superuser`delete from cron.job`;
});

async function health(): Promise<Record<string, unknown>> {
  const [row] = await service<
    { health: Record<string, unknown> }[]
  >`select public.get_cron_health() as health`;
  return row?.health ?? {};
}

async function ran(status: string, message: string, ago: string): Promise<void> {
  await superuser`
    insert into cron.job_run_details (jobid, command, status, return_message, start_time, end_time, username, database)
    values (1, 'select 1', ${status}, ${message}, now() - ${ago}::interval, now() - ${ago}::interval, 'postgres', current_database())`;
}

it('a quiet scheduler has nothing to say', async () => {
  expect(await health()).toMatchObject({
    jobs: { total: 0, active: 0, inactive: 0, unmanaged: 0 },
    runs_24h: { total: 0, failed: 0, failures: [] },
    net: { queue_depth: 0, responses: 0 },
    findings: [],
  });
  expect(await sql`select ops.check_cron_health() as n`).toEqual([{ n: 0 }]);
});

it('counts the day, and says which job fails with which words', async () => {
  await ran('failed', 'of yesterday', '25 hours');
  await ran('succeeded', '1 row', '3 hours');
  await ran('failed', 'ERROR:  old words', '2 hours');
  await ran('failed', 'ERROR:  bearer sb_secret_abcdef123456', '1 hour');
  await sql`select cron.schedule('sync', '* * * * *', 'select 1')`;
  await superuser`update cron.job_run_details set jobid = (select jobid from cron.job)`;
  const { runs_24h: runs, jobs } = await health();
  expect(runs).toMatchObject({ total: 3, succeeded: 1, failed: 2, is_whole_day: true });
  expect(runs).toHaveProperty('failures', [
    expect.objectContaining({ jobname: 'sync', count: 2, message: 'ERROR:  bearer [redacted]' }),
  ]);
  expect(jobs).toMatchObject({ total: 1, unmanaged: 1 });
});

it('"Out of memory" is an alert that names the remedy, and goes when it is over', async () => {
  await ran('failed', 'ERROR:  Out of memory', '1 minute');
  await sql`select ops.check_cron_health()`;
  const alerts = await activeAlerts(sql);
  expect(alerts).toMatchObject({
    'cron_health:out_of_memory': { severity: 'critical', kind: 'cron_health' },
  });
  const message = alerts['cron_health:out_of_memory']?.message ?? '';
  for (const word of ['slow the schedule', 'timeout', 'batch_size', 'net.worker_restart()', 'https://']) {
    expect(message).toContain(word);
  }
  await sql`select ops.check_cron_health()`;
  expect(await activeAlerts(sql)).toMatchObject({ 'cron_health:out_of_memory': { count: 2 } });
  await superuser`truncate cron.job_run_details`;
  await sql`select ops.check_cron_health()`;
  expect(await activeAlerts(sql)).toEqual({});
});

it('sees a queue that piles up, and how answers were', async () => {
  await sql`
    insert into net.http_request_queue (method, url, timeout_milliseconds)
    select 'GET', 'https://x.example', 1000 from generate_series(1, 1001)`;
  await sql`
    insert into net._http_response (id, status_code, timed_out, error_msg, created)
    select i, case when i % 5 > 0 then (array[200, 301, 404, 503])[i % 5] end, i % 5 = 0, case i % 5 when 0 then 'Timeout' end, now()
    from generate_series(1, 50) i`;
  const { net, findings } = await health();
  expect(net).toMatchObject({
    queue_depth: 1001,
    responses: 50,
    ok: 10,
    redirected: 10,
    client_errors: 10,
    server_errors: 10,
    timed_out: 10,
    not_delivered: 0,
  });
  expect(findings).toMatchObject([
    { code: 'net_backlog', remedy: expect.stringContaining('worker_restart') },
  ]);
});

it('many timeouts, and jobs that could not start, are said too', async () => {
  await sql`
    insert into net._http_response (id, timed_out, error_msg, created)
    select i, true, 'Timeout', now() from generate_series(1, 20) i`;
  await ran('failed', 'job startup timeout', '1 minute');
  const { findings } = await health();
  expect(findings).toMatchObject([{ code: 'net_timeouts' }, { code: 'start_failures' }]);
});

it('tells of runs that were left out because the one before had not ended', async () => {
  await declareJob(sql, 'slow', { call: httpCall(), overlap: 'skip' });
  const now = new Date();
  now.setUTCSeconds(0, 0);
  for (const minutes of [2, 1]) {
    await fire(sql, 'slow', new Date(now.getTime() - minutes * 60_000).toISOString());
  }
  expect(await health()).toMatchObject({ overlaps_24h: [{ job: 'slow', count: 1 }] });
});

it('works without pg_cron and pg_net', async () => {
  await superuser
    .begin(async (as) => {
      await as`drop schema cron cascade`;
      await as`drop schema net cascade`;
      await as`set local role service_role`;
      const [row] = await as`select public.get_cron_health() as health`;
      expect(row?.health).toMatchObject({
        pg_cron: 'missing',
        jobs: null,
        runs_24h: null,
        net: null,
        findings: [],
      });
      expect(await as`select * from public.get_cron_jobs()`).toEqual([]);
      expect(await as`select * from public.get_cron_job_runs()`).toEqual([]);
      await expect(
        as.savepoint((inner) => inner`select public.create_cron_job('x', '* * * * *', 't')`),
      ).rejects.toMatchObject({ code: '0A000', message: 'pg_cron is not installed here' });
      await expect(
        as.savepoint((inner) => inner`select public.toggle_cron_job('x', true)`),
      ).rejects.toMatchObject({
        code: '0A000',
      });
      throw new Error('undo');
    })
    .catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'undo') throw error;
    });
});
