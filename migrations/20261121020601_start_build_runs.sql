-- Why      Many runs may claim to be a build's: one that nobody ordered here, one that was started twice, one of an attempt given up long ago, one that
--          somebody ran again. Exactly one of them has the lease.
-- Objects  functions ops.open_build, ops.start_build_run.
-- Locks    The build, then its order. Rollback: drop the functions; recorders can't begin.

-- Security definer, as ops.enqueue_build.
create function ops.open_build(
  p_project_slug text, p_branch text, p_trigger text, p_github_run_id bigint, p_github_run_attempt integer, p_repository text,
  p_sha text default null
)
returns table (build_id uuid)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_branch record;
  v_id uuid;
begin
  if p_github_run_id is null or coalesce(p_repository, '') = '' then
    raise exception 'a run says its id and its repository' using errcode = 'invalid_parameter_value';
  end if;
  -- Two jobs of one run may begin at once.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ops.open_build:' || p_github_run_id, 0));
  select b.id into v_id
  from ops.builds b
  join ops.projects p on p.id = b.project_id
  where b.github_run_id = p_github_run_id
    and lower(ops.repository_name(p.repo_url)) = lower(p_repository)
    and p.slug = coalesce(p_project_slug, p.slug)
  order by b.id
  limit 1;
  if v_id is null then
    select h.id, h.project_id, h.org_id, h.inputs into v_branch
    from ops.branches h
    join ops.projects p on p.id = h.project_id
    where lower(ops.repository_name(p.repo_url)) = lower(p_repository) and p.archived_at is null and h.archived_at is null
      and h.name = p_branch and p.slug = coalesce(p_project_slug, p.slug)
    order by p.id
    limit 1;
    if not found then
      raise exception 'no project builds branch % of %', coalesce(p_branch, 'null'), p_repository
        using errcode = 'PT404', hint = 'Declare it in runbooks/projects/.';
    end if;
    insert into ops.builds (branch_id, trigger, actor, commit_sha, inputs, status, attempt, github_run_id, github_run_attempt, dispatched_at)
    values (
      v_branch.id, coalesce(p_trigger, 'push'), 'github', p_sha, v_branch.inputs, 'dispatched', 1, p_github_run_id,
      coalesce(p_github_run_attempt, 1), clock_timestamp()
    )
    returning id into v_id;
    insert into ops.build_dispatches (
      build_id, attempt, org_id, state, repository, workflow, ref, github_run_id, settled_at
    )
    values (v_id, 1, v_branch.org_id, 'sent', p_repository, '', coalesce(p_branch, ''), p_github_run_id, clock_timestamp());
    perform ops.note_build(v_id, v_branch.org_id, 'created', 'opened by run ' || p_github_run_id, p_data => jsonb_strip_nulls(
      jsonb_build_object('trigger', p_trigger, 'run_id', p_github_run_id, 'commit_sha', p_sha)
    ));
  end if;
  return query select v_id;
end
$$;
comment on function ops.open_build(text, text, text, bigint, integer, text, text) is
  'The build of a run that nobody ordered here (a push, a button): found by the run, or made. One a run, however often it is asked. What limits say of triggers does not hold: the run is there already.';
select ops.restrict_function('ops.open_build(text, text, text, bigint, integer, text, text)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.start_build_run(
  p_build_id uuid, p_github_run_id bigint, p_github_run_attempt integer, p_runner_id text, p_lease interval default '5 minutes'
)
returns table (attempt integer, lease_token bigint, lease_expires_at timestamptz)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_build record;
  v_order record;
  v_lease record;
  v_run_id bigint;
  v_is_again boolean;
  v_attempt integer;
  v_token bigint;
