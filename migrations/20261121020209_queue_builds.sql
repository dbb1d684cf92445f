-- Why      A build waits in the job queue, is taken by one runner under a lease, and ends once, with its place in the queue.
-- Objects  view ops.run_queue (and the policy of ops.queued_jobs, so that members see their builds in it); functions
--          ops.enqueue_build, ops.create_build, ops.claim_next_run, ops.heartbeat_build.
-- Locks    The build, then its job; a claim, which has the job first, never waits for a build. Rollback: drop them; builds queue
--          for ever.

do $$
begin
  if exists (
    select from pg_catalog.pg_policies p
    where p.schemaname = 'ops' and p.tablename = 'queued_jobs' and p.policyname = 'member_select'
  ) then
    alter policy member_select on ops.queued_jobs using (
      (select ops.is_admin())
      -- Whose builds these are is the business of the policy of ops.builds.
      or task_type = 'build' and exists (select from ops.builds b where b.queue_id = queued_jobs.id)
    );
  end if;
end
$$;

create view ops.run_queue with (security_invoker = true) as
select
  q.id, q.task_type as kind, b.id as build_id, q.payload ->> 'run_id' as run_id, b.org_id, b.project_id, b.branch_id,
  -- Leases are for admins to see; that a build runs, its members know from the build.
  case when q.status = 'pending' and b.status in ('dispatched', 'running') then 'running' else q.status end as status,
  q.priority, q.blocked, q.run_at, coalesce(b.attempt, q.attempts) as attempts, q.max_attempts, q.last_error,
  q.cancel_requested_at, q.created_at, q.updated_at, q.finished_at
from ops.job_queue q
left join ops.builds b on b.queue_id = q.id and q.task_type = 'build'
where q.task_type in ('build', 'runbook');
comment on view ops.run_queue is
  'Builds and runbook runs in the job queue. Members see the builds of their organisations, admins everything.';
do $$
declare
  v_role text;
begin
  revoke all on ops.run_queue from public;
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on ops.run_queue from %I', v_role);
    if v_role <> 'anon' then
      execute format('grant select on ops.run_queue to %I', v_role);
    end if;
  end loop;
end
$$;

-- Security definer: service_role changes builds by these functions only, which keep to the table of allowed changes.
create function ops.enqueue_build(build_id uuid, p_priority integer default null, p_run_at timestamptz default null)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_queue_id bigint;
begin
  select b.id, b.org_id, b.branch_id, b.status, b.queue_id, h.lane, h.name as branch
  into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  where b.id = enqueue_build.build_id
  for no key update of b;
  if not found then
    raise exception 'there is no build %', enqueue_build.build_id using errcode = 'PT404';
  end if;
  if v_build.status <> 'queued' then
    raise exception 'build % is %: only a queued one goes into the queue', v_build.id, v_build.status
      using errcode = 'PT409', hint = 'ops.retry_build queues one that ended again.';
  end if;
  v_queue_id := ops.enqueue_job(
    'build',
    jsonb_build_object('build_id', v_build.id),
    p_max_attempts => 3,
    p_run_at => p_run_at,
    p_priority => coalesce(p_priority, case v_build.lane when 'production' then 20 when 'staging' then 10 else 0 end),
    p_unique_key => v_build.id::text,
    -- A branch builds one thing at a time.
    p_serial_key => 'branch:' || v_build.branch_id
  );
  if v_queue_id is distinct from v_build.queue_id then
    update ops.builds b set queue_id = v_queue_id, queued_at = now(), updated_at = now() where b.id = v_build.id;
    perform ops.note_build(
      v_build.id, v_build.org_id, 'queue', 'in the queue as job ' || v_queue_id,
      p_data => jsonb_strip_nulls(jsonb_build_object('queue_id', v_queue_id, 'run_at', p_run_at))
    );
  end if;
  return v_queue_id;
end
$$;
comment on function ops.enqueue_build(uuid, integer, timestamptz) is
  'Put a queued build into the job queue, production before staging before development, one of a branch at a time. Returns its place there; asked again, the same.';
select ops.restrict_function('ops.enqueue_build(uuid, integer, timestamptz)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.create_build(
  p_branch_id uuid,
  p_trigger text default 'manual',
  p_actor text default null,
  p_requested_by uuid default null,
  p_commit_sha text default null,
  p_commit_message text default null,
  p_commit_author text default null,
  p_inputs jsonb default null,
  p_idempotency_key text default null,
  p_priority integer default null
)
returns table (build_id uuid, status text, queue_id bigint, created_at timestamptz)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_branch record;
  v_id uuid;
  v_waiting record;
begin
  select h.id, h.project_id, h.org_id, h.inputs, h.cancel_superseded into v_branch from ops.branches h where h.id = p_branch_id;
  if not found then
    raise exception 'there is no branch %', p_branch_id using errcode = 'PT404';
  end if;
  insert into ops.builds (
    branch_id, trigger, actor, requested_by, commit_sha, commit_message, commit_author, inputs, idempotency_key
  )
  values (
    p_branch_id, p_trigger, p_actor, p_requested_by, p_commit_sha, p_commit_message, p_commit_author,
    v_branch.inputs || coalesce(p_inputs, '{}'), p_idempotency_key
  )
  on conflict (project_id, idempotency_key) where idempotency_key is not null do nothing
  returning id into v_id;
  if v_id is null then
    return query
      select b.id, b.status, b.queue_id, b.created_at
      from ops.builds b
      where b.project_id = v_branch.project_id and b.idempotency_key = p_idempotency_key;
    return;
  end if;
  perform ops.note_build(v_id, v_branch.org_id, 'created', concat_ws(' ', 'triggered by', p_trigger, p_actor), p_data => jsonb_strip_nulls(
    jsonb_build_object('trigger', p_trigger, 'actor', p_actor, 'requested_by', p_requested_by, 'commit_sha', p_commit_sha)
  ));
  perform ops.enqueue_build(v_id, p_priority);
  if v_branch.cancel_superseded then
    for v_waiting in
      select b.id from ops.builds b
      where b.branch_id = p_branch_id and b.status = 'queued' and b.id <> v_id
      order by b.id
    loop
      perform ops.cancel_build(v_waiting.id, p_actor, 'superseded by build ' || v_id);
    end loop;
  end if;
  return query select b.id, b.status, b.queue_id, b.created_at from ops.builds b where b.id = v_id;
