/** Ten thousand jobs with a day of runs behind them, and a thousand checks over them. */
import type { Sql } from 'postgres';
import type { RunChecks } from '../actions/_shared/checks/run-checks.ts';
import { memoryReader } from '../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../actions/_shared/declare/load.ts';

/** Name of the n-th job, from 0. */
export function jobName(index: number): string {
  return `job_${String(index).padStart(5, '0')}`;
}

/** Hourly jobs, spread over the minutes, each with a run in every hour of the last day; one in a hundred failed last. */
export async function fillJobs(sql: Sql, jobs: number): Promise<void> {
  await sql`
    insert into ops.job_definitions (name, definition, digest, created_at, updated_at)
    select 'job_' || lpad(i::text, 5, '0'),
      jsonb_build_object(
        'schedule', jsonb_build_object(
          'source', (i % 60) || ' * * * *', 'expression', (i % 60) || ' * * * *', 'kind', 'cron', 'timezone', 'UTC',
          'match', jsonb_build_object(
            'minutes_low', case when i % 60 < 30 then 1::bigint << (i % 60) else 0 end,
            'minutes_high', case when i % 60 >= 30 then 1::bigint << (i % 60 - 30) else 0 end,
            'hours', (1::bigint << 24) - 1, 'days', (1::bigint << 32) - 2, 'months', (1 << 13) - 2, 'weekdays', 127,
            'either_day', false, 'last_day', false, 'fixed_time', false
          )
        ),
        'call', jsonb_build_object('kind', 'sql', 'sql', 'select 1', 'timeout_ms', 60000),
        'owner', '@team', 'alert', jsonb_build_object('after', 1, 'severity', 'warning'),
        'expect', jsonb_build_object('within_ms', 300000, 'max_duration_ms', 60000)
          || case when i % 10 = 0 then '{"min_success": {"ratio": 0.5, "window_ms": 86400000}}' else '{}'::jsonb end
      ),
      'digest', now() - interval '40 days', now() - interval '40 days'
    from generate_series(0, ${jobs - 1}::integer) i`;
  await sql`
    select count(cron.schedule('job_' || lpad(i::text, 5, '0'), (i % 60) || ' * * * *', 'select ops.fire(''job_' || lpad(i::text, 5, '0') || ''')'))
    from generate_series(0, ${jobs - 1}::integer) i`;
  await sql`
    insert into ops.cron_runs (job, scheduled_for, trigger, status, call_kind, attempt, created_at, fired_at, finished_at, error_code, error)
    select 'job_' || lpad(i::text, 5, '0'), t.at, 'schedule', case when f.failed then 'failed' else 'succeeded' end, 'sql', 1, t.at, t.at,
      t.at + interval '1 second', case when f.failed then 'sql_error' end, case when f.failed then 'sql_error - it fell over' end
    from generate_series(24, 0, -1) h
    cross join generate_series(0, ${jobs - 1}::integer) i
    cross join lateral (select date_trunc('hour', now()) - h * interval '1 hour' + (i % 60) * interval '1 minute' as at) t
    cross join lateral (select h = 1 and i % 100 = 7 as failed) f
    where t.at <= now()
    order by t.at`;
  await sql`analyze`;
}

/** The query of one check over some jobs: failed runs of the last day. */
export function queryOver(names: readonly string[]): string {
  return `select count(*) from ops.cron_runs r
where r.job in (${names.map((name) => `'${name}'`).join(', ')})
  and r.status in ('failed', 'timed_out', 'lost') and r.created_at > now() - interval '1 day'`;
}

/** What a check of jobs has to know of its jobs, asked for by hand. */
export function jobsQueryOver(names: readonly string[]): string {
  return `select d.name, d.definition -> 'schedule' as schedule, d.definition -> 'expect' as expect, s.scheduled_for, l.status, l.error, l.fired_at, l.finished_at
from ops.job_definitions d
left join lateral (
  select r.scheduled_for from ops.cron_runs r
  where r.job = d.name and r.trigger in ('schedule', 'misfire', 'queued') order by r.scheduled_for desc limit 1
) s on true
left join lateral (
  select r.status, r.error, r.fired_at, r.finished_at from ops.cron_runs r
  where r.job = d.name and r.status in ('succeeded', 'failed', 'timed_out', 'lost') order by r.id desc limit 1
) l on true
where d.name in (${names.map((name) => `'${name}'`).join(', ')})
  and exists (select from cron.job j where j.jobname = d.name and j.active)`;
}

/** Checks over jobs, as files would declare them: `probeOf` says what the n-th looks at. */
export async function declareChecks(
  { checks, jobs }: { readonly checks: number; readonly jobs: number },
  probeOf: (index: number) => string,
): Promise<RunChecks['declarations']> {
  const files: Record<string, string> = {
    'runbooks/environments.yaml':
      'production:\n  lane: production\n  connection: { env: OPSROOM_BENCH_DATABASE_URL }\n',
  };
  for (let index = 0; index < jobs; index += 1) {
    files[`runbooks/cron/${jobName(index)}.yaml`] =
      `schedule: "${index % 60} * * * *"\nowner: "@team"\ncall:\n  enqueue: nothing\n`;
  }
  for (let index = 0; index < checks; index += 1) {
    const name = `check-${String(index).padStart(4, '0')}`;
    files[`runbooks/checks/${name}.yaml`] =
      `description: Check ${index}\nowner: "@team"\n${probeOf(index)}\n`;
  }
  const declarations = await loadDeclarations({ root: '/nowhere', read: memoryReader(files) });
  const desired = declarations.resolve('production');
  return { resolve: () => desired };
}
