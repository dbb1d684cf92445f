-- Why      A build ends once, in the truth as far as it is known; people stop builds and try them again; a runner that fell
--          silent is noticed.
-- Objects  functions ops.close_build_job, ops.change_build, ops.set_build_status, ops.cancel_build, ops.retry_build,
--          ops.rescue_builds.
-- Locks    The build, then its job, then its lease. ops.rescue_builds has jobs first and skips builds others hold.
--          Rollback: drop the functions; running builds stay so.

create function ops.close_build_job(p_build_id uuid, p_status text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_queue_id bigint := (select b.queue_id from ops.builds b where b.id = p_build_id);
  v_token bigint := (select l.token from ops.build_leases l where l.build_id = p_build_id);
begin
  -- How the build went is the build's to say; its place in the queue has done its work either way.
  if v_token is null or cardinality(ops.complete_jobs(
    v_token, array[v_queue_id], jsonb_build_object(v_queue_id::text, jsonb_build_object('build_status', p_status))
  )) > 0 then
    perform ops.cancel_job(v_queue_id);
  end if;
end
$$;
comment on function ops.close_build_job(uuid, text) is 'A build ended: so does its job, done when somebody held it, else cancelled.';
select ops.restrict_function('ops.close_build_job(uuid, text)');

-- Callers hold the lock on the build and have asked ops.build_may_become.
create function ops.change_build(p_build_id uuid, p_status text, p_error text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_former record;
begin
  select b.org_id, b.status, b.attempt into strict v_former from ops.builds b where b.id = p_build_id;
  update ops.builds b
  set status = p_status,
      dispatched_at = case when p_status = 'dispatched' then v_now else b.dispatched_at end,
      started_at = case when p_status = 'running' then v_now when p_status = 'queued' then null else b.started_at end,
      finished_at = case when ops.build_is_final(p_status) then v_now end,
      cancel_requested_at = case when p_status <> 'queued' then b.cancel_requested_at end,
      -- Who cancelled it, and why, was said when it was asked.
      error = coalesce(p_error, case when p_status = 'cancelled' then b.error end),
      result = case when p_status <> 'queued' then b.result end,
      updated_at = v_now
  where b.id = p_build_id;
  perform ops.note_build(
    p_build_id, v_former.org_id, 'status', concat_ws(': ', p_status, p_error),
    case when p_status in ('failed', 'lost') then 'error' when p_status in ('almost', 'cancelled') then 'warning' else 'info' end,
    jsonb_strip_nulls(jsonb_build_object(
      'from', v_former.status, 'status', p_status, 'attempt', v_former.attempt, 'error', p_error
    ))
  );
  if ops.build_is_final(p_status) then
    perform ops.close_build_job(p_build_id, p_status);
  end if;
  if p_status in ('queued', 'lost') then
    delete from ops.build_leases l where l.build_id = p_build_id;
  elsif ops.build_is_final(p_status) then
    -- The last lines may still be on their way.
    update ops.build_leases l set expires_at = v_now + interval '1 hour' where l.build_id = p_build_id;
  end if;
end
$$;
comment on function ops.change_build(uuid, text, text) is
  'Carry out a change of state: times, event, lease and job follow it.';
select ops.restrict_function('ops.change_build(uuid, text, text)');

-- Security definer, as ops.enqueue_build.
create function ops.set_build_status(
  p_build_id uuid,
  p_status text,
  p_lease_token bigint default null,
  p_attempt integer default null,
  p_error text default null,
  p_result jsonb default null,
  p_github_run_id bigint default null,
  p_github_run_attempt integer default null,
  p_github_run_url text default null,
  p_environment_url text default null,
  out outcome text,
  out status text,
  out attempt integer
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_build record;
  v_job_status text;
  v_error text := left(ops.redact_text(p_error), 10000);
begin
  select b.status, b.attempt, b.queue_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  set_build_status.status := v_build.status;
  set_build_status.attempt := v_build.attempt;
  if (ops.build_writer(p_build_id, coalesce(p_attempt, v_build.attempt), p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  if v_build.status is distinct from p_status and ops.build_may_become(v_build.status, p_status) is not true then
    raise exception 'a build that is % does not become %', v_build.status, coalesce(p_status, 'null')
      using errcode = 'PT409', hint = 'ops.build_may_become lists what may follow what; ops.retry_build tries again.';
  end if;

  update ops.builds b
  set github_run_id = coalesce(p_github_run_id, b.github_run_id),
      github_run_attempt = coalesce(p_github_run_attempt, b.github_run_attempt),
      github_run_url = coalesce(p_github_run_url, b.github_run_url),
      environment_url = coalesce(p_environment_url, b.environment_url),
      result = coalesce(p_result, b.result),
      updated_at = now()
  where b.id = p_build_id
    and num_nonnulls(p_github_run_id, p_github_run_attempt, p_github_run_url, p_environment_url, p_result) > 0;
  if v_build.status = p_status then
    outcome := 'unchanged';
    return;
  end if;

  outcome := 'changed';
  if p_status = 'queued' then
    select f.status into v_job_status
    from ops.build_leases l
    cross join lateral ops.fail_jobs(l.token, array[v_build.queue_id], array[coalesce(v_error, 'given back')]) f
    where l.build_id = p_build_id;
    if v_job_status = 'failed' then
      -- Given back once too often.
      p_status := 'failed';
    end if;
  end if;
  perform ops.change_build(p_build_id, p_status, v_error);
  if p_status = 'queued' then
    -- Its job waits again, or, had it ended, a new one does.
    perform ops.enqueue_build(p_build_id);
  end if;
  set_build_status.status := p_status;
end
$$;
comment on function ops.set_build_status(uuid, text, bigint, integer, text, jsonb, bigint, integer, text, text) is
  'Say what a build is now, as its runner (with its lease token or attempt) or as who knows the truth (without). outcome: changed; unchanged (it was so already; run id, result and the like are stored all the same); stale (not this writer''s build any more: nothing was changed). queued gives it back to be tried again. What ops.build_may_become does not allow is an error.';
select ops.restrict_function(
  'ops.set_build_status(uuid, text, bigint, integer, text, jsonb, bigint, integer, text, text)', 'service_role'
);

-- Security definer, as ops.enqueue_build.
create function ops.cancel_build(p_build_id uuid, p_actor text default null, p_reason text default null)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_why text := concat_ws(': ', 'cancelled by ' || coalesce(p_actor, session_user), left(ops.redact_text(p_reason), 1000));
begin
  select b.org_id, b.status, b.queue_id, b.cancel_requested_at into v_build
  from ops.builds b
  where b.id = p_build_id
  for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  if ops.build_is_final(v_build.status) then
    return null;
  end if;
  if v_build.status = 'queued' then
    perform ops.change_build(p_build_id, 'cancelled', v_why);
    return 'cancelled';
  end if;
  if v_build.cancel_requested_at is null then
    update ops.builds b set cancel_requested_at = now(), error = v_why, updated_at = now() where b.id = p_build_id;
    perform ops.note_build(p_build_id, v_build.org_id, 'cancel', v_why, 'warning');
    perform ops.cancel_job(v_build.queue_id);
  end if;
  return 'cancelling';
end
$$;
comment on function ops.cancel_build(uuid, text, text) is
  'Stop a build: one that waits at once (cancelled), one that runs when its runner, told by its next heartbeat, stops or falls silent (cancelling). Null when it had ended.';
select ops.restrict_function('ops.cancel_build(uuid, text, text)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.retry_build(p_build_id uuid, p_actor text default null)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
begin
  select b.org_id, b.status, b.attempt, b.queue_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  if v_build.status not in ('failed', 'cancelled', 'lost', 'almost') then
    raise exception 'build % is %: only one that failed, was cancelled or lost is tried again', p_build_id, v_build.status
      using errcode = 'PT409', hint = 'ops.create_build makes a new build of the branch.';
  end if;
  if ops.id_time(p_build_id) < now() - (select t.keep from ops.partitioned_tables t where t.name = 'build_events') then
    raise exception 'build % is older than its log is kept', p_build_id
      using errcode = 'PT409', hint = 'ops.create_build makes a new build of the branch.';
  end if;
  perform ops.note_build(
    p_build_id, v_build.org_id, 'retry', concat_ws(' ', 'tried again by', coalesce(p_actor, session_user)),
    p_data => jsonb_build_object('from', v_build.status, 'attempt', v_build.attempt)
  );
  perform ops.change_build(p_build_id, 'queued', null);
  return ops.enqueue_build(p_build_id);
end
$$;
comment on function ops.retry_build(uuid, text) is
  'Queue a build that failed, was cancelled or lost again, as its next attempt; the log of the former stays. Returns its place in the queue.';
select ops.restrict_function('ops.retry_build(uuid, text)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.rescue_builds(p_limit integer default 100)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_count integer := 0;
begin
  -- First the queue says what becomes of the jobs whose lease ended.
  perform ops.rescue_jobs();
  for v_build in
    select b.id, b.error, b.cancel_requested_at, q.status as job_status, q.last_error
    from ops.build_leases l
    join ops.builds b on b.id = l.build_id
    left join ops.job_queue q on q.id = b.queue_id
    where l.expires_at < clock_timestamp() and b.status in ('dispatched', 'running') and q.status is distinct from 'running'
    order by l.expires_at
    limit p_limit
    for no key update of b skip locked
  loop
    v_count := v_count + 1;
    if v_build.cancel_requested_at is not null then
      perform ops.change_build(v_build.id, 'cancelled', v_build.error);
    elsif v_build.job_status = 'pending' then
      perform ops.change_build(v_build.id, 'queued', 'its runner fell silent');
    else
      perform ops.change_build(v_build.id, 'lost', coalesce(v_build.last_error, 'its runner fell silent'));
    end if;
  end loop;
  return v_count;
end
$$;
comment on function ops.rescue_builds(integer) is
  'Builds whose runner fell silent: queued again while the queue has tries left, cancelled when that was asked, else lost. Returns how many.';
select ops.restrict_function('ops.rescue_builds(integer)', 'service_role');
