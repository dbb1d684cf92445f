-- Why      What the control room writes down about alerts, functions, batches, runs and the scheduler grows too. The same declared job
--          keeps it bounded.
-- Objects  ops.prune_history becomes ops.prune_run_history; functions ops.prune_control_history, ops.prune_history (both).
-- Locks    Old rows only, in batches. Rollback: drop both, rename the former back; history grows.

alter function ops.prune_history(interval, integer) rename to prune_run_history;
comment on function ops.prune_run_history(interval, integer) is
  'The part of ops.prune_history that concerns schedules: ended runs with attempts and tokens, ticks, ended queue rows, alerts, audit rows, our rows of cron.job_run_details. Returns counts.';

create function ops.prune_control_history(p_keep interval default '30 days', p_batch integer default 10000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_cutoff timestamptz := now() - p_keep;
  -- What people ask for later is kept for half a year at least.
  v_late_cutoff timestamptz := now() - greatest(p_keep, interval '180 days');
  v_alert_events integer;
  v_job_run_log integer;
  v_migration_logs integer;
  v_runs integer;
  v_cron_changes integer;
begin
  -- Ids grow with time, so what is old is at the start of each primary key.
  delete from ops.alert_events e
  where e.id in (
    select o.id from (select x.id, x.at from ops.alert_events x order by x.id limit p_batch) o where o.at < v_late_cutoff
  );
  get diagnostics v_alert_events = row_count;
  delete from ops.job_run_log l
  where l.id in (select x.id from ops.job_run_log x where x.id < ops.id_floor(v_cutoff) order by x.id limit p_batch);
  get diagnostics v_job_run_log = row_count;
  delete from ops.migration_logs l
  where l.id in (select x.id from ops.migration_logs x where x.id < ops.id_floor(v_cutoff) order by x.id limit p_batch);
  get diagnostics v_migration_logs = row_count;
  -- Their events went before, partition by partition (ops.maintain_partitions).
  delete from ops.runs r
  where r.id in (
    select x.id from ops.runs x where x.finished_at < v_late_cutoff order by x.finished_at limit p_batch for update skip locked
  );
  get diagnostics v_runs = row_count;
  delete from ops.cron_changes c
  where c.id in (
    select o.id from (select x.id, x.at from ops.cron_changes x order by x.id limit p_batch) o where o.at < v_late_cutoff
  );
  get diagnostics v_cron_changes = row_count;
  return jsonb_build_object(
    'alert_events', v_alert_events, 'job_run_log', v_job_run_log, 'migration_logs', v_migration_logs, 'runs', v_runs,
    'cron_changes', v_cron_changes
  );
end
$$;
comment on function ops.prune_control_history(interval, integer) is
  'The part of ops.prune_history that concerns the control room: events of alerts, ended runs of runbooks and changes of the scheduler after half a year at least; logs of functions and batches after p_keep. Returns counts.';
select ops.restrict_function('ops.prune_control_history(interval, integer)');

create function ops.prune_history(p_keep interval default '30 days', p_batch integer default 10000)
returns jsonb
language sql
set search_path = ''
as $$
  select ops.prune_run_history(p_keep, p_batch) || ops.prune_control_history(p_keep, p_batch)
$$;
comment on function ops.prune_history(interval, integer) is
  'Delete what is older than p_keep, at most p_batch rows per table and call: see ops.prune_run_history and ops.prune_control_history. Returns counts by table.';
select ops.restrict_function('ops.prune_history(interval, integer)');