begin
  if p_github_run_id is null or p_github_run_attempt is null or coalesce(p_runner_id, '') = '' then
    raise exception 'a run says its id, its attempt and who it is' using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.org_id, b.status, b.attempt, b.queue_id, b.github_run_id, b.github_run_attempt into v_build
  from ops.builds b
  where b.id = p_build_id
  for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  select l.attempt, l.token into v_lease from ops.build_leases l where l.build_id = p_build_id;
  select d.state, d.github_run_id into v_order
  from ops.build_dispatches d
  where d.build_id = p_build_id and d.attempt = v_build.attempt;
  v_run_id := coalesce(v_build.github_run_id, v_order.github_run_id);
  -- Somebody ran it again on GitHub, which is possible only after it has ended there, whatever we heard of that.
  v_is_again := coalesce(v_run_id = p_github_run_id and p_github_run_attempt > v_build.github_run_attempt, false) and v_build.status <> 'queued';
  if not v_is_again and (
    v_build.status not in ('queued', 'dispatched', 'running')
    or v_build.status <> 'queued' and coalesce(v_run_id <> p_github_run_id, false)
    or coalesce(v_run_id = p_github_run_id and p_github_run_attempt <> v_build.github_run_attempt, false)
    -- One of an earlier attempt, which was given up.
    or exists (
      select from ops.build_dispatches d
      where d.github_run_id = p_github_run_id
        and (d.build_id, d.attempt) <> (p_build_id, case when v_build.status = 'queued' then 0 else v_build.attempt end)
    )
  ) then
    -- Nobody waits for what it does: the reconciler stops it.
    update ops.build_dispatches d
    set extra_runs = (array(select distinct e from unnest(d.extra_runs || p_github_run_id) e))[:100]
    where d.build_id = p_build_id and d.attempt = v_build.attempt
      and (v_run_id is distinct from p_github_run_id or v_build.status = 'queued');
    return;
  end if;
  v_attempt := v_build.attempt + (v_is_again or v_build.status = 'queued')::integer;
  v_token := case when v_lease.attempt = v_attempt then v_lease.token else nextval('ops.job_leases_token_seq') end;
  if v_build.status = 'queued' and v_build.queue_id is not null then
    -- Somebody started the workflow for it by hand: it waits for nobody any more.
    perform ops.cancel_job(v_build.queue_id);
  elsif v_is_again then
    perform ops.close_build_job(p_build_id, v_build.status);
  end if;
  insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
  values (p_build_id, v_attempt, v_token, left(p_runner_id, 200), v_now + p_lease, v_now)
  on conflict (build_id) do update
  set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
      heartbeat_at = excluded.heartbeat_at;
  update ops.builds b
  set status = 'running', attempt = v_attempt,
      started_at = case when v_build.status = 'running' and not v_is_again then b.started_at else v_now end,
      finished_at = null, cancel_requested_at = case when v_is_again then null else b.cancel_requested_at end,
      result = case when v_is_again then null else b.result end,
      queue_id = case when v_is_again or v_build.status = 'queued' then null else b.queue_id end,
      github_run_id = p_github_run_id, github_run_attempt = p_github_run_attempt, updated_at = v_now, error = null
  where b.id = p_build_id;
  -- Also of a run that was not ordered: by this row GitHub is asked about it.
  insert into ops.build_dispatches as d (build_id, attempt, org_id, state, repository, workflow, ref, github_run_id, settled_at)
  select p_build_id, v_attempt, b.org_id, 'sent', ops.repository_name(p.repo_url), coalesce(h.workflow, p.workflow, ''), h.name, p_github_run_id,
    v_now
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  join ops.projects p on p.id = b.project_id
  where b.id = p_build_id and p.repo_url is not null
  on conflict (build_id, attempt) do update
  set state = 'sent', settled_at = v_now, github_run_id = p_github_run_id
  where d.settled_at is null;
  if v_is_again or v_build.status <> 'running' then
    perform ops.note_build(p_build_id, v_build.org_id, 'status', 'running on ' || p_runner_id, p_data => jsonb_build_object(
      'from', v_build.status, 'status', 'running', 'attempt', v_attempt, 'runner_id', p_runner_id, 'run_id', p_github_run_id
    ));
    perform ops.resolve_alert('build_dispatch:' || p_build_id);
  end if;
  return query select v_attempt, v_token, v_now + p_lease;
end
$$;
comment on function ops.start_build_run(uuid, bigint, integer, text, interval) is
  'A run begins to work on a build: it gets the lease under which it writes. Asked again by the same run, the same lease; run again on GitHub, it is the next attempt. No row for any other run: it is not this build''s, and will be cancelled.';
select ops.restrict_function('ops.start_build_run(uuid, bigint, integer, text, interval)', 'service_role');
