-- Why      Admins look at the scheduler and steer it without SQL, by the names they have used so far. Whatever they change is drift,
--          and the next plan says so; who changed it is written down.
-- Objects  table ops.cron_changes; functions ops.is_service, ops.require_admin, ops.find_cron_job, ops.refuse_cron_job, ops.record_cron_change;
--          public.get_cron_jobs, get_cron_job_runs, toggle_cron_job, update_cron_schedule, create_cron_job.
-- Locks    The row of one job; creating one, an advisory lock on its name. Rollback: drop the functions and the table.

-- The public functions are security definer: the role that owns them, which applied this migration, is the one pg_cron knows as
-- the owner of the jobs; nobody else may call cron.alter_job on a hosted project. Each asks ops.require_admin first.
-- Two dialects are spoken: toggle_cron_job(name, active), and job_name, new_active. Functions that differ in the names of
-- their parameters only cannot stand side by side, so each has both sets, the first one first.

create function ops.is_service()
returns boolean
language sql
stable
set search_path = ''
as $$
  -- Inside a security definer function current_user is its owner; who asked is the role that was set, or the one that logged in.
  select c.caller = 'service_role' or pg_has_role(c.caller, current_user, 'usage')
  from (select coalesce(nullif(current_setting('role', true), 'none')::name, session_user) as caller) c
$$;
comment on function ops.is_service() is
  'For security definer functions only: whether service_role, or whoever has the rights of the function''s owner, called it.';
select ops.restrict_function('ops.is_service()');

create function ops.require_admin()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not ops.is_service() and not ops.is_admin() then
    raise exception 'only an admin of the control room may do this'
      using errcode = 'insufficient_privilege', hint = 'Admins have a row in ops.admins.';
  end if;
end
$$;
comment on function ops.require_admin() is
  'For security definer functions only: raises 42501 unless an admin, service_role, or the owner of the control room called it.';
select ops.restrict_function('ops.require_admin()');

create table ops.cron_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  jobid bigint not null,
  jobname text not null,
  action text not null check (action in ('create', 'toggle', 'reschedule')),
  before jsonb,
  after jsonb not null,
  user_id uuid,
  actor text not null
);
comment on table ops.cron_changes is 'What admins changed in the scheduler past the declarations, and who. The next plan shows it as drift.';
comment on column ops.cron_changes.actor is 'The database role that asked; user_id says which person.';
create index cron_changes_job on ops.cron_changes (jobname, id desc);
select ops.restrict_table('ops.cron_changes', 'select');
select ops.allow_read('ops.cron_changes', '(select ops.is_admin())');

