-- Why      A build becomes exactly one workflow run an attempt. The order to start it is written down before GitHub hears it, and whatever the
--          answer (none, two, one that got lost), the next look decides by what is there instead of asking twice.
-- Objects  column ops.projects.dispatch; function ops.repository_name; table ops.build_dispatches; functions ops.enqueue_build, ops.heartbeat_build, ops.close_build_job
--          (replaced), ops.claim_build_dispatches, ops.settle_build_dispatch, ops.open_build, ops.start_build_run, ops.silent_builds,
--          ops.settle_silent_build, ops.rollback_build; view ops.run_queue and the policy of ops.queued_jobs know jobs of dispatched builds.
-- Locks    The build, then its dispatch. ACCESS EXCLUSIVE on ops.projects for a moment. Rollback: drop the new, restore the replaced.

alter table ops.projects add column if not exists dispatch boolean not null default false;
comment on column ops.projects.dispatch is
  'Its builds are sent to GitHub as runs of its workflow; else runners of one''s own take them (ops.claim_next_run).';

create function ops.repository_name(p_url text)
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  -- In two steps: of two quantifiers in one expression the first decides how greedy both are.
  select regexp_replace(regexp_replace(p_url, '(\.git)?/*$', ''), '^.*[/:]([^/:]+/[^/:]+)$', '\1')
$$;
comment on function ops.repository_name(text) is 'owner/name of a repository''s address, https or ssh, with or without .git.';
select ops.restrict_function('ops.repository_name(text)', 'authenticated', 'service_role');

create table ops.build_dispatches (
  build_id uuid not null references ops.builds (id) on delete cascade,
  attempt integer not null check (attempt > 0),
  org_id uuid not null,
  state text not null default 'pending' check (state in ('pending', 'sending', 'unknown', 'sent', 'refused')),
  repository text not null,
  workflow text not null,
  ref text not null,
  inputs jsonb not null default '{}',
  claimed_by text,
  claim_token bigint not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  posts integer not null default 0,
  looks integer not null default 0,
  posted_at timestamptz,
  github_run_id bigint,
  github_run_url text,
  error text,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (build_id, attempt),
  check ((settled_at is not null) = (state in ('sent', 'refused')))
);
comment on table ops.build_dispatches is
  'The outbox: one order to GitHub for each attempt of a build. pending: nobody was told. sending: somebody is telling GitHub, until next_at. unknown: told, and the answer was lost. sent: the run is known. refused: GitHub said no.';
comment on column ops.build_dispatches.claim_token is 'Fencing: who settles with an older one changes nothing.';
comment on column ops.build_dispatches.posted_at is 'When GitHub was last told, or was about to be.';
create index build_dispatches_open on ops.build_dispatches (next_at) where settled_at is null;
create index build_dispatches_run on ops.build_dispatches (github_run_id) where github_run_id is not null;
select ops.restrict_table('ops.build_dispatches', 'select');
select ops.allow_read('ops.build_dispatches', 'org_id = any (array(select ops.my_org_ids()))');

do $$
begin
  if exists (
    select from pg_catalog.pg_policies p
    where p.schemaname = 'ops' and p.tablename = 'queued_jobs' and p.policyname = 'member_select'
  ) then
    alter policy member_select on ops.queued_jobs using (
      (select ops.is_admin())
      or task_type in ('build', 'build_dispatch') and exists (select from ops.builds b where b.queue_id = queued_jobs.id)
    );
  end if;
end
$$;

create or replace view ops.run_queue with (security_invoker = true) as
select
  q.id, q.task_type as kind, b.id as build_id, q.payload ->> 'run_id' as run_id, b.org_id, b.project_id, b.branch_id,
  case when q.status = 'pending' and b.status in ('dispatched', 'running') then 'running' else q.status end as status,
  q.priority, q.blocked, q.run_at, coalesce(b.attempt, q.attempts) as attempts, q.max_attempts, q.last_error,
  q.cancel_requested_at, q.created_at, q.updated_at, q.finished_at
from ops.job_queue q
left join ops.builds b on b.queue_id = q.id and q.task_type in ('build', 'build_dispatch')
where q.task_type in ('build', 'build_dispatch', 'runbook');

