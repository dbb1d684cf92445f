import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  collect,
  declareJob,
  fire,
  forgetEverything,
  lastRequest,
  onlyRun,
  requestsOf,
  runsOf,
  sqlCall,
  tokenOf,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

describe('the list of runs', () => {
  it('is newest first, by job, by failure, and in pages', async () => {
    await declareJob(sql, 'well', { call: sqlCall('select 1') });
    await declareJob(sql, 'broken', { call: sqlCall('select 1 / 0') });
    for (const minute of ['10:00', '10:01', '10:02']) {
      await fire(sql, 'well', `2027-01-01T${minute}:00Z`);
      await fire(sql, 'broken', `2027-01-01T${minute}:00Z`);
    }
    const all = await sql<{ id: string; job: string }[]>`select id, job from ops.list_cron_runs()`;
    expect(all.map((run) => run.job)).toEqual(['broken', 'well', 'broken', 'well', 'broken', 'well']);
    expect(await sql`select id from ops.list_cron_runs('well')`).toHaveLength(3);
    const failed = await sql<{ job: string }[]>`select job from ops.list_cron_runs(p_only_failed => true)`;
    expect(failed.map((run) => run.job)).toEqual(['broken', 'broken', 'broken']);
    const last = all[1]?.id ?? '';
    const next = await sql<{ id: string }[]>`select id from ops.list_cron_runs(null, false, ${last}, 2)`;
    expect(next.map((run) => run.id)).toEqual(all.slice(2, 4).map((run) => run.id));
  });

  it('gives one run with its attempts', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', '2027-01-01T10:00:00Z');
    const { id } = await onlyRun(sql, 'sync');
    const [row] = await sql`select ops.get_cron_run(${id}) as run`;
    expect(row).toMatchObject({
      run: { job: 'sync', status: 'fired', attempts: [{ attempt: 1, awaiting_response: true }] },
    });
    expect(await sql`select ops.get_cron_run(0) as run`).toEqual([{ run: null }]);
  });
});

describe('cancelling a run', () => {
  it('takes an unsent request back and makes its token worthless', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', new Date().toISOString());
    const token = tokenOf(await lastRequest(sql, 'sync'));
    const { id } = await onlyRun(sql, 'sync');
    expect(await sql`select ops.cancel_cron_run(${id}, 'ada', 'wrong hour') as done`).toEqual([
      { done: true },
    ]);
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      status: 'cancelled',
      error: 'cancelled - by ada: wrong hour',
    });
    expect(await requestsOf(sql, 'sync')).toHaveLength(0);
    const [row] =
      await sql`select ops.redeem_run_token(${token}, 'sync') ->> 'ok' as ok, ops.report_run(${token}, true) as taken`;
    expect(row).toEqual({ ok: 'false', taken: false });
    expect(await sql`select ops.cancel_cron_run(${id}) as done`).toEqual([{ done: false }]);
    expect(await activeAlerts(sql)).toEqual({});
  });

  it('ends what waits: a retry, a follower, queued work', async () => {
    await declareJob(sql, 'work', {
      call: { kind: 'enqueue', task_type: 't', payload: {}, max_attempts: 1, await_report: true },
    });
    await fire(sql, 'work', '2027-01-01T10:00:00Z');
    const { id } = await onlyRun(sql, 'work');
    await sql`select ops.cancel_cron_run(${id})`;
    expect(await sql`select status from ops.job_queue`).toEqual([{ status: 'cancelled' }]);
    await declareJob(sql, 'flaky', {
      call: sqlCall('select 1 / 0'),
      retry: { attempts: 5, backoff_ms: 1, on: ['sql'] },
    });
    await fire(sql, 'flaky', '2027-01-01T10:00:00Z');
    await sql`select ops.cancel_cron_run(${(await onlyRun(sql, 'flaky')).id})`;
    await collect(sql, '2027-01-01T12:00:00Z');
    expect(await onlyRun(sql, 'flaky')).toMatchObject({ status: 'cancelled', attempt: 1 });
  });
});

describe('trying a run again', () => {
  it('is a new run of the same slot with the same key', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', '2027-01-01T10:00:00Z');
    const { id } = await onlyRun(sql, 'sync');
    await expect(sql`select ops.retry_cron_run(${id})`).rejects.toThrow('there is no ended run');
    await sql`select ops.cancel_cron_run(${id})`;
    await sql`select ops.retry_cron_run(${id}, 'ada')`;
    const runs = await runsOf(sql, 'sync');
    expect(runs[1]).toMatchObject({ trigger: 'manual', retry_of: id, actor: 'ada', status: 'fired' });
    expect(runs[1]?.scheduled_for).toEqual(runs[0]?.scheduled_for);
    expect((await lastRequest(sql, 'sync')).headers['Idempotency-Key']).toBe('sync/2027-01-01T10:00:00Z');
  });
});

describe('history', () => {
  it('older than asked goes in batches; open runs and the last of each job stay', async () => {
    await declareJob(sql, 'sync', { call: sqlCall('select 1'), overlap: 'allow' });
    await declareJob(sql, 'open', { overlap: 'allow' });
    for (const day of ['01', '02', '03', '04']) await fire(sql, 'sync', `2021-01-${day}T10:00:00Z`);
    await fire(sql, 'open', '2021-01-01T10:00:00Z');
    await fire(sql, 'open', '2021-01-02T10:00:00Z');
    await database.superuser`
      insert into cron.job_run_details (command, status, username, start_time, end_time)
      values ('old', 'succeeded', 'postgres', '2021-01-01', '2021-01-01'), ('stuck', 'connecting', 'postgres', null, null),
        ('old', 'failed', 'postgres', '2021-01-01', '2021-01-01'), ('foreign', 'failed', 'someone', '2021-01-01', '2021-01-01'),
        ('new', 'succeeded', 'postgres', now(), now()), ('starting', 'connecting', 'postgres', null, null)
    `;
    await sql`insert into ops.scheduler_ticks values ('2021-01-01'), (now())`;
    await sql`insert into ops.alerts (kind, dedupe_key, severity, title, status, resolved_at) values ('k', 'd', 'info', 't', 'resolved', '2021-01-01'), ('k', 'e', 'info', 't', 'active', null)`;
    await sql`insert into ops.reconciliations (environment, actor, result, started_at) values ('local', 'ada', 'applied', '2021-01-01'), ('local', 'ada', 'applied', now())`;
    await sql`insert into ops.queued_jobs (task_type, status, created_at, finished_at) values ('t', 'succeeded', '2021-01-01', '2021-01-01'), ('t', 'pending', '2021-01-01', null)`;
    await sql`update ops.run_tokens set expires_at = '2021-01-03'`;

    const [first] = await sql`select ops.prune_history('30 days', 2) as gone`;
    expect(first).toMatchObject({
      gone: {
        cron_runs: 2,
        run_tokens: 2,
        scheduler_ticks: 1,
        job_queue: 1,
        alerts: 1,
        reconciliations: 1,
        job_run_details: 1,
      },
    });
    await sql`select ops.prune_history('30 days')`;
    expect(await runsOf(sql, 'sync')).toHaveLength(1);
    expect(await runsOf(sql, 'open')).toHaveLength(2);
    const left = await database.superuser<
      { command: string }[]
    >`select command from cron.job_run_details order by runid`;
    expect(left.map((row) => row.command)).toEqual(['foreign', 'new', 'starting']);
  });
});
