-- Why      A run is claimed by one executor at a time, waits for the approval of exactly what it will do, and always ends.
-- Objects  functions ops.create_run, ops.claim_run, ops.heartbeat_run, ops.set_run_status, ops.append_run_events, ops.approve_run,
--          ops.cancel_run, ops.retry_run, ops.rescue_runs.
-- Locks    The row of one run. Rollback: drop the functions; runs then stay where they are.

-- Security definer: users start runs of templates in their own name, and write no row themselves.
create function ops.create_run(
  p_template text default null,
  p_env text default 'production',
  p_inputs jsonb default '{}',
  p_title text default null,
  p_source text default 'api',
  p_kind text default null,
  p_plan jsonb default null,
  p_actor text default null,
  p_created_by uuid default null,
  p_approval_required boolean default false
)
returns ops.runs
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user uuid := ops.current_user_id();
  v_is_service boolean := ops.is_service();
  v_template ops.run_templates;
  v_run ops.runs;
begin
  if not v_is_service and v_user is null then
    raise exception 'nobody is signed in' using errcode = 'insufficient_privilege';
  elsif not v_is_service and not exists (select from ops.my_org_ids()) and not ops.is_admin() then
    -- The users of a product may live in the same project: an account alone starts no runbook.
    raise exception 'runbooks are for members of an organisation' using errcode = 'insufficient_privilege';
  end if;
  select t.* into v_template from ops.run_templates t where t.slug = p_template;
  if not found and (p_template is not null or not v_is_service) then
    raise exception 'there is no runbook named %', coalesce(quote_literal(p_template), 'null')
      using errcode = 'undefined_object', hint = 'See ops.run_templates.';
  elsif not (p_env = any (coalesce(v_template.environments, array[p_env]))) then
    raise exception 'runbook % does not run in %', v_template.slug, p_env
      using errcode = 'invalid_parameter_value', hint = 'It runs in ' || array_to_string(v_template.environments, ', ') || '.';
  elsif jsonb_typeof(coalesce(p_inputs, '{}')) <> 'object' then
    raise exception 'inputs are an object' using errcode = 'invalid_parameter_value';
  elsif ops.redact_text(p_inputs::text) <> p_inputs::text then
    raise exception 'the inputs seem to hold a token'
      using errcode = 'invalid_parameter_value', hint = 'Name the secret; the executor reads it where it is kept.';
  end if;
  insert into ops.runs (
    template, title, kind, env, inputs, plan, source, actor, created_by, approval_required, self_approval, max_attempts
  )
  values (
    v_template.slug, coalesce(p_title, v_template.title, ''), coalesce(v_template.kind, p_kind, 'runbook'), p_env,
    coalesce(p_inputs, '{}'), case when v_is_service then p_plan end, coalesce(p_source, 'api'),
    case when v_is_service then p_actor end,
    case when v_is_service then coalesce(p_created_by, v_user) else v_user end,
    coalesce(p_env = any (v_template.approval), false) or coalesce(p_approval_required, false),
    coalesce(v_template.self_approval, false), coalesce(v_template.max_attempts, 1)
  )
  returning * into v_run;
  return v_run;
end
$$;
comment on function ops.create_run(text, text, jsonb, text, text, text, jsonb, text, uuid, boolean) is
  'Start a run of a runbook: queued, in the name of the signed-in user, who must be a member of an organisation or an admin. service_role may also name another user, an actor in words, and a run without a template. Returns the row.';
select ops.restrict_function(
  'ops.create_run(text, text, jsonb, text, text, text, jsonb, text, uuid, boolean)', 'authenticated', 'service_role'
);