create or replace function ops.enqueue_build(build_id uuid, p_priority integer default null, p_run_at timestamptz default null)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_queue_id bigint;
begin
  select b.id, b.org_id, b.branch_id, b.status, b.queue_id, h.lane, h.name as branch, p.dispatch
  into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  join ops.projects p on p.id = b.project_id
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
    case when v_build.dispatch then 'build_dispatch' else 'build' end,
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

create or replace function ops.close_build_job(p_build_id uuid, p_status text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_queue_id bigint := (select b.queue_id from ops.builds b where b.id = p_build_id);
  v_token bigint := (select l.token from ops.build_leases l where l.build_id = p_build_id);
begin
  -- A run that nobody queued has no place to give back.
  if v_queue_id is null then
    return;
  end if;
  -- How the build went is the build's to say; its place in the queue has done its work either way.
  if v_token is null or cardinality(ops.complete_jobs(
    v_token, array[v_queue_id], jsonb_build_object(v_queue_id::text, jsonb_build_object('build_status', p_status))
  )) > 0 then
    perform ops.cancel_job(v_queue_id);
  end if;
end
$$;

create or replace function ops.heartbeat_build(
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
  v_is_dispatched boolean;
begin
  update ops.build_leases l
  set expires_at = v_now + p_lease, heartbeat_at = v_now
  from ops.builds b
  where l.build_id = p_build_id and l.token = p_lease_token and l.expires_at > v_now
    and b.id = l.build_id and b.status in ('dispatched', 'running')
  returning b.queue_id, b.cancel_requested_at, l.expires_at,
    exists (select from ops.build_dispatches d where d.build_id = b.id and d.attempt = b.attempt)
  into v_queue_id, v_asked, heartbeat_build.lease_expires_at, v_is_dispatched;
  if not found then
    verdict := 'lost';
    return;
  end if;
  -- The place in the queue of a dispatched build is held for as long as GitHub may take; whether its run is well is asked there.
  if v_queue_id is not null and exists (
    select
    from ops.heartbeat_jobs(
      p_lease_token, array[v_queue_id], case when v_is_dispatched then greatest(p_lease, interval '6 hours') else p_lease end
    ) h
    where h.verdict = 'lost'
  ) then
    -- The queue has given the job to somebody else already: what we wrote goes with it.
    delete from ops.build_leases l where l.build_id = p_build_id and l.token = p_lease_token;
    verdict := 'lost';
    lease_expires_at := null;
    return;
  end if;
  verdict := case when v_asked is null then 'held' else 'cancel' end;
end
$$;

-- Security definer, as ops.enqueue_build.
create function ops.claim_build_dispatches(p_dispatcher text, p_limit integer default 10, p_window interval default '15 minutes')
returns table (
  build_id uuid, attempt integer, claim_token bigint, action text, repository text, workflow text, ref text, inputs jsonb, posted_at timestamptz,
  looks integer
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_limit integer := least(greatest(coalesce(p_limit, 10), 1), 100);
  v_job record;
  v_build record;
  v_row record;
  v_found integer := 0;
begin
  if coalesce(p_dispatcher, '') = '' then
    raise exception 'a dispatcher says who it is' using errcode = 'invalid_parameter_value';
  end if;
  -- First what is open: orders whose answer was lost or whose dispatcher died are looked for, those nobody told are told.
  for v_row in
    select d.build_id, d.attempt, d.state, b.attempt as current, b.status
    from ops.build_dispatches d
    join ops.builds b on b.id = d.build_id
    where d.settled_at is null and d.next_at <= v_now
    order by d.next_at
    limit v_limit
    for no key update of d skip locked
  loop
    if v_row.attempt <> v_row.current or v_row.status <> 'dispatched' then
      -- Overtaken: the run showed up by itself, or the build ended.
      update ops.build_dispatches d
      set state = 'refused', settled_at = v_now, error = coalesce(d.error, 'the build went on without it')
      where d.build_id = v_row.build_id and d.attempt = v_row.attempt;
      continue;
    end if;
    v_found := v_found + 1;
    return query
      update ops.build_dispatches d
      set state = case d.state when 'pending' then 'sending' else 'unknown' end,
          claimed_by = left(p_dispatcher, 200),
          claim_token = d.claim_token + 1,
          next_at = v_now + interval '2 minutes',
          posts = d.posts + case d.state when 'pending' then 1 else 0 end,
          looks = case d.state when 'pending' then 0 else d.looks + 1 end,
          posted_at = case d.state when 'pending' then v_now else d.posted_at end
      where d.build_id = v_row.build_id and d.attempt = v_row.attempt
      returning d.build_id, d.attempt, d.claim_token, case v_row.state when 'pending' then 'send' else 'find' end, d.repository,
        d.workflow, d.ref, d.inputs, d.posted_at, d.looks;
  end loop;

  while v_found < v_limit loop
    select c.id, c.lease_token into v_job from ops.claim_jobs(p_dispatcher, 1, interval '6 hours', '{build_dispatch}') c;
    exit when not found;
    select b.id, b.org_id, b.status, b.attempt, b.inputs, b.commit_sha, h.name as branch, coalesce(h.workflow, p.workflow) as workflow,
      ops.repository_name(p.repo_url) as repository
    into v_build
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.queue_id = v_job.id
    for no key update of b skip locked;
    if not found then
      if exists (select from ops.builds b where b.queue_id = v_job.id) then
        perform ops.release_jobs(v_job.lease_token, array[v_job.id]);
        exit;
      end if;
      perform ops.complete_jobs(v_job.lease_token, array[v_job.id]);
      continue;
    end if;
    if v_build.status <> 'queued' then
      perform ops.complete_jobs(v_job.lease_token, array[v_job.id]);
      continue;
    end if;
    v_found := v_found + 1;
    update ops.builds b
    set status = 'dispatched', attempt = b.attempt + 1, dispatched_at = v_now, started_at = null, updated_at = v_now, error = null,
        github_run_id = null, github_run_attempt = null, github_run_url = null
    where b.id = v_build.id;
    insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
    values (v_build.id, v_build.attempt + 1, v_job.lease_token, left('dispatch:' || p_dispatcher, 200), v_now + p_window, v_now)
    on conflict (build_id) do update
    set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
        heartbeat_at = excluded.heartbeat_at;
    perform ops.note_build(v_build.id, v_build.org_id, 'status', 'dispatched by ' || p_dispatcher, p_data => jsonb_build_object(
      'from', 'queued', 'status', 'dispatched', 'attempt', v_build.attempt + 1
    ));
    if v_build.repository is null or v_build.workflow is null then
      perform ops.change_build(v_build.id, 'failed', 'its project names no repository or no workflow');
      continue;
    end if;
    return query
      insert into ops.build_dispatches as d (
        build_id, attempt, org_id, state, repository, workflow, ref, inputs, claimed_by, claim_token, next_at, posts, posted_at
      )
      values (
        v_build.id, v_build.attempt + 1, v_build.org_id, 'sending', v_build.repository, v_build.workflow, v_build.branch,
        jsonb_strip_nulls(v_build.inputs || jsonb_build_object(
          'ops_build_id', v_build.id::text, 'ops_build_attempt', (v_build.attempt + 1)::text, 'ops_commit', v_build.commit_sha
        )),
        left(p_dispatcher, 200), 1, v_now + interval '2 minutes', 1, v_now
      )
      returning d.build_id, d.attempt, d.claim_token, 'send'::text, d.repository, d.workflow, d.ref, d.inputs, d.posted_at, d.looks;
  end loop;
end
$$;
comment on function ops.claim_build_dispatches(text, integer, interval) is
  'Take orders to GitHub: action send (tell it, once) or find (it was told, and nobody knows what came of it: look for the run by ops_build_id and ops_build_attempt). Each is settled with its claim_token; unsettled, it is to be found after two minutes.';
select ops.restrict_function('ops.claim_build_dispatches(text, integer, interval)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.settle_build_dispatch(
  p_build_id uuid, p_attempt integer, p_claim_token bigint, p_state text, p_github_run_id bigint default null,
  p_github_run_url text default null, p_error text default null, p_again_in interval default '20 seconds'
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_build record;
  v_row record;
  v_error text := left(ops.redact_text(p_error), 2000);
begin
  if p_state not in ('sent', 'unknown', 'unsent', 'refused') or (p_state = 'sent') <> (p_github_run_id is not null) then
    raise exception 'a dispatch is sent (with its run), unknown, unsent or refused, not %', p_state using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.status, b.attempt, b.org_id, b.github_run_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  update ops.build_dispatches d
  set state = case p_state when 'unsent' then 'pending' else p_state end,
      settled_at = case when p_state in ('sent', 'refused') then v_now end,
      next_at = v_now + p_again_in,
      github_run_id = coalesce(p_github_run_id, d.github_run_id),
      github_run_url = coalesce(left(p_github_run_url, 500), d.github_run_url),
      error = coalesce(v_error, d.error)
  where d.build_id = p_build_id and d.attempt = p_attempt and d.claim_token = p_claim_token and d.settled_at is null
  returning d.posts, d.posted_at, d.repository into v_row;
  if not found then
    return false;
  end if;
  if v_build.attempt = p_attempt and p_state = 'sent' and v_build.github_run_id is null then
    update ops.builds b
    set github_run_id = p_github_run_id, github_run_attempt = coalesce(b.github_run_attempt, 1),
        github_run_url = left(p_github_run_url, 500), updated_at = v_now
    where b.id = p_build_id;
    perform ops.note_build(p_build_id, v_build.org_id, 'dispatch', 'runs on GitHub as run ' || p_github_run_id, p_data => jsonb_strip_nulls(
      jsonb_build_object('run_id', p_github_run_id, 'url', p_github_run_url, 'attempt', p_attempt)
    ));
  elsif v_build.attempt = p_attempt and v_build.status = 'dispatched' and p_state = 'refused' then
    perform ops.change_build(p_build_id, 'failed', 'GitHub refused the dispatch: ' || coalesce(v_error, 'it did not say why'));
    perform ops.raise_alert(
      'build_dispatch', 'build_dispatch:' || p_build_id, 'warning', 'A build could not be dispatched', coalesce(v_error, ''),
      jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'repository', v_row.repository,
        'remediation', 'Look at the workflow''s inputs and at the token of the dispatcher, then `opsroom build` again.')
    );
  elsif p_state = 'unknown' and v_row.posted_at < v_now - interval '10 minutes' then
    perform ops.raise_alert(
      'build_dispatch', 'build_dispatch:' || p_build_id, 'warning', 'Nobody knows whether a build was dispatched', coalesce(v_error, ''),
      jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'repository', v_row.repository,
        'remediation', 'GitHub did not answer for ten minutes; it is asked again until it does.')
    );
  end if;
  if p_state = 'sent' then
    perform ops.resolve_alert('build_dispatch:' || p_build_id);
  end if;
  return true;
end
$$;
comment on function ops.settle_build_dispatch(uuid, integer, bigint, text, bigint, text, text, interval) is
  'What came of an order: sent (its run), refused (the build fails, with an alert), unknown (looked for again after p_again_in), unsent (GitHub surely has no such run: told again). False for an outdated claim.';
select ops.restrict_function('ops.settle_build_dispatch(uuid, integer, bigint, text, bigint, text, text, interval)', 'service_role');

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
  order by b.id
  limit 1;
  if v_id is null then
    select h.id, h.project_id, h.org_id, h.inputs into v_branch
    from ops.branches h
    join ops.projects p on p.id = h.project_id
    where lower(ops.repository_name(p.repo_url)) = lower(p_repository)
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
  'The build of a run that nobody ordered here (a push, a button): found by the run, or made. One a run, however often it is asked.';
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
  v_attempt integer;
  v_token bigint;
begin
  if p_github_run_id is null or p_github_run_attempt is null or coalesce(p_runner_id, '') = '' then
    raise exception 'a run says its id, its attempt and who it is' using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.org_id, b.status, b.attempt, b.queue_id, b.github_run_id, b.github_run_attempt, b.started_at into v_build
  from ops.builds b
  where b.id = p_build_id
  for no key update;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  select l.attempt, l.token into v_lease from ops.build_leases l where l.build_id = p_build_id;
  select d.state, d.github_run_id into v_order from ops.build_dispatches d where d.build_id = p_build_id and d.attempt = v_build.attempt;
  -- A run of an earlier attempt that comes late, and a second run of this one, are not the build's.
  if v_build.status not in ('queued', 'dispatched', 'running')
    or coalesce(v_build.github_run_id, v_order.github_run_id, p_github_run_id) <> p_github_run_id
    or v_build.status = 'running' and (v_build.github_run_id, v_build.github_run_attempt) is distinct from (p_github_run_id, p_github_run_attempt)
    or exists (
      select from ops.build_dispatches d
      where d.github_run_id = p_github_run_id and (d.build_id, d.attempt) <> (p_build_id, v_build.attempt)
    ) then
    return;
  end if;
  v_attempt := case v_build.status when 'queued' then v_build.attempt + 1 else v_build.attempt end;
  v_token := case when v_lease.attempt = v_attempt then v_lease.token else nextval('ops.job_leases_token_seq') end;
  if v_build.status = 'queued' and v_build.queue_id is not null then
    -- Somebody started the workflow for it by hand: it waits for nobody any more.
    perform ops.cancel_job(v_build.queue_id);
  end if;
  insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
  values (p_build_id, v_attempt, v_token, left(p_runner_id, 200), v_now + p_lease, v_now)
  on conflict (build_id) do update
  set attempt = excluded.attempt, token = excluded.token, runner_id = excluded.runner_id, expires_at = excluded.expires_at,
      heartbeat_at = excluded.heartbeat_at;
  update ops.builds b
  set status = 'running', attempt = v_attempt, started_at = coalesce(case when v_build.status = 'running' then b.started_at end, v_now),
      queue_id = case when v_build.status = 'queued' then null else b.queue_id end,
      github_run_id = p_github_run_id, github_run_attempt = p_github_run_attempt, updated_at = v_now, error = null
  where b.id = p_build_id;
  update ops.build_dispatches d
  set state = 'sent', settled_at = v_now, github_run_id = p_github_run_id
  where d.build_id = p_build_id and d.attempt = v_attempt and d.settled_at is null;
  if v_build.status <> 'running' then
    perform ops.note_build(p_build_id, v_build.org_id, 'status', 'running on ' || p_runner_id, p_data => jsonb_build_object(
      'from', v_build.status, 'status', 'running', 'attempt', v_attempt, 'runner_id', p_runner_id, 'run_id', p_github_run_id
    ));
    perform ops.resolve_alert('build_dispatch:' || p_build_id);
  end if;
  return query select v_attempt, v_token, v_now + p_lease;
end
$$;
comment on function ops.start_build_run(uuid, bigint, integer, text, interval) is
  'A run begins to work on a build: it gets the lease under which it writes. Asked again by the same run, the same lease. No row for any other run: it is not this build''s, or not its current attempt''s.';
select ops.restrict_function('ops.start_build_run(uuid, bigint, integer, text, interval)', 'service_role');

create function ops.silent_builds(p_limit integer default 100)
returns table (
  build_id uuid, attempt integer, status text, repository text, workflow text, ref text, github_run_id bigint, github_run_attempt integer,
  silent_since timestamptz, posted_at timestamptz, cancel_requested_at timestamptz
)
language sql
stable
set search_path = ''
as $$
  select b.id, b.attempt, b.status, d.repository, d.workflow, d.ref, coalesce(b.github_run_id, d.github_run_id), b.github_run_attempt,
    l.expires_at, d.posted_at, b.cancel_requested_at
  from ops.builds b
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  left join ops.build_leases l on l.build_id = b.id
  where b.status in ('dispatched', 'running') and d.state = 'sent'
    -- Whoever was asked to stop and has not is asked about at once.
    and (coalesce(l.expires_at, b.updated_at) < clock_timestamp() or b.cancel_requested_at is not null)
  order by l.expires_at nulls first
  limit least(greatest(p_limit, 1), 1000)
$$;
comment on function ops.silent_builds(integer) is
  'Dispatched builds whose run says nothing any more, or was asked to stop: GitHub knows what became of them.';
select ops.restrict_function('ops.silent_builds(integer)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.settle_silent_build(
  p_build_id uuid, p_attempt integer, p_truth text, p_why text default null, p_extend interval default '10 minutes'
)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_lease record;
  v_why text := left(ops.redact_text(p_why), 2000);
begin
  if p_truth not in ('alive', 'succeeded', 'failed', 'cancelled', 'gone') then
    raise exception 'a run is alive, succeeded, failed, cancelled or gone, not %', p_truth using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.status, b.attempt, b.queue_id, b.cancel_requested_at, b.org_id into v_build
  from ops.builds b
  where b.id = p_build_id
  for no key update;
  if not found or v_build.attempt <> p_attempt or v_build.status not in ('dispatched', 'running') then
    return 'stale';
  end if;
  select l.token, l.expires_at into v_lease from ops.build_leases l where l.build_id = p_build_id and l.attempt = p_attempt;
  if p_truth = 'alive' then
    -- What its recorder could not say in time it may still say.
    update ops.build_leases l
    set expires_at = greatest(l.expires_at, clock_timestamp() + p_extend)
    where l.build_id = p_build_id and l.attempt = p_attempt;
    if v_build.queue_id is not null and v_lease.token is not null then
      perform ops.heartbeat_jobs(v_lease.token, array[v_build.queue_id], interval '6 hours');
    end if;
    return 'alive';
  elsif v_lease.expires_at > clock_timestamp() and p_truth <> 'cancelled' then
    -- It spoke meanwhile; what it says itself is better than what we concluded.
    return 'spoke';
  elsif p_truth in ('succeeded', 'failed', 'cancelled') then
    perform ops.change_build(p_build_id, p_truth, v_why);
    return p_truth;
  elsif v_build.cancel_requested_at is not null then
    perform ops.change_build(p_build_id, 'cancelled', v_why);
    return 'cancelled';
  elsif p_attempt >= 3 then
    perform ops.change_build(p_build_id, 'lost', v_why);
    perform ops.raise_alert(
      'build_lost', 'build_lost:' || p_build_id, 'warning', 'A build was lost three times', coalesce(v_why, ''),
      jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt,
        'remediation', 'Its runs end without a word: look at the runner, then try the build again.')
    );
    return 'lost';
  end if;
  -- Its place in the queue goes with this attempt; the next one takes a new one at the end.
  perform ops.close_build_job(p_build_id, 'lost');
  update ops.builds b set queue_id = null where b.id = p_build_id;
  perform ops.change_build(p_build_id, 'queued', coalesce(v_why, 'its run fell silent'));
  perform ops.enqueue_build(p_build_id);
  return 'queued';
end
$$;
comment on function ops.settle_silent_build(uuid, integer, text, text, interval) is
  'What GitHub says of a silent run: alive (its lease goes on), a conclusion, or gone (tried again, lost with an alert after the third time). Returns what the build is now, spoke when the run was heard meanwhile, stale for another attempt.';
select ops.restrict_function('ops.settle_silent_build(uuid, integer, text, text, interval)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.rollback_build(p_project_slug text, p_branch text default null, p_actor text default null)
returns table (build_id uuid, commit_sha text, replaces text)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_branch record;
  v_now_sha text;
  v_sha text;
begin
  select h.id, h.name into v_branch
  from ops.branches h
  join ops.projects p on p.id = h.project_id
  where p.slug = p_project_slug and (h.name = p_branch or p_branch is null and h.lane = 'production')
  order by h.id
  limit 1;
  if not found then
    raise exception 'project % has no branch %', p_project_slug, coalesce(p_branch, 'in the production lane') using errcode = 'PT404';
  end if;
  select b.commit_sha into v_now_sha
  from ops.builds b
  where b.branch_id = v_branch.id and b.commit_sha is not null and ops.build_is_final(b.status) and b.status <> 'cancelled'
  order by b.id desc
  limit 1;
  select b.commit_sha into v_sha
  from ops.builds b
  where b.branch_id = v_branch.id and b.status = 'succeeded' and b.commit_sha is not null and b.commit_sha <> v_now_sha
  order by b.id desc
  limit 1;
  if v_sha is null then
    raise exception 'branch % of % has no verified commit to go back to', v_branch.name, p_project_slug
      using errcode = 'PT409', hint = 'A verified commit is one whose build succeeded, other than the last.';
  end if;
  return query
    select c.build_id, v_sha, v_now_sha
    from ops.create_build(v_branch.id, 'rollback', p_actor, p_commit_sha => v_sha, p_commit_message => 'rollback of ' || v_now_sha) c;
end
$$;
comment on function ops.rollback_build(text, text, text) is
  'Build the last verified commit of a branch (by default that of the production lane) again: one whose build succeeded, other than the newest that was built. An error when there is none.';
select ops.restrict_function('ops.rollback_build(text, text, text)', 'service_role');
