-- Why      The collector writes down each minute how runs ended. A job of every minute whose answer came within a second was still "fired" when its next
--          minute began, so every second run was skipped as overlapping. What decides is whether the run has ended, not whether it was noted.
-- Objects  function ops.has_ended; ops.admit_run (replaced).
-- Locks    None beyond those of ops.admit_run; has_ended only reads. Rollback: restore ops.admit_run of 20261121010013, drop the function.

create function ops.has_ended(p_run_id bigint)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_run record;
  v_answer record;
begin
  select r.status, r.call_kind, r.attempt, r.next_attempt_at, a.request_id, a.fired_at, t.redeemed_at, d.definition,
    coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report
  into v_run
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  left join ops.cron_attempts a
    on a.run_id = r.id and a.attempt = r.attempt and a.awaiting_response and a.epoch = ops.current_epoch()
  left join ops.run_tokens t on t.run_id = r.id and t.attempt = r.attempt
  where r.id = p_run_id;
  if v_run.status is distinct from 'fired' or v_run.next_attempt_at is not null then
    return coalesce(v_run.status not in ('queued', 'fired', 'delivered'), false);
  elsif v_run.call_kind = 'enqueue' then
    return exists (select from ops.queued_jobs q where q.run_id = p_run_id and q.finished_at is not null);
  elsif v_run.request_id is null or to_regclass('net._http_response') is null then
    return false;
  end if;
  select h.status_code, ops.response_error(h.status_code, h.timed_out, h.error_msg) as error_code into v_answer
  from net._http_response h
  -- Indexed by time only: a span as short as the clocks allow.
  where h.created >= v_run.fired_at - interval '5 seconds' and h.id = v_run.request_id
  order by h.created
  limit 1;
  if not found then
    return false;
  end if;
  -- As ops.collect_responses will judge it: a report or a retry to come is no end.
  return case
    when v_answer.error_code is null then not v_run.must_report
    when v_answer.error_code in ('timeout', 'network') and v_run.must_report and v_run.redeemed_at is not null then false
    else ops.retry_delay(v_run.definition, v_run.attempt, v_answer.error_code, v_answer.status_code) is null
  end;
end
$$;
comment on function ops.has_ended(bigint) is
  'Whether a run has ended, also when the collector has not written it down yet: its answer is there or its queued work is done, and neither a retry nor a report is to come.';
select ops.restrict_function('ops.has_ended(bigint)');

create or replace function ops.admit_run(
  p_job text, p_definition jsonb, p_digest text, p_slot timestamptz, p_trigger text, p_actor text, p_now timestamptz,
  out run_id bigint, out verdict text
)
language plpgsql
set search_path = ''
as $$
declare
  v_overlap text := coalesce(p_definition ->> 'overlap', 'skip');
  v_kind text := p_definition #>> '{call,kind}';
  v_is_free boolean;
  v_is_forgotten boolean;
  v_is_busy boolean;
begin
  if v_kind not in ('http', 'sql', 'enqueue') then
    v_kind := null;
  end if;
  -- Another session at this very slot may hold its row uncommitted for minutes (SQL jobs): do not wait for it.
  if p_trigger <> 'manual' and (
    not ops.try_lock('slot', ops.slot_key(p_job, p_slot))
    or exists (
      select from ops.cron_runs r
      where r.job = p_job and r.scheduled_for = p_slot and r.trigger in ('schedule', 'misfire', 'queued')
    )
  ) then
    verdict := 'duplicate';
    return;
  end if;

  v_is_free := v_overlap = 'allow';
  if not v_is_free and ops.try_lock('job', p_job) then
    -- A run the collector should have ended a quarter of an hour ago says nothing about its job, only about the collector. One that ended
    -- since the collector came by, which is every minute, is in nobody's way.
    select coalesce(bool_or(w.since <= p_now - interval '15 minutes'), false),
      coalesce(bool_or(w.since > p_now - interval '15 minutes' and not ops.has_ended(r.id)), false)
    into v_is_forgotten, v_is_busy
    from ops.cron_runs r
    cross join lateral (select coalesce(r.deadline, r.next_attempt_at, r.created_at) as since) w
    where r.job = p_job and r.status in ('queued', 'fired', 'delivered');
    v_is_free := not v_is_busy;
    if v_is_forgotten and v_is_free then
      perform ops.raise_alert(
        'collector', 'collector:silent', 'critical', 'Runs are not being followed',
        'A run of ' || p_job || ' is long past its deadline and nobody ended it: is the job ops_collect scheduled, active and well?',
        jsonb_build_object('job', p_job)
      );
    end if;
  end if;

  if v_is_free then
    verdict := 'start';
    insert into ops.cron_runs (
      job, scheduled_for, trigger, status, call_kind, attempt, created_at, fired_at, actor, definition_digest
    )
    values (p_job, p_slot, p_trigger, 'fired', v_kind, 1, p_now, p_now, p_actor, p_digest)
    on conflict do nothing
    returning id into run_id;
  else
    if v_overlap = 'queue_one' then
      verdict := 'queued';
      insert into ops.cron_runs (
        job, scheduled_for, trigger, status, call_kind, created_at, next_attempt_at, actor, definition_digest
      )
      values (p_job, p_slot, 'queued', 'queued', v_kind, p_now, p_now, p_actor, p_digest)
      on conflict do nothing
      returning id into run_id;
    end if;
    if run_id is null then
      verdict := 'skipped';
      insert into ops.cron_runs (
        job, scheduled_for, trigger, status, call_kind, created_at, finished_at, error_code, error, actor, definition_digest
      )
      values (
        p_job, p_slot, p_trigger, 'skipped', v_kind, p_now, p_now, 'overlap',
        'overlap - the run before it has not ended' || case v_overlap when 'queue_one' then ' and one is waiting' else '' end,
        p_actor, p_digest
      )
      on conflict do nothing
      returning id into run_id;
    end if;
  end if;
  if run_id is null then
    verdict := 'duplicate';
  end if;
end
$$;
