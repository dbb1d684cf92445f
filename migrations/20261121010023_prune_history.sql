-- Why      History grows by a row per run for ever, cron.job_run_details too. A declared job keeps both bounded.
-- Objects  function ops.prune_history.
-- Locks    Old rows only, in batches. Rollback: drop the function; history grows.

create function ops.prune_history(p_keep interval default '30 days', p_batch integer default 10000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_cutoff timestamptz := now() - p_keep;
  v_runs integer;
  v_tokens integer;
  v_ticks integer;
  v_queue integer;
  v_alerts integer;
  v_audits integer;
  v_details integer := 0;
begin
  -- Ids grow with time, so what is old is at the start of the primary key. The last run of a job is kept for ever.
  delete from ops.cron_runs r
  where r.id in (
    select o.id
    from (select c.id, c.job, c.created_at, c.status from ops.cron_runs c order by c.id limit p_batch * 10) o
    where o.created_at < v_cutoff
      and o.status not in ('queued', 'fired', 'delivered')
      and exists (select from ops.cron_runs n where n.job = o.job and n.id > o.id)
    limit p_batch
  );
  get diagnostics v_runs = row_count;

  delete from ops.run_tokens t
  where t.token_hash in (
    select x.token_hash from ops.run_tokens x where x.expires_at < now() - interval '1 day' limit p_batch
  );
  get diagnostics v_tokens = row_count;

  delete from ops.scheduler_ticks t
  where t.ticked_at in (
    select x.ticked_at from ops.scheduler_ticks x
    where x.ticked_at < least(v_cutoff, now() - interval '2 days')
    order by x.ticked_at limit p_batch
  );
  get diagnostics v_ticks = row_count;

  delete from ops.job_queue q
  where q.id in (
    select x.id from ops.job_queue x
    where x.status in ('succeeded', 'failed', 'cancelled') and x.updated_at < v_cutoff
    limit p_batch
  );
  get diagnostics v_queue = row_count;

  -- Alerts and audit rows are few and asked for later: at least half a year, at least two years.
  delete from ops.alerts a
  where a.id in (
    select x.id from ops.alerts x where x.resolved_at < least(v_cutoff, now() - interval '180 days') limit p_batch
  );
  get diagnostics v_alerts = row_count;
  delete from ops.reconciliations a
  where a.id in (
    select x.id from ops.reconciliations x where x.started_at < least(v_cutoff, now() - interval '2 years') limit p_batch
  );
  get diagnostics v_audits = row_count;

  if to_regclass('cron.job_run_details') is not null then
    -- No index on time there; the primary key is in order of time. Rows left half-way have no time at all.
    with oldest as (
      select c.runid, coalesce(c.end_time, c.start_time) as at
      from cron.job_run_details c
      where c.username = current_user
      order by c.runid
      limit p_batch
    )
    delete from cron.job_run_details c
    using oldest o
    where c.runid = o.runid
      and (o.at < v_cutoff or (o.at is null and o.runid < (select max(x.runid) from oldest x where x.at < v_cutoff)));
    get diagnostics v_details = row_count;
  end if;

  return jsonb_build_object(
    'cron_runs', v_runs, 'run_tokens', v_tokens, 'scheduler_ticks', v_ticks, 'job_queue', v_queue, 'alerts', v_alerts,
    'reconciliations', v_audits, 'job_run_details', v_details
  );
end
$$;
comment on function ops.prune_history(interval, integer) is
  'Delete what is older than p_keep, at most p_batch rows per table and call: ended runs with attempts and tokens, ticks, ended queue rows, our rows of cron.job_run_details. Returns counts.';
select ops.restrict_function('ops.prune_history(interval, integer)');
