-- Why      Retries, queue_one followers and catch-up runs wait as rows; somebody has to start them.
-- Objects  functions ops.start_waiting, ops.run_pending_sql.
-- Locks    The waiting rows (skip locked) and the advisory lock of each job. Rollback: drop the functions; waiting runs stay waiting.

create function ops.start_waiting(
  p_kinds text[], p_limit integer, p_budget interval, p_now timestamptz,
  p_job text default null, p_late interval default '0'
)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_begun timestamptz := clock_timestamp();
  v_run record;
  v_started integer := 0;
begin
  for v_run in
    select r.id, r.job, r.scheduled_for, r.status, r.attempt, d.definition,
      coalesce(d.definition ->> 'overlap', 'skip') = 'allow' as may_overlap
    from ops.cron_runs r
    left join ops.job_definitions d on d.name = r.job
    where r.status in ('queued', 'fired')
      and r.next_attempt_at <= p_now - p_late
      and (p_job is null or r.job = p_job)
      and coalesce(r.call_kind, 'http') = any (p_kinds)
      and (
        r.status = 'fired'
        or coalesce(d.definition ->> 'overlap', 'skip') = 'allow'
        or not exists (
          select from ops.cron_runs o where o.job = r.job and o.status in ('fired', 'delivered')
        )
      )
    order by r.next_attempt_at, r.id
    limit p_limit
    for update of r skip locked
  loop
    exit when clock_timestamp() - v_begun > p_budget;
    if not v_run.may_overlap then
      -- Looked at again under the lock, because the list may hold several waiting runs of one job.
      if not ops.try_lock('job', v_run.job) then
        continue;
      end if;
      if v_run.status = 'queued' and exists (
        select from ops.cron_runs o where o.job = v_run.job and o.status in ('fired', 'delivered')
      ) then
        continue;
      end if;
    end if;
    v_started := v_started + 1;
    update ops.cron_runs
    set status = 'fired', attempt = v_run.attempt + 1, fired_at = p_now, next_attempt_at = null, http_status = null,
        error_code = null, error = null
    where id = v_run.id;
    if v_run.definition is null then
      perform ops.fail_run(
        v_run.id, 'definition_missing',
        'definition_missing:' || v_run.job || ' - ' || ops.problem_remedy('definition_missing'), p_now
      );
    else
      perform ops.start_attempt(
        v_run.id, v_run.job, v_run.definition, v_run.scheduled_for, v_run.attempt + 1, p_now
      );
    end if;
    -- Jobs that share this transaction do not share their way of checking constraints.
    set constraints all deferred;
  end loop;
  return v_started;
end
$$;
comment on function ops.start_waiting(text[], integer, interval, timestamptz, text, interval) is
  'Start runs that wait (queued, retry) and whose time has come, oldest first, at most p_limit and for at most p_budget; with p_late only those overdue that long. Returns how many.';
select ops.restrict_function('ops.start_waiting(text[], integer, interval, timestamptz, text, interval)');

create function ops.run_pending_sql(p_limit integer default 100, p_now timestamptz default clock_timestamp())
returns integer
language sql
set search_path = ''
as $$
  select ops.start_waiting(array['sql'], p_limit, interval '20 seconds', p_now)
$$;
comment on function ops.run_pending_sql(integer, timestamptz) is
  'Run waiting SQL jobs (retries, followers, catch-ups), apart from the collector so that a long one does not hold up outcomes. A declared job of its own.';
select ops.restrict_function('ops.run_pending_sql(integer, timestamptz)');