end
$$;
comment on function ops.create_build(uuid, text, text, uuid, text, text, text, jsonb, text, integer) is
  'A trigger becomes a build: its row, its place in the queue and the first events, together. The same idempotency key gives the same build again.';
select ops.restrict_function(
  'ops.create_build(uuid, text, text, uuid, text, text, text, jsonb, text, integer)', 'service_role'
);

-- Security definer, as ops.enqueue_build.
create function ops.claim_next_run(runner_id text, p_lease interval default '5 minutes')
returns table (
  build_id uuid, attempt integer, lease_token bigint, lease_expires_at timestamptz, queue_id bigint, status text, org_id uuid,
  project_id uuid, project_slug text, repo_url text, runtime_version text, workflow text, branch_id uuid, branch text, lane text,
  environment text, trigger text, actor text, commit_sha text, commit_message text, commit_author text, inputs jsonb,
  started_at timestamptz
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_job record;
  v_build record;
begin
  if coalesce(claim_next_run.runner_id, '') = '' then
    raise exception 'a runner says who it is' using errcode = 'invalid_parameter_value';
  end if;
  loop
    select c.id, c.lease_token into v_job from ops.claim_jobs(claim_next_run.runner_id, 1, p_lease, '{build}') c;
    if not found then
      return;
    end if;
    -- Whoever changes this build at the moment may need what we hold, its job: do not wait for them in turn.
    select b.id, b.org_id, b.status, b.attempt into v_build
    from ops.builds b
    where b.queue_id = v_job.id
    for no key update skip locked;
    if not found then
      if exists (select from ops.builds b where b.queue_id = v_job.id) then
        perform ops.release_jobs(v_job.lease_token, array[v_job.id]);
        return;
      end if;
      -- The build was deleted.
      perform ops.complete_jobs(v_job.lease_token, array[v_job.id]);
      continue;
    end if;
    exit when not ops.build_is_final(v_build.status);
    perform ops.complete_jobs(v_job.lease_token, array[v_job.id]);
  end loop;

  update ops.builds b
  set status = 'running', attempt = b.attempt + 1, started_at = v_now, updated_at = v_now, error = null
  where b.id = v_build.id;
  insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
  values (v_build.id, v_build.attempt + 1, v_job.lease_token, claim_next_run.runner_id, v_now + p_lease, v_now)
  on conflict (build_id) do update
  set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
      heartbeat_at = excluded.heartbeat_at;
  perform ops.note_build(v_build.id, v_build.org_id, 'status', 'running on ' || claim_next_run.runner_id, p_data => jsonb_build_object(
    'from', v_build.status, 'status', 'running', 'attempt', v_build.attempt + 1, 'runner_id', claim_next_run.runner_id
  ));
  return query
    select b.id, b.attempt, v_job.lease_token, v_now + p_lease, v_job.id, b.status, b.org_id,
      b.project_id, p.slug, p.repo_url, p.runtime_version, coalesce(h.workflow, p.workflow), b.branch_id, h.name, h.lane,
      h.environment, b.trigger, b.actor, b.commit_sha, b.commit_message, b.commit_author, b.inputs, b.started_at
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.id = v_build.id;
end
$$;
comment on function ops.claim_next_run(text, interval) is
  'Take the next build that is due: it runs from now on, as a new attempt, under a lease that ops.heartbeat_build keeps. No row when there is none.';
select ops.restrict_function('ops.claim_next_run(text, interval)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.heartbeat_build(
  p_build_id uuid, p_lease_token bigint, p_lease interval default '5 minutes', out verdict text, out lease_expires_at timestamptz
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_queue_id bigint;
  v_asked timestamptz;
begin
  update ops.build_leases l
  set expires_at = v_now + p_lease, heartbeat_at = v_now
  from ops.builds b
  where l.build_id = p_build_id and l.token = p_lease_token and l.expires_at > v_now
    and b.id = l.build_id and b.status in ('dispatched', 'running')
  returning b.queue_id, b.cancel_requested_at, l.expires_at
  into v_queue_id, v_asked, heartbeat_build.lease_expires_at;
  if not found then
    verdict := 'lost';
    return;
  end if;
  if exists (select from ops.heartbeat_jobs(p_lease_token, array[v_queue_id], p_lease) h where h.verdict = 'lost') then
    -- The queue has given the job to somebody else already: what we wrote goes with it.
    delete from ops.build_leases l where l.build_id = p_build_id and l.token = p_lease_token;
    verdict := 'lost';
    lease_expires_at := null;
    return;
  end if;
  verdict := case when v_asked is null then 'held' else 'cancel' end;
end
$$;
comment on function ops.heartbeat_build(uuid, bigint, interval) is
  'The runner is well: move the end of its lease. verdict: held; cancel (somebody asked: stop, and say so with ops.set_build_status); lost (not its build any more: stop, write nothing).';
select ops.restrict_function('ops.heartbeat_build(uuid, bigint, interval)', 'service_role');