create function ops.record_cron_change(p_jobid bigint, p_jobname text, p_action text, p_before jsonb, p_after jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into ops.cron_changes (jobid, jobname, action, before, after, user_id, actor)
  values (
    p_jobid, p_jobname, p_action, p_before, p_after, ops.current_user_id(),
    coalesce(nullif(current_setting('role', true), 'none'), session_user)
  )
$$;
comment on function ops.record_cron_change(bigint, text, text, jsonb, jsonb) is 'Write down who changed a job of the scheduler by hand.';
select ops.restrict_function('ops.record_cron_change(bigint, text, text, jsonb, jsonb)');

create function ops.find_cron_job(p_name text, out jobid bigint, out schedule text, out active boolean)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_owner text;
begin
  if to_regclass('cron.job') is null then
    raise exception 'pg_cron is not installed here'
      using errcode = 'feature_not_supported', hint = 'create extension pg_cron (Supabase: Database, Extensions), then apply.';
  end if;
  -- Names are unique per owner.
  select j.jobid, j.schedule, j.active, j.username
  into jobid, schedule, active, v_owner
  from cron.job j
  where j.jobname::text = p_name
  order by j.username <> current_user, j.jobid
  limit 1;
  if not found then
    raise exception 'there is no cron job named %', coalesce(quote_literal(p_name), 'null')
      using errcode = 'undefined_object', hint = 'get_cron_jobs() lists them.';
  elsif v_owner <> current_user and not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
    raise exception 'cron job % belongs to role %', quote_literal(p_name), v_owner
      using errcode = 'insufficient_privilege', hint = 'pg_cron lets only its owner change a job.';
  end if;
end
$$;
comment on function ops.find_cron_job(text) is 'The job of pg_cron with this name, ours before others. Raises when there is none, or it is not ours to change.';
select ops.restrict_function('ops.find_cron_job(text)');

create function ops.refuse_cron_job(p_state text, p_message text, p_hint text, p_schedule text)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  raise exception '%', p_message using
    -- pg_cron up to 1.5 calls a bad schedule an internal error.
    errcode = case when p_state = 'XX000' then '22023' else p_state end,
    hint = case
      when nullif(p_hint, '') is not null then p_hint
      when p_schedule ~* 'second' then 'This pg_cron may be too old for seconds, which came with 1.5; cron format (e.g. 5 4 * * *) works everywhere.'
      else 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''.'
    end;
end
$$;
comment on function ops.refuse_cron_job(text, text, text, text) is 'Say what pg_cron said, as an error of the caller, with a hint.';
select ops.restrict_function('ops.refuse_cron_job(text, text, text, text)');

create function public.get_cron_jobs(after_jobid bigint default 0, limit_count integer default 1000)
returns table (
  jobid bigint, jobname text, schedule text, command text, database text, username text, active boolean, managed boolean,
  last_status text, last_return_message text, last_start_time timestamptz, last_end_time timestamptz
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform ops.require_admin();
  if to_regclass('cron.job') is null then
    raise notice 'pg_cron is not installed here: there are no jobs to list';
    return;
  end if;
  return query
    -- There is no index by job; the newest runs are at the end of the primary key.
    with recent as materialized (
      select d.jobid, d.runid, d.status, d.return_message, d.start_time, d.end_time
      from cron.job_run_details d
      order by d.runid desc
      limit 5000
    ), last_runs as (
      select distinct on (r.jobid) r.jobid, r.status, r.return_message, r.start_time, r.end_time
      from recent r
      order by r.jobid, r.runid desc
    )
    select j.jobid, j.jobname::text, j.schedule, ops.redact_text(j.command), j.database, j.username, j.active,
      exists (select from ops.managed_objects m where m.kind = 'cron' and m.name = j.jobname::text),
      l.status, left(ops.redact_text(l.return_message), 2000), l.start_time, l.end_time
    from cron.job j
    left join last_runs l on l.jobid = j.jobid
    where j.jobid > coalesce(after_jobid, 0)
    order by j.jobid
    limit least(greatest(coalesce(limit_count, 1000), 1), 10000);
end
$$;
comment on function public.get_cron_jobs(bigint, integer) is
  'For admins: every job of pg_cron with its last run, in the order of jobid; managed says that a file declares it. The next page: pass the largest jobid seen. Tokens in commands are blacked out. Empty without pg_cron.';
select ops.restrict_function('public.get_cron_jobs(bigint, integer)', 'authenticated', 'service_role');

create function public.get_cron_job_runs(
  "limit" integer default 50, limit_count integer default null, before_runid bigint default null, job_name text default null
)
returns table (
  runid bigint, jobid bigint, jobname text, status text, return_message text, start_time timestamptz, end_time timestamptz,
  duration_ms bigint, job_pid integer
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  perform ops.require_admin();
  if to_regclass('cron.job_run_details') is null then
    raise notice 'pg_cron is not installed here: there are no runs to list';
    return;
  end if;
  return query
    -- A job is looked for among the newest 50,000 runs only: there is no index by job.
    with newest as (
      select d.*
      from cron.job_run_details d
      where d.runid < coalesce(before_runid, 9223372036854775807)
      order by d.runid desc
      limit case when job_name is null then 1000 else 50000 end
    )
    select n.runid, n.jobid, j.jobname::text, n.status, left(ops.redact_text(n.return_message), 2000), n.start_time, n.end_time,
      round(1000 * extract(epoch from n.end_time - n.start_time))::bigint, n.job_pid
    from newest n
    left join cron.job j on j.jobid = n.jobid
    where job_name is null or j.jobname::text = job_name
    order by n.runid desc
    limit least(greatest(coalesce(limit_count, "limit", 50), 1), 1000);
end
$$;
comment on function public.get_cron_job_runs(integer, integer, bigint, text) is
  'For admins: what pg_cron says of its runs, newest first, of one job or all. The next page: pass the smallest runid seen. limit_count is another name of limit.';
select ops.restrict_function('public.get_cron_job_runs(integer, integer, bigint, text)', 'authenticated', 'service_role');

create function public.toggle_cron_job(
  name text default null, active boolean default null, job_name text default null, new_active boolean default null
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_name text := coalesce(toggle_cron_job.name, job_name);
  v_active boolean := coalesce(toggle_cron_job.active, new_active);
  v_job record;
begin
  perform ops.require_admin();
  if v_active is null then
    raise exception 'say whether the job shall be active' using errcode = 'invalid_parameter_value', hint = 'toggle_cron_job(name, active)';
  end if;
  v_job := ops.find_cron_job(v_name);
  if v_job.active <> v_active then
    perform cron.alter_job(job_id := v_job.jobid, active := v_active);
    perform ops.record_cron_change(
      v_job.jobid, v_name, 'toggle', jsonb_build_object('active', v_job.active), jsonb_build_object('active', v_active)
    );
  end if;
  return v_active;
end
$$;
comment on function public.toggle_cron_job(text, boolean, text, boolean) is
  'For admins: let a job sleep or wake it; returns whether it is active now. A declared job is then drift until the next apply. job_name and new_active are other names of name and active.';
select ops.restrict_function('public.toggle_cron_job(text, boolean, text, boolean)', 'authenticated', 'service_role');

create function public.update_cron_schedule(
  name text default null, schedule text default null, job_name text default null, new_schedule text default null
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_name text := coalesce(update_cron_schedule.name, job_name);
  v_schedule text := coalesce(update_cron_schedule.schedule, new_schedule);
  v_job record;
  v_state text;
  v_message text;
  v_hint text;
begin
  perform ops.require_admin();
  v_job := ops.find_cron_job(v_name);
  begin
    perform cron.alter_job(job_id := v_job.jobid, schedule := v_schedule);
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
      perform ops.refuse_cron_job(v_state, v_message, v_hint, v_schedule);
  end;
  if v_job.schedule <> v_schedule then
    perform ops.record_cron_change(
      v_job.jobid, v_name, 'reschedule', jsonb_build_object('schedule', v_job.schedule), jsonb_build_object('schedule', v_schedule)
    );
  end if;
  return true;
end
$$;
comment on function public.update_cron_schedule(text, text, text, text) is
  'For admins: change when a job runs, to any schedule pg_cron accepts. A declared job is then drift until the next apply. job_name and new_schedule are other names of name and schedule.';
select ops.restrict_function('public.update_cron_schedule(text, text, text, text)', 'authenticated', 'service_role');

create function public.create_cron_job(
  name text default null,
  schedule text default null,
  task_type text default null,
  payload jsonb default null,
  max_attempts integer default 3,
  job_name text default null,
  job_schedule text default null,
  task_payload jsonb default null
)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_name text := coalesce(create_cron_job.name, job_name);
  v_schedule text := coalesce(create_cron_job.schedule, job_schedule);
  v_payload jsonb := coalesce(create_cron_job.payload, task_payload, '{}');
  v_command text;
  v_jobid bigint;
  v_state text;
  v_message text;
  v_hint text;
begin
  perform ops.require_admin();
  if to_regclass('cron.job') is null then
    raise exception 'pg_cron is not installed here'
      using errcode = 'feature_not_supported', hint = 'create extension pg_cron (Supabase: Database, Extensions), then apply.';
  elsif coalesce(btrim(v_name), '') = '' or octet_length(v_name) > 63 or v_name ~ '[[:cntrl:]]' then
    raise exception 'a cron job needs a name of at most 63 bytes' using errcode = 'invalid_parameter_value';
  elsif coalesce(btrim(create_cron_job.task_type), '') = '' then
    raise exception 'a cron job needs the type of work it queues'
      using errcode = 'invalid_parameter_value', hint = 'create_cron_job(name, schedule, task_type, payload, max_attempts)';
  elsif coalesce(create_cron_job.max_attempts, 3) not between 1 and 100 then
    raise exception 'max_attempts is a number from 1 to 100' using errcode = 'invalid_parameter_value';
  elsif jsonb_typeof(v_payload) <> 'object' then
    raise exception 'the payload is a JSON object' using errcode = 'invalid_parameter_value';
  -- The command is copied into the history of every run, and into the server log.
  elsif ops.redact_text(v_payload::text) <> v_payload::text then
    raise exception 'the payload seems to hold a token'
      using errcode = 'invalid_parameter_value', hint = 'Name the Vault secret in the payload, and let the worker read it.';
  end if;

  -- cron.schedule would replace a job of this name without a word; two who create it at once are told apart here.
  perform pg_advisory_xact_lock(ops.lock_key('cron_job', v_name));
  if exists (select from cron.job j where j.jobname::text = v_name) then
    raise exception 'there is a cron job named % already', quote_literal(v_name)
      using errcode = 'unique_violation', hint = 'update_cron_schedule(name, schedule) changes when it runs.';
  end if;
  v_command := format(
    'select ops.enqueue_job(%L, %L::jsonb, %s)', create_cron_job.task_type, v_payload, coalesce(create_cron_job.max_attempts, 3)
  );
  begin
    v_jobid := cron.schedule(v_name, v_schedule, v_command);
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
      perform ops.refuse_cron_job(v_state, v_message, v_hint, v_schedule);
  end;
  perform ops.record_cron_change(
    v_jobid, v_name, 'create', null,
    jsonb_build_object('schedule', v_schedule, 'task_type', create_cron_job.task_type, 'payload', v_payload)
  );
  return v_jobid;
end
$$;
comment on function public.create_cron_job(text, text, text, jsonb, integer, text, text, jsonb) is
  'For admins: a new job that queues work of a type on a schedule. No file declares it, so plans report it as unmanaged until it is adopted. Returns its jobid. job_name, job_schedule and task_payload are other names of name, schedule and payload.';
select ops.restrict_function('public.create_cron_job(text, text, text, jsonb, integer, text, text, jsonb)', 'authenticated', 'service_role');
