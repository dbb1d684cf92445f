-- Why      cron.job.command is `select ops.fire('<name>')` and nothing else. Due, overlap and once-per-slot are decided here.
-- Objects  functions ops.lock_key, ops.try_lock, ops.slot_key, ops.find_slot, ops.admit_run, ops.run_word, ops.fire, ops.fire_now.
-- Locks    Advisory, until the end of the transaction, never waited for: one per slot, one per job.
--          Rollback: drop the functions; every command in cron.job then fails.

create function ops.lock_key(p_kind text, p_key text)
returns bigint
language sql
immutable
set search_path = ''
as $$
  select hashtextextended('ops.' || p_kind || ':' || p_key, 0)
$$;
comment on function ops.lock_key(text, text) is 'The number of an advisory lock of the control room.';
select ops.restrict_function('ops.lock_key(text, text)');

create function ops.try_lock(p_kind text, p_key text)
returns boolean
language sql
set search_path = ''
as $$
  select pg_try_advisory_xact_lock(ops.lock_key(p_kind, p_key))
$$;
comment on function ops.try_lock(text, text) is 'Take an advisory lock of the control room until the transaction ends, or say that another session has it.';
select ops.restrict_function('ops.try_lock(text, text)');

create function ops.slot_key(p_job text, p_slot timestamptz)
returns text
language sql
immutable
set search_path = ''
as $$
  select p_job || '/' || extract(epoch from p_slot)::text
$$;
comment on function ops.slot_key(text, timestamptz) is 'A slot of a job as the key of a lock of kind "slot".';
select ops.restrict_function('ops.slot_key(text, timestamptz)');

create function ops.find_slot(p_definition jsonb, p_created_at timestamptz, p_now timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_minute timestamptz := date_trunc('minute', p_now);
begin
  if p_definition #>> '{schedule,kind}' in ('interval', 'reboot') then
    return date_trunc('second', p_now);
  end if;
  if ops.is_due(p_definition, v_minute) then
    return v_minute;
  end if;
  -- The scheduler may be late (all its slots taken). In UTC every tick is meant, so look back a day. In other zones
  -- pg_cron ticks at more minutes than are due, half an hour apart at least, so a late tick is one of the last 29 minutes.
  return (
    select s.slot
    from ops.due_slots(
      p_definition,
      greatest(
        v_minute - case coalesce(p_definition #>> '{schedule,timezone}', 'UTC')
          when 'UTC' then interval '24 hours'
          else interval '29 minutes'
        end,
        p_created_at
      ),
      v_minute, 1
    ) as s (slot)
  );
end
$$;
comment on function ops.find_slot(jsonb, timestamptz, timestamptz) is
  'The slot a tick at this moment is for: the latest due minute, or null when the tick means nothing in the time zone of the job.';
select ops.restrict_function('ops.find_slot(jsonb, timestamptz, timestamptz)');

create function ops.admit_run(
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
  v_is_open boolean;
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
    -- A run the collector should have ended a quarter of an hour ago says nothing about its job, only about the collector.
    select count(*) > 0, coalesce(bool_or(w.since > p_now - interval '15 minutes'), false)
    into v_is_open, v_is_busy
    from ops.cron_runs r
    cross join lateral (select coalesce(r.deadline, r.next_attempt_at, r.created_at) as since) w
    where r.job = p_job and r.status in ('queued', 'fired', 'delivered');
    v_is_free := not v_is_busy;
    if v_is_open and v_is_free then
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
comment on function ops.admit_run(text, jsonb, text, timestamptz, text, text, timestamptz) is
  'Write the row of a run and say what to do with it: start, queued, skipped (overlap), or duplicate (this slot has one already).';
select ops.restrict_function('ops.admit_run(text, jsonb, text, timestamptz, text, text, timestamptz)');

create function ops.run_word(p_run_id bigint)
returns text
language sql
stable
set search_path = ''
as $$
  select concat_ws(
    ' ',
    case when r.next_attempt_at is not null and r.status = 'fired' then 'retrying' else r.status end,
    r.id,
    rtrim(split_part(coalesce(r.error, r.error_code), ' ', 1), ':')
  )
  from ops.cron_runs r
  where r.id = p_run_id
$$;
comment on function ops.run_word(bigint) is 'A run in a few words, for the return message of a fire: "failed 42 secret_missing:project_url".';
select ops.restrict_function('ops.run_word(bigint)');

create function ops.fire(p_job text, p_now timestamptz default clock_timestamp())
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_definition jsonb;
  v_digest text;
  v_created_at timestamptz;
  v_slot timestamptz;
  v_problem text;
  v_run record;
begin
  select d.definition, d.digest, d.created_at
  into v_definition, v_digest, v_created_at
  from ops.job_definitions d
  where d.name = p_job;

  if not found then
    v_problem := 'definition_missing:' || p_job;
    v_definition := '{"overlap": "allow"}';
  else
    begin
      v_slot := ops.find_slot(v_definition, v_created_at, p_now);
      if v_slot is null then
        if v_definition #> '{schedule,match}' is null then
          v_problem := 'definition_invalid:schedule';
        else
          return 'not due';
        end if;
      end if;
    exception
      when others then
        v_problem := 'definition_invalid:schedule';
    end;
  end if;

  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    p_job, v_definition, v_digest, coalesce(v_slot, date_trunc('minute', p_now)), 'schedule', null, p_now
  ) a;
  if v_run.verdict = 'duplicate' then
    return 'not due';
  end if;
  if v_run.verdict = 'start' then
    if v_problem is null then
      perform ops.start_attempt(v_run.run_id, p_job, v_definition, v_slot, 1, p_now);
    else
      perform ops.fail_run(
        v_run.run_id, split_part(v_problem, ':', 1), v_problem || ' - ' || ops.problem_remedy(v_problem), p_now
      );
    end if;
  end if;
  return ops.run_word(v_run.run_id);
end
$$;
comment on function ops.fire(text, timestamptz) is
  'What cron.job calls. Starts the run of the current slot, or says why not ("not due", "skipped 42 overlap"). Records a job''s own faults instead of raising them.';
select ops.restrict_function('ops.fire(text, timestamptz)');

-- Security definer: service_role may start a declared job, but not write runs, definitions or requests of its own making.
create function ops.fire_now(p_job text, p_actor text default null)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_definition jsonb;
  v_digest text;
  v_now timestamptz := clock_timestamp();
  v_run record;
begin
  select d.definition, d.digest into v_definition, v_digest from ops.job_definitions d where d.name = p_job;
  if not found then
    raise exception 'there is no job named %', quote_literal(p_job)
      using errcode = 'no_data_found', hint = 'See ops.job_definitions for the declared jobs.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(p_job, v_definition, v_digest, v_now, 'manual', coalesce(p_actor, session_user), v_now) a;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, p_job, v_definition, v_now, 1, v_now);
  end if;
  return v_run.run_id;
end
$$;
comment on function ops.fire_now(text, text) is
  'Run a declared job now, whatever its schedule says; overlap still counts. Returns the run id; a SQL job has ended by then. Raises for an unknown name.';
select ops.restrict_function('ops.fire_now(text, text)', 'service_role');
