-- Why      People ask what became of a job, stop a run, and try a failed one again.
-- Objects  functions ops.list_runs, ops.get_run, ops.cancel_run, ops.retry_run.
-- Locks    One run. Rollback: drop the functions.

create function ops.list_runs(
  p_job text default null, p_only_failed boolean default false, p_before_id bigint default null, p_limit integer default 50
)
returns setof ops.cron_runs
language sql
stable
set search_path = ''
as $$
  select r.*
  from ops.cron_runs r
  where (p_job is null or r.job = p_job)
    and (not p_only_failed or r.status in ('failed', 'timed_out', 'lost'))
    and (p_before_id is null or r.id < p_before_id)
  order by r.id desc
  limit least(greatest(p_limit, 1), 1000)
$$;
comment on function ops.list_runs(text, boolean, bigint, integer) is
  'Runs, newest first, of one job or all. The next page: pass the smallest id seen as p_before_id.';
select ops.restrict_function('ops.list_runs(text, boolean, bigint, integer)', 'service_role');

create function ops.get_run(p_run_id bigint)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(r) || jsonb_build_object('attempts', (
    select coalesce(jsonb_agg(to_jsonb(a) - 'run_id' order by a.attempt), '[]')
    from ops.cron_attempts a
    where a.run_id = r.id
  ))
  from ops.cron_runs r
  where r.id = p_run_id
$$;
comment on function ops.get_run(bigint) is 'One run with all its attempts; null when there is none.';
select ops.restrict_function('ops.get_run(bigint)', 'service_role');

-- Security definer: service_role may stop a run, but not write runs.
create function ops.cancel_run(p_run_id bigint, p_actor text default null, p_reason text default null)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from ops.cron_runs r
  where r.id = p_run_id and r.status in ('queued', 'fired', 'delivered')
  for update;
  if not found then
    return false;
  end if;
  if to_regclass('net.http_request_queue') is not null then
    -- Unless pg_net is sending it right now; then its token is refused on arrival.
    delete from net.http_request_queue q
    where q.id in (
      select w.id
      from net.http_request_queue w
      join ops.cron_attempts a on a.request_id = w.id
      where a.run_id = p_run_id and a.awaiting_response and a.epoch = ops.current_epoch()
      for update of w skip locked
    );
  end if;
  update ops.cron_attempts
  set awaiting_response = false, error_code = coalesce(error_code, 'cancelled')
  where run_id = p_run_id and awaiting_response;
  update ops.job_queue
  set status = 'cancelled', updated_at = now()
  where run_id = p_run_id and status = 'pending';
  update ops.cron_runs
  set status = 'cancelled', finished_at = clock_timestamp(), next_attempt_at = null, deadline = null,
      error_code = 'cancelled',
      error = left(concat_ws(': ', 'cancelled - by ' || coalesce(p_actor, session_user), ops.redact_text(p_reason)), 1000)
  where id = p_run_id;
  return true;
end
$$;
comment on function ops.cancel_run(bigint, text, text) is
  'End a run that has not ended: nothing is tried again, a request not yet sent is taken back. False when it had ended. For running SQL see ops.cancel_running.';
select ops.restrict_function('ops.cancel_run(bigint, text, text)', 'service_role');

-- Security definer, as ops.fire_now.
create function ops.retry_run(p_run_id bigint, p_actor text default null)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_former record;
  v_run record;
begin
  select r.id, r.job, r.scheduled_for, d.definition, d.digest
  into v_former
  from ops.cron_runs r
  join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id and r.finished_at is not null;
  if not found then
    raise exception 'there is no ended run % of a declared job', p_run_id
      using errcode = 'no_data_found', hint = 'See ops.list_runs; a run that has not ended can be cancelled first.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    v_former.job, v_former.definition, v_former.digest, v_former.scheduled_for, 'manual', coalesce(p_actor, session_user), v_now
  ) a;
  update ops.cron_runs set retry_of = v_former.id where id = v_run.run_id;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, v_former.job, v_former.definition, v_former.scheduled_for, 1, v_now);
  end if;
  return v_run.run_id;
end
$$;
comment on function ops.retry_run(bigint, text) is
  'Run the slot of an ended run again, as a new run with the same idempotency key (retry_of names the former). Returns its id.';
select ops.restrict_function('ops.retry_run(bigint, text)', 'service_role');