-- Security definer, like the others of this file: service_role moves runs through these functions only.
create function ops.rescue_runs()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count integer;
begin
  update ops.runs r
  set crashes = r.crashes + 1,
      lease_token = r.lease_token + 1,
      lease_expires_at = null,
      worker = null,
      status = case
        when r.cancel_requested_at is not null then 'cancelled'
        when r.crashes + 1 < r.max_attempts then 'queued'
        else 'error'
      end,
      finished_at = case when r.cancel_requested_at is not null or r.crashes + 1 >= r.max_attempts then now() end,
      error = case when r.crashes + 1 >= r.max_attempts or r.cancel_requested_at is not null
        then format('lost - %s went silent in phase %s', r.worker, coalesce(r.phase, 'none')) end,
      updated_at = now()
  where r.id in (
    select x.id
    from ops.runs x
    where x.status = 'running' and x.lease_expires_at < now()
    order by x.id
    limit 100
    for update skip locked
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function ops.rescue_runs() is
  'Runs whose executor let its lease pass: queued again while they have attempts left, else an error. Returns how many.';
select ops.restrict_function('ops.rescue_runs()', 'service_role');

create function ops.claim_run(
  p_worker text, p_lease interval default '1 minute', p_kinds text[] default null, p_run_id uuid default null
)
returns setof ops.runs
language plpgsql
security definer
set search_path = ''
as $$
begin
  if coalesce(p_worker, '') = '' or p_lease is null or p_lease not between interval '5 seconds' and interval '1 hour' then
    raise exception 'a claim needs the name of a worker and a lease from 5 seconds to 1 hour' using errcode = 'invalid_parameter_value';
  end if;
  perform ops.rescue_runs();
  return query
    update ops.runs r
    set status = 'running',
        attempt = r.attempt + 1,
        worker = p_worker,
        lease_token = r.lease_token + 1,
        lease_expires_at = now() + p_lease,
        started_at = coalesce(r.started_at, now()),
        updated_at = now()
    where r.id = (
      select x.id
      from ops.runs x
      where x.status = 'queued' and (p_kinds is null or x.kind = any (p_kinds)) and (p_run_id is null or x.id = p_run_id)
      order by x.id
      limit 1
      for update skip locked
    )
    returning r.*;
end
$$;
comment on function ops.claim_run(text, interval, text[], uuid) is
  'Take the oldest queued run, of some kinds or that one: running, a new attempt, under a lease with a new token. No row when there is none.';
select ops.restrict_function('ops.claim_run(text, interval, text[], uuid)', 'service_role');

create function ops.heartbeat_run(p_run_id uuid, p_token bigint, p_lease interval default '1 minute')
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_is_cancelled boolean;
begin
  update ops.runs r
  set lease_expires_at = now() + least(greatest(p_lease, interval '5 seconds'), interval '1 hour'), updated_at = now()
  where r.id = p_run_id and r.lease_token = p_token and r.status = 'running'
  returning r.cancel_requested_at is not null into v_is_cancelled;
  return case when not found then 'lost' when v_is_cancelled then 'cancel' else 'ok' end;
end
$$;
comment on function ops.heartbeat_run(uuid, bigint, interval) is
  'Keep a lease. Answers ok, cancel (somebody wants the run to stop), or lost (it is yours no more: stop and write nothing).';
select ops.restrict_function('ops.heartbeat_run(uuid, bigint, interval)', 'service_role');

create function ops.set_run_status(
  p_run_id uuid,
  p_token bigint,
  p_status text default 'running',
  p_phase text default null,
  p_error text default null,
  p_result jsonb default null,
  p_plan jsonb default null,
  p_plan_digest text default null,
  p_url text default null
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run ops.runs;
  v_phase text;
  v_digest text;
begin
  if p_status is null or p_status not in ('running', 'awaiting_approval', 'success', 'error', 'cancelled') then
    raise exception 'an executor sets running, awaiting_approval, success, error or cancelled, not %', coalesce(p_status, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  select r.* into v_run
  from ops.runs r
  where r.id = p_run_id and r.lease_token = p_token and r.status = 'running'
  for update;
  if not found then
    return false;
  end if;
  v_phase := coalesce(p_phase, v_run.phase);
  v_digest := coalesce(p_plan_digest, v_run.plan_digest);
  if p_status = 'awaiting_approval' and v_digest is null then
    raise exception 'an approval is for a digest of what will run' using errcode = 'invalid_parameter_value', hint = 'Pass p_plan_digest.';
  end if;
  -- The gate is here, and not in the executor, so that an executor with a fault can't pass it.
  if v_run.approval_required
    and (p_status = 'success' or v_phase in ('execute', 'verify', 'summarize') and p_status = 'running')
    and v_run.approved_digest is distinct from coalesce(v_digest, '')
  then
    raise exception 'run % executes nothing before its plan is approved', p_run_id
      using errcode = 'object_not_in_prerequisite_state',
        hint = case when v_run.approved_digest is null then 'Set awaiting_approval with p_plan_digest.'
          else 'What was approved is not what would run now.' end;
  end if;
  update ops.runs r
  set status = p_status,
      phase = v_phase,
      plan = coalesce(p_plan, r.plan),
      plan_digest = v_digest,
      url = coalesce(p_url, r.url),
      result = coalesce(p_result, r.result),
      error = case when p_status in ('error', 'cancelled') then left(ops.redact_text(p_error), 4000) end,
      lease_expires_at = case when p_status = 'running' then r.lease_expires_at end,
      worker = case when p_status = 'awaiting_approval' then null else r.worker end,
      finished_at = case when p_status in ('success', 'error', 'cancelled') then now() end,
      updated_at = now()
  where r.id = p_run_id;
  return true;
end
$$;
comment on function ops.set_run_status(uuid, bigint, text, text, text, jsonb, jsonb, text, text) is
  'The executor says where its run is: its phase, that it waits for approval of a plan, or how it ended. False for a token that is not the current one. Refuses to execute what was not approved.';
select ops.restrict_function('ops.set_run_status(uuid, bigint, text, text, text, jsonb, jsonb, text, text)', 'service_role');

create function ops.append_run_events(p_run_id uuid, p_token bigint, p_events jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run record;
  v_added integer;
begin
  -- No lock: a token passed on meanwhile has another attempt, so late lines stay in the lane of who wrote them.
  select r.attempt, r.created_by, r.cancel_requested_at is not null as cancel
  into v_run
  from ops.runs r
  where r.id = p_run_id and r.lease_token = p_token and r.attempt > 0;
  if not found then
    return '{"accepted": false, "added": 0, "cancel": true}';
  end if;
  insert into ops.run_events (run_id, created_by, attempt, seq, at, level, source, message, data)
  select p_run_id, v_run.created_by, v_run.attempt, e.seq, coalesce(e.at, clock_timestamp()), coalesce(e.level, 'info'),
    coalesce(e.source, 'executor'), left(e.message, 10000), e.data
  from jsonb_to_recordset(p_events) as e (seq integer, at timestamptz, level text, source text, message text, data jsonb)
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return jsonb_build_object('accepted', true, 'added', v_added, 'cancel', v_run.cancel);
end
$$;
comment on function ops.append_run_events(uuid, bigint, jsonb) is
  'Add lines {seq, message, level?, source?, at?, data?} to the log of the claimed attempt. Lines sent twice are one. Answers {accepted, added, cancel}; not accepted means the token is not the current one: stop. Lines after the end are accepted until somebody else claims the run.';
select ops.restrict_function('ops.append_run_events(uuid, bigint, jsonb)', 'service_role');

create function ops.approve_run(p_run_id uuid, p_digest text, p_actor text default null)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run ops.runs;
  v_user uuid := ops.current_user_id();
begin
  perform ops.require_admin();
  select r.* into v_run from ops.runs r where r.id = p_run_id and r.status = 'awaiting_approval' for update;
  if not found then
    return false;
  elsif v_run.plan_digest is distinct from p_digest then
    raise exception 'what waits for approval is another plan'
      using errcode = 'invalid_parameter_value', hint = 'Read the plan again: its digest is ' || v_run.plan_digest || '.';
  elsif not ops.is_service() and v_user = v_run.created_by and not v_run.self_approval then
    raise exception 'somebody else must approve what you started' using errcode = 'insufficient_privilege';
  end if;
  update ops.runs r
  set status = 'queued', approved_at = now(), approved_by = coalesce(case when ops.is_service() then p_actor end, 'user ' || v_user, session_user),
      approved_digest = p_digest, updated_at = now()
  where r.id = p_run_id;
  return true;
end
$$;
comment on function ops.approve_run(uuid, text, text) is
  'For admins: let a run go on with the plan of this digest. Who started it may not, unless its runbook says so. False when it does not wait. service_role speaks for p_actor.';
select ops.restrict_function('ops.approve_run(uuid, text, text)', 'authenticated', 'service_role');

create function ops.cancel_run(p_run_id uuid, p_reason text default null, p_actor text default null)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_run ops.runs;
  v_who text := coalesce(case when ops.is_service() then p_actor end, 'user ' || ops.current_user_id(), session_user);
begin
  select r.* into v_run from ops.runs r where r.id = p_run_id for update;
  if not found or not (ops.is_service() or ops.is_admin() or v_run.created_by = ops.current_user_id()) then
    return false;
  end if;
  if v_run.status in ('queued', 'awaiting_approval') then
    update ops.runs r
    set status = 'cancelled', finished_at = now(), updated_at = now(), lease_token = r.lease_token + 1,
        error = left(concat_ws(': ', 'by ' || v_who, ops.redact_text(p_reason)), 1000)
    where r.id = p_run_id;
    return true;
  elsif v_run.status = 'running' and v_run.cancel_requested_at is null then
    update ops.runs r set cancel_requested_at = now(), updated_at = now() where r.id = p_run_id;
    perform ops.note_run(
      p_run_id, v_run.created_by, left(concat_ws(': ', 'asked to stop by ' || v_who, ops.redact_text(p_reason)), 1000), 'warning'
    );
  end if;
  return v_run.status = 'running';
end
$$;
comment on function ops.cancel_run(uuid, text, text) is
  'Stop a run of one''s own; admins any. A running one is asked to: its executor hears of it with the next heartbeat. False when it has ended, or is not yours.';
select ops.restrict_function('ops.cancel_run(uuid, text, text)', 'authenticated', 'service_role');

create function ops.retry_run(p_run_id uuid, p_actor text default null)
returns ops.runs
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_former ops.runs;
  v_run ops.runs;
begin
  select r.* into v_former
  from ops.runs r
  where r.id = p_run_id and r.finished_at is not null
    and (ops.is_service() or ops.is_admin() or r.created_by = ops.current_user_id());
  if not found then
    raise exception 'there is no ended run % of yours', p_run_id
      using errcode = 'undefined_object', hint = 'See ops.list_runs; a run that has not ended can be cancelled first.';
  end if;
  insert into ops.runs (
    template, title, kind, env, inputs, source, actor, created_by, approval_required, self_approval, max_attempts, retry_of
  )
  values (
    v_former.template, v_former.title, v_former.kind, v_former.env, v_former.inputs, 'retry',
    case when ops.is_service() then coalesce(p_actor, v_former.actor) end,
    coalesce(ops.current_user_id(), v_former.created_by), v_former.approval_required, v_former.self_approval, v_former.max_attempts,
    v_former.id
  )
  returning * into v_run;
  return v_run;
end
$$;
comment on function ops.retry_run(uuid, text) is
  'Start an ended run again as a new one (retry_of names the former): same runbook, environment and inputs; what needed approval needs it again. Returns the row.';
select ops.restrict_function('ops.retry_run(uuid, text)', 'authenticated', 'service_role');
