/**
 * How the functions that signed-in users may call are called with rows of organisation A, so that the matrix sees what they
 * show to whom; others are called with nulls. A statement answers with something for `x`, and with nothing, null, false or
 * zero for `.`.
 */
import type postgres from 'postgres';
import type { TransactionSql } from 'postgres';
import { definitionOf } from '../ops/jobs.ts';
import { orgs, people, rows } from './actors.ts';

type Call = (sql: TransactionSql) => postgres.PendingQuery<postgres.Row[]>;

/** A definition that is due every minute. */
const definition = JSON.stringify(definitionOf('matrix', {}));

/** By name of the function. */
export const calls: Readonly<Record<string, Call | undefined>> = {
  'ops.new_id': (sql) => sql`select ops.new_id()`,
  'ops.id_floor': (sql) => sql`select ops.id_floor(now())`,
  'ops.current_user_id': (sql) => sql`select ops.current_user_id()`,
  'ops.my_org_ids': (sql) => sql`select ops.my_org_ids()`,
  'ops.is_admin': (sql) => sql`select ops.is_admin()`,
  'ops.is_due': (sql) => sql`select ops.is_due(${definition}::text::jsonb, '2026-11-21 02:00+00')`,
  'ops.due_slots': (sql) =>
    sql`select ops.due_slots(${definition}::text::jsonb, '2026-11-21 01:00+00', '2026-11-21 02:00+00', 5)`,
  'ops.add_member': (sql) => sql`select ops.add_member(${orgs.b}, ${people.outsider})`,
  'ops.set_member_role': (sql) => sql`select ops.set_member_role(${orgs.a}, ${people.memberA}, 'admin')`,
  'ops.remove_member': (sql) => sql`select ops.remove_member(${orgs.a}, ${people.memberA})`,
  'ops.list_jobs': (sql) => sql`select id from ops.list_jobs()`,
  'ops.get_job': (sql) => sql`select ops.get_job(1)`,
  'ops.queue_overview': (sql) => sql`select jsonb_array_length(ops.queue_overview() -> 'types')`,
  'ops.build_channel': (sql) => sql`select ops.build_channel(${rows.build})`,
  'ops.may_hear': (sql) => sql`select ops.may_hear(${`build:${rows.build}`})`,
  'ops.repository_name': (sql) => sql`select ops.repository_name('https://github.com/acme/app')`,
  'ops.build_log_since': (sql) => sql`select * from ops.build_log_since(${rows.build})`,
  'ops.build_log_position': (sql) => sql`
    select p.seq from ops.build_log_position(${rows.build}, '-infinity') p where p.seq is not null`,
  'ops.metric_resolution': (sql) => sql`select ops.metric_resolution('1 hour')`,
  'ops.metric_annotations': (sql) =>
    sql`select * from ops.metric_annotations(${rows.project}, now() - interval '1 day', '2400-01-01') where build_id = ${rows.build}`,
  'ops.id_time': (sql) => sql`select ops.id_time(${rows.build})`,
  'ops.list_projects': (sql) => sql`select id from ops.list_projects()`,
  'ops.project_overview': (sql) => sql`select ops.project_overview(${rows.project}) ->> 'id'`,
  'ops.project_branches': (sql) => sql`select id from ops.project_branches(${rows.project})`,
  'ops.project_builds': (sql) => sql`select id from ops.project_builds(${rows.project})`,
  'ops.project_metrics': (sql) => sql`select value from ops.project_metrics(${rows.project}, 'cpu_pct', 24)`,
  'ops.project_metric_series': (sql) => sql`
    select ts from ops.project_metric_series(
      ${rows.project}, 'cpu_pct', now() - interval '1 hour', now() + interval '1 hour', interval '1 hour'
    )
    where samples > 0
  `,
  'ops.project_upgrades': (sql) => sql`select id from ops.project_upgrades(${rows.project})`,
  'ops.branch_builds': (sql) => sql`select id from ops.branch_builds(${rows.branch})`,
  'ops.get_build': (sql) => sql`select ops.get_build(${rows.build})`,
  'ops.build_logs': (sql) => sql`select seq from ops.build_logs(${rows.build})`,
  'ops.build_log_tail': (sql) => sql`select seq from ops.build_log_tail(${rows.build})`,
  'ops.build_artifacts': (sql) => sql`select id from ops.build_artifacts(${rows.build})`,
  'ops.project_deployments': (sql) => sql`select id from ops.project_deployments(${rows.project})`,
  'ops.build_is_final': (sql) => sql`select ops.build_is_final('failed')`,
  'ops.build_may_become': (sql) => sql`select ops.build_may_become('queued', 'running')`,
  'ops.list_advisories': (sql) => sql`select id from ops.list_advisories(${rows.project})`,
  'ops.resolve_advisory': (sql) => sql`select id from ops.resolve_advisory(${rows.advisory})`,
  'ops.snooze_advisory': (sql) =>
    sql`select id from ops.snooze_advisory(${rows.advisory}, now() + interval '1 day')`,
  'ops.create_run': (sql) => sql`select (ops.create_run('fixed')).id`,
  'ops.list_runs': (sql) => sql`select id from ops.list_runs()`,
  'ops.get_run': (sql) => sql`select ops.get_run(${rows.run})`,
  'ops.list_run_events': (sql) => sql`select seq from ops.list_run_events(${rows.run})`,
  'ops.approve_run': (sql) => sql`select ops.approve_run(${rows.run}, 'digest')`,
  'ops.cancel_run': (sql) => sql`select ops.cancel_run(${rows.run})`,
  'ops.retry_run': (sql) => sql`select (ops.retry_run(${rows.endedRun})).id`,
  'ops.overview': (sql) => sql`
    select coalesce((o #>> '{builds,open,queued}')::integer, 0) + coalesce((o #>> '{alerts,active}')::integer, 0)
    from ops.overview() o
  `,
  'ops.builds_overview': (sql) => sql`select (ops.builds_overview() #>> '{open,queued}')::integer`,
  'ops.advisories_overview': (sql) => sql`select (ops.advisories_overview() ->> 'active')::integer`,
  'ops.runs_overview': (sql) => sql`select jsonb_array_length(ops.runs_overview() -> 'open')`,
  'ops.alerts_overview': (sql) => sql`select (ops.alerts_overview() ->> 'active')::integer`,
  'ops.list_alerts': (sql) => sql`select id from ops.list_alerts()`,
  'ops.list_alert_events': (sql) => sql`select id from ops.list_alert_events(1)`,
  'ops.list_advice': (sql) => sql`select cache_key from ops.list_advice('all')`,
  'ops.batch_progress': (sql) => sql`select ops.batch_progress('matrix')`,
  'ops.cron_health': (sql) => sql`select ops.cron_health()`,
  'public.get_cron_health': (sql) => sql`select public.get_cron_health()`,
  'public.get_cron_jobs': (sql) => sql`select jobid from public.get_cron_jobs()`,
  'public.get_cron_job_runs': (sql) => sql`select public.get_cron_job_runs(10)`,
  'public.toggle_cron_job': (sql) => sql`select public.toggle_cron_job('matrix', false) is not null`,
  'public.update_cron_schedule': (sql) => sql`select public.update_cron_schedule('matrix', '*/5 * * * *')`,
  'public.create_cron_job': (sql) => sql`select public.create_cron_job('matrix-2', '* * * * *', 'matrix')`,
};
