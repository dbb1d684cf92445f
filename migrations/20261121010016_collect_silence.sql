-- Why      A lost request, a report that never comes and queued work that ended elsewhere are outcomes too.
-- Objects  functions ops.collect_lost, ops.collect_unreported, ops.collect_queued_work.
-- Locks    Rows of overdue attempts and runs; rows of net.http_request_queue nobody else holds. Rollback: drop the functions;
--          lost runs then stay "fired" and block the next ones.

create function ops.collect_lost(p_now timestamptz, p_limit integer)
returns text[]
language plpgsql
set search_path = ''
as $$
declare
  v_epoch uuid := ops.current_epoch();
  v_stuck_after interval := interval '10 minutes';
  v_jobs text[] := '{}';
  v_silent record;
  v_unsent boolean;
begin
  -- Answers are kept for six hours; nothing can arrive later.
  update ops.cron_attempts
  set awaiting_response = false
  where awaiting_response and error_code is not null and fired_at < p_now - interval '6 hours';

  if to_regclass('net.http_request_queue') is null then
    v_epoch := null;
  end if;

  for v_silent in
    select a.run_id, a.attempt, a.request_id, a.deadline, a.epoch is distinct from v_epoch as crashed,
      r.job, t.redeemed_at,
      r.attempt = a.attempt and r.status = 'fired' and r.next_attempt_at is null as is_waiting,
      coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report,
      ops.report_deadline(d.definition, r.fired_at) as report_deadline
    from ops.cron_attempts a
    join ops.cron_runs r on r.id = a.run_id
    left join ops.job_definitions d on d.name = r.job
    left join ops.run_tokens t on t.run_id = a.run_id and t.attempt = a.attempt
    where a.awaiting_response and a.error_code is null and (a.deadline < p_now or a.epoch is distinct from v_epoch)
    order by a.deadline
    limit p_limit
    for update of r skip locked
  loop
    v_unsent := false;
    if not v_silent.crashed then
      if v_silent.deadline < p_now - v_stuck_after then
        -- Still unsent this late: take the request back, unless pg_net is sending it right now.
        delete from net.http_request_queue q
        where q.id in (
          select w.id from net.http_request_queue w where w.id = v_silent.request_id for update skip locked
        );
        v_unsent := found;
      end if;
      if not v_unsent and exists (select from net.http_request_queue q where q.id = v_silent.request_id) then
        continue;
      end if;
    end if;

    update ops.cron_attempts
    set error_code = case when v_unsent then 'timeout' else 'lost' end,
        error = 'no answer',
        awaiting_response = not (v_silent.crashed or v_unsent)
    where run_id = v_silent.run_id and attempt = v_silent.attempt;

    if not v_silent.is_waiting then
      continue;
    end if;
    if v_silent.must_report and v_silent.redeemed_at is not null then
      -- It arrived, for its token was used: wait for its own word.
      update ops.cron_runs
      set status = 'delivered', delivered_at = v_silent.redeemed_at, deadline = v_silent.report_deadline
      where id = v_silent.run_id;
    elsif v_unsent then
      perform ops.fail_run(
        v_silent.run_id, 'timeout',
        'timeout - pg_net never sent the request; its worker is stuck or dead: select net.worker_restart()', p_now
      );
    elsif v_silent.crashed then
      perform ops.fail_run(
        v_silent.run_id, 'lost',
        'lost - the server crashed or failed over before the answer came, and pg_net keeps nothing through that', p_now
      );
    else
      perform ops.fail_run(v_silent.run_id, 'lost', 'lost - the request left the queue of pg_net and no answer came', p_now);
    end if;
    v_jobs := v_jobs || v_silent.job;
  end loop;
  return v_jobs;
end
$$;
comment on function ops.collect_lost(timestamptz, integer) is
  'End or retry runs whose answer will not come: lost in a crash, lost after the deadline, or never sent. Returns the jobs concerned.';
select ops.restrict_function('ops.collect_lost(timestamptz, integer)');

create function ops.collect_unreported(p_now timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
  v_count integer := 0;
begin
  for v_id in
    select r.id
    from ops.cron_runs r
    where r.status in ('queued', 'fired', 'delivered')
      and (r.status = 'delivered' or (r.status = 'fired' and r.call_kind = 'enqueue'))
      and r.deadline < p_now
    order by r.deadline
    limit p_limit
    for update skip locked
  loop
    v_count := v_count + 1;
    perform ops.fail_run(
      v_id, 'not_reported', 'not_reported - the call arrived and nobody said how it went before the deadline', p_now
    );
  end loop;
  return v_count;
end
$$;
comment on function ops.collect_unreported(timestamptz, integer) is 'Fail runs that promised a report and did not give one in time. Returns how many.';
select ops.restrict_function('ops.collect_unreported(timestamptz, integer)');

create function ops.collect_queued_work(p_now timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_done record;
  v_count integer := 0;
begin
  for v_done in
    select r.id, q.status, q.last_error
    from ops.cron_runs r
    join ops.job_queue q on q.run_id = r.id
    where r.status in ('queued', 'fired', 'delivered') -- as in the index
      and r.status = 'fired'
      and r.call_kind = 'enqueue'
      and q.status in ('succeeded', 'failed', 'cancelled')
    limit p_limit
    for update of r skip locked
  loop
    v_count := v_count + 1;
    if v_done.status = 'succeeded' then
      perform ops.succeed_run(v_done.id, null, p_now);
    elsif v_done.status = 'cancelled' then
      perform ops.fail_run(v_done.id, 'cancelled', 'cancelled - the queued work was cancelled', p_now);
    else
      perform ops.fail_run(
        v_done.id, 'report_failed',
        left('report_failed - ' || coalesce(ops.redact_text(v_done.last_error), 'the queued work failed'), 1000), p_now
      );
    end if;
  end loop;
  return v_count;
end
$$;
comment on function ops.collect_queued_work(timestamptz, integer) is
  'Carry the outcome of queued work over to the runs that wait for it. Returns how many.';
select ops.restrict_function('ops.collect_queued_work(timestamptz, integer)');
