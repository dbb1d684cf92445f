import { afterAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());

const days = [1, 29, 31, 179, 181];

it('each table forgets what is older than it keeps, in batches, and nothing else', async () => {
  await sql`
    insert into ops.alert_events (alert_id, at, event, severity, count)
    select 1, now() - make_interval(days => d), 'raised', 'info', 1 from unnest(${days}::int[]) d order by d desc`;
  await sql`
    insert into ops.cron_changes (at, jobid, jobname, action, after, actor)
    select now() - make_interval(days => d), 1, 'x', 'toggle', '{}', 'x' from unnest(${days}::int[]) d order by d desc`;
  await sql`
    insert into ops.job_run_log (id, job_name) select ops.id_floor(now() - make_interval(days => d)), 'x' from unnest(${days}::int[]) d`;
  await sql`
    insert into ops.migration_logs (id, batch) select ops.id_floor(now() - make_interval(days => d)), 'x' from unnest(${days}::int[]) d`;
  await sql`
    insert into ops.runs (env, status, finished_at)
    select 'staging', 'success', now() - make_interval(days => d) from unnest(${days}::int[]) d`;
  await sql`insert into ops.runs (env, created_at) values ('staging', now() - interval '1 year')`;

  const prune = async (batch: number): Promise<unknown> =>
    (await sql<{ done: unknown }[]>`select ops.prune_history('30 days', ${batch}) as done`)[0]?.done;
  expect(await prune(2)).toMatchObject({
    alert_events: 1,
    cron_changes: 1,
    job_run_log: 2,
    migration_logs: 2,
    runs: 1,
    cron_runs: 0,
  });
  expect(await prune(2)).toMatchObject({
    alert_events: 0,
    cron_changes: 0,
    job_run_log: 1,
    migration_logs: 1,
    runs: 0,
  });
  const left = await sql`
    select (select count(*)::int from ops.alert_events) as alert_events, (select count(*)::int from ops.cron_changes) as cron_changes,
      (select count(*)::int from ops.job_run_log) as job_run_log, (select count(*)::int from ops.migration_logs) as migration_logs,
      (select count(*)::int from ops.runs) as runs`;
  expect(left).toEqual([{ alert_events: 4, cron_changes: 4, job_run_log: 2, migration_logs: 2, runs: 5 }]);
});
