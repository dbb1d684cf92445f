-- Why      A build becomes exactly one workflow run an attempt. The order to start it is written down before GitHub hears it, and whatever the
--          answer (none, two, one that got lost), the next look decides by what is there instead of asking twice.
-- Objects  columns ops.projects.dispatch, .archived_at, ops.branches.manual, .one_at_a_time, .stop_superseded, .waiting_limit, .archived_at, ops.builds.rollback_of;
--          functions ops.repository_name, ops.claim_build_dispatches, ops.settle_build_dispatch, ops.drop_build_dispatch; table ops.build_dispatches;
--          ops.enqueue_build, ops.heartbeat_build, ops.close_build_job, ops.run_queue and the policy of ops.queued_jobs replaced: they know jobs of
--          dispatched builds.
-- Locks    The build, then its order, then its job. ACCESS EXCLUSIVE on three tables for a moment (columns). Rollback: drop the new, restore the replaced.

alter table ops.projects
  add column if not exists dispatch boolean not null default false,
  add column if not exists archived_at timestamptz;
comment on column ops.projects.dispatch is
  'Its builds are sent to GitHub as runs of its workflow; else runners of one''s own take them (ops.claim_next_run).';
comment on column ops.projects.archived_at is 'No file declares it any more: its history stays, and nothing new is built.';
alter table ops.branches
  add column if not exists manual boolean not null default false,
  add column if not exists one_at_a_time boolean not null default true,
  add column if not exists stop_superseded boolean not null default false,
  add column if not exists waiting_limit integer check (waiting_limit > 0),
  add column if not exists archived_at timestamptz;
comment on column ops.branches.manual is 'Builds begin when somebody asks: pushes and schedules are refused, and a build that vanished is not tried again by itself.';
comment on column ops.branches.one_at_a_time is 'A build waits until the one before it has ended.';
comment on column ops.branches.stop_superseded is 'A new build also stops the one that runs.';
comment on column ops.branches.waiting_limit is 'Builds that may wait; one more is refused.';
comment on column ops.branches.archived_at is 'No file declares it any more: its history stays, and nothing new is built.';
alter table ops.builds add column if not exists rollback_of text;
comment on column ops.builds.rollback_of is 'The commit this build took the place of, when it is a rollback.';

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
  state text not null default 'pending' check (state in ('pending', 'sending', 'unknown', 'sent', 'refused', 'dropped')),
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
  extra_runs bigint[] not null default '{}' check (cardinality(extra_runs) <= 100),
  error text,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (build_id, attempt),
  check ((settled_at is not null) = (state in ('sent', 'refused', 'dropped')))
);
comment on table ops.build_dispatches is
  'The outbox: one order to GitHub for each attempt of a build. pending: GitHub has no run of it. sending: somebody is telling GitHub, until next_at. unknown: told, and the answer was lost. sent: the run is known. refused: GitHub said no. dropped: the build went on or ended without it.';
comment on column ops.build_dispatches.claim_token is 'Fencing: who settles with an older one changes nothing.';
comment on column ops.build_dispatches.next_at is 'When the next dispatcher may take it.';
comment on column ops.build_dispatches.posts is 'How often GitHub was told, requests it put off not counted.';
comment on column ops.build_dispatches.looks is 'How often its run was looked for since GitHub was last told.';
comment on column ops.build_dispatches.posted_at is 'When GitHub was last told, or was about to be.';
comment on column ops.build_dispatches.extra_runs is 'Runs that claimed to be this build''s and are not: to be cancelled on GitHub.';
create index build_dispatches_open on ops.build_dispatches (next_at) where settled_at is null;
create index build_dispatches_run on ops.build_dispatches (github_run_id) where github_run_id is not null;
create index build_dispatches_extra on ops.build_dispatches (build_id) where extra_runs <> '{}';
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
  -- Leases are for admins to see; that a build runs, its members know from the build.
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
  select b.id, b.org_id, b.branch_id, b.status, b.queue_id, h.lane, h.name as branch, h.one_at_a_time, p.dispatch
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
    -- Of the two kinds, runners of one's own take the first and dispatchers the second.
    case when v_build.dispatch then 'build_dispatch' else 'build' end,
    jsonb_build_object('build_id', v_build.id),
    p_max_attempts => 3,
    p_run_at => p_run_at,
    p_priority => coalesce(p_priority, case v_build.lane when 'production' then 20 when 'staging' then 10 else 0 end),
    p_unique_key => v_build.id::text,
    p_serial_key => case when v_build.one_at_a_time then 'branch:' || v_build.branch_id end
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
  -- The place in the queue of a dispatched build is held until the build ends (ops.claim_build_dispatches).
  if v_queue_id is not null and not v_is_dispatched
    and exists (select from ops.heartbeat_jobs(p_lease_token, array[v_queue_id], p_lease) h where h.verdict = 'lost') then
    -- The queue has given the job to somebody else already: what we wrote goes with it.
    delete from ops.build_leases l where l.build_id = p_build_id and l.token = p_lease_token;
    verdict := 'lost';
    lease_expires_at := null;
    return;
  end if;
  verdict := case when v_asked is null then 'held' else 'cancel' end;
end
$$;

-- Callers hold the lock on the build's row.
create function ops.drop_build_dispatch(p_build_id uuid, p_attempt integer, p_why text)
returns void
language sql
set search_path = ''
as $$
  update ops.build_dispatches d
  set state = 'dropped', settled_at = clock_timestamp(), error = coalesce(p_why, d.error)
  where d.build_id = p_build_id and d.attempt = p_attempt and d.settled_at is null
$$;
comment on function ops.drop_build_dispatch(uuid, integer, text) is 'An order nobody has to carry out any more.';
select ops.restrict_function('ops.drop_build_dispatch(uuid, integer, text)');

-- Security definer, as ops.enqueue_build. In two parts: first orders that are open (whose answer was lost, whose dispatcher died, or that GitHub put
-- off), then builds that wait. The second takes jobs as ops.claim_jobs does, under the same lock, but only those of repositories this dispatcher can
-- reach: another's would come back at once, for ever.
create function ops.claim_build_dispatches(
  p_dispatcher text, p_limit integer default 10, p_repositories text[] default null, p_build_id uuid default null
)
returns table (
  build_id uuid, attempt integer, claim_token bigint, action text, repository text, workflow text, ref text, inputs jsonb, posted_at timestamptz,
  looks integer, created_at timestamptz
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_limit integer := least(greatest(coalesce(p_limit, 10), 1), 100);
  v_repositories text[] := (select array_agg(lower(r)) from unnest(p_repositories) r);
  v_busy int8multirange;
  v_build record;
  v_row record;
  v_token bigint;
  v_found integer := 0;
begin
  if coalesce(p_dispatcher, '') = '' then
    raise exception 'a dispatcher says who it is' using errcode = 'invalid_parameter_value';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'orders are claimed at isolation level read committed: a claim must see the leases of the one before it'
      using errcode = 'invalid_transaction_state';
  end if;
  for v_row in
    select d.build_id, d.attempt, d.state, d.posts, d.repository, b.attempt as current, b.status, b.cancel_requested_at
    from ops.build_dispatches d
    join ops.builds b on b.id = d.build_id
    where d.settled_at is null and d.next_at <= v_now and (v_repositories is null or lower(d.repository) = any (v_repositories))
      and (p_build_id is null or d.build_id = p_build_id)
    order by d.next_at
    limit v_limit
    for no key update of b, d skip locked
  loop
    if v_row.attempt <> v_row.current or v_row.status <> 'dispatched' then
      perform ops.drop_build_dispatch(v_row.build_id, v_row.attempt, 'the build went on without it');
      continue;
    end if;
    if v_row.state = 'pending' and v_row.cancel_requested_at is not null then
      perform ops.drop_build_dispatch(v_row.build_id, v_row.attempt, 'cancelled before GitHub was told');
      perform ops.change_build(v_row.build_id, 'cancelled', null);
      continue;
    end if;
    if v_row.state = 'pending' and v_row.posts >= 5 then
      perform ops.drop_build_dispatch(v_row.build_id, v_row.attempt, null);
      perform ops.change_build(v_row.build_id, 'failed', 'GitHub was told ' || v_row.posts || ' times, and no run came of it');
      perform ops.raise_alert(
        'build_dispatch', 'build_dispatch:' || v_row.build_id, 'warning', 'GitHub starts no run for a build', '',
        jsonb_build_object('build_id', v_row.build_id, 'attempt', v_row.attempt, 'repository', v_row.repository,
          'remediation', 'Look at githubstatus.com and at the Actions page of the repository, then `opsroom build` again.')
      );
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
        d.workflow, d.ref, d.inputs, d.posted_at, d.looks, d.created_at;
  end loop;
  if v_found >= v_limit or exists (select from ops.job_types t where t.task_type = 'build_dispatch' and t.paused) then
    return;
  end if;

  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ops.queue:claim:build_dispatch', 0));
  v_busy := coalesce((select range_agg(l.held) from ops.job_leases l), '{}');
  for v_build in
    select b.id, b.org_id, b.attempt, b.queue_id, b.inputs, b.commit_sha, h.name as branch, coalesce(h.workflow, p.workflow) as workflow,
      ops.repository_name(p.repo_url) as repository
    from ops.queued_jobs q
    join ops.builds b on b.queue_id = q.id
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where q.task_type = 'build_dispatch' and q.status = 'pending' and not q.blocked and q.run_at <= v_now and not v_busy @> q.id
      and b.status = 'queued'
      and (v_repositories is null or lower(ops.repository_name(p.repo_url)) = any (v_repositories))
      and (p_build_id is null or b.id = p_build_id)
    order by q.priority desc, q.run_at, q.id
    limit v_limit - v_found
    for no key update of b skip locked
  loop
    v_token := nextval('ops.job_leases_token_seq');
    -- Longer than any run of GitHub's may wait and work: this place is given back when the build ends, never by the clock.
    insert into ops.job_leases (token, worker, claimed_at, expires_at, held)
    values (
      v_token, left('dispatch:' || p_dispatcher, 200), v_now, v_now + interval '60 days',
      int8multirange(int8range(v_build.queue_id, v_build.queue_id, '[]'))
    );
    update ops.builds b
    set status = 'dispatched', attempt = b.attempt + 1, dispatched_at = v_now, started_at = null, updated_at = v_now, error = null,
        github_run_id = null, github_run_attempt = null, github_run_url = null
    where b.id = v_build.id;
    insert into ops.build_leases as l (build_id, attempt, token, runner_id, expires_at, heartbeat_at)
    values (v_build.id, v_build.attempt + 1, v_token, left('dispatch:' || p_dispatcher, 200), v_now + interval '2 minutes', v_now)
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
      returning d.build_id, d.attempt, d.claim_token, 'send'::text, d.repository, d.workflow, d.ref, d.inputs, d.posted_at, d.looks,
        d.created_at;
  end loop;
end
$$;
comment on function ops.claim_build_dispatches(text, integer, text[], uuid) is
  'Take orders to GitHub, of these repositories (owner/name) or of all, or of one build: action send (tell it, once and at once) or find (it was told, and nobody knows what came of it: look for the run by ops_build_id and ops_build_attempt). Each is settled with its claim_token; unsettled, it is to be found after two minutes.';
select ops.restrict_function('ops.claim_build_dispatches(text, integer, text[], uuid)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.settle_build_dispatch(
  p_build_id uuid, p_attempt integer, p_claim_token bigint, p_state text, p_github_run_id bigint default null,
  p_github_run_url text default null, p_error text default null, p_again_in interval default '20 seconds', p_extra_runs bigint[] default '{}'
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
  v_extra bigint[];
begin
  if p_state not in ('sent', 'unknown', 'unsent', 'postponed', 'refused') or (p_state = 'sent') <> (p_github_run_id is not null) then
    raise exception 'a dispatch is sent (with its run), unknown, unsent, postponed or refused, not %', p_state
      using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.status, b.attempt, b.org_id, b.github_run_id into v_build from ops.builds b where b.id = p_build_id for no key update;
  if v_build.attempt = p_attempt and p_state = 'sent' then
    -- A run may have begun before anybody knew its number: that one has the build.
    v_extra := array_remove(p_github_run_id || coalesce(p_extra_runs, '{}'), coalesce(v_build.github_run_id, p_github_run_id));
  end if;
  update ops.build_dispatches d
  set state = case
        when p_state = 'unsent' or p_state = 'postponed' and d.state = 'sending' then 'pending'
        -- A look that GitHub put off was none.
        when p_state = 'postponed' then d.state
        else p_state
      end,
      settled_at = case when p_state in ('sent', 'refused') then v_now end,
      next_at = v_now + greatest(p_again_in, interval '0'),
      posts = d.posts - (p_state = 'postponed' and d.state = 'sending')::integer,
      looks = d.looks - (p_state = 'postponed' and d.state = 'unknown')::integer,
      github_run_id = case when p_state = 'sent' then coalesce(v_build.github_run_id, p_github_run_id) else d.github_run_id end,
      github_run_url = coalesce(left(p_github_run_url, 500), d.github_run_url),
      extra_runs = (array(select distinct e from unnest(d.extra_runs || coalesce(v_extra, '{}')) e))[:100],
      error = coalesce(v_error, d.error)
  where d.build_id = p_build_id and d.attempt = p_attempt and d.claim_token = p_claim_token and d.settled_at is null
  returning d.posts, d.posted_at, d.created_at, d.repository into v_row;
  if not found then
    -- Somebody else has it by now. What we started all the same is one run too many, unless it is the one that runs.
    update ops.build_dispatches d
    set extra_runs = (array(select distinct e from unnest(d.extra_runs || p_github_run_id) e))[:100]
    where p_state = 'sent' and d.build_id = p_build_id and d.attempt = p_attempt and d.state in ('sent', 'dropped')
      and d.github_run_id is distinct from p_github_run_id;
    return false;
  end if;
  if v_build.attempt <> p_attempt or v_build.status <> 'dispatched' then
    return true;
  end if;
  case p_state
    when 'sent' then
      update ops.builds b
      set github_run_id = p_github_run_id, github_run_attempt = 1, github_run_url = left(p_github_run_url, 500), updated_at = v_now
      where b.id = p_build_id and b.github_run_id is null;
      perform ops.note_build(p_build_id, v_build.org_id, 'dispatch', 'runs on GitHub as run ' || p_github_run_id, p_data => jsonb_strip_nulls(
        jsonb_build_object('run_id', p_github_run_id, 'url', p_github_run_url, 'attempt', p_attempt)
      ));
      perform ops.resolve_alert('build_dispatch:' || p_build_id);
      perform ops.resolve_alert('build_dispatch:' || v_row.repository);
    when 'refused' then
      perform ops.change_build(p_build_id, 'failed', 'GitHub refused the dispatch: ' || coalesce(v_error, 'it did not say why'));
      perform ops.raise_alert(
        'build_dispatch', 'build_dispatch:' || p_build_id, 'warning', 'A build could not be dispatched', coalesce(v_error, ''),
        jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'repository', v_row.repository,
          'remediation', 'Compare the workflow''s inputs with those of its branch in runbooks/projects/, then `opsroom build` again.')
      );
    when 'postponed' then
      -- One alert however many builds wait: a token that ran out stops all of them.
      if v_row.created_at < v_now - interval '10 minutes' then
        perform ops.raise_alert(
          'build_dispatch', 'build_dispatch:' || v_row.repository, 'critical',
          'Runs of ' || v_row.repository || ' can neither be started nor looked for',
          coalesce(v_error, ''), jsonb_build_object('repository', v_row.repository, 'build_id', p_build_id,
            'remediation', 'Look at githubstatus.com, and at the token of the dispatcher: it needs actions: write.')
        );
      end if;
    else
      if v_row.created_at < v_now - interval '10 minutes' then
        perform ops.raise_alert(
          'build_dispatch', 'build_dispatch:' || p_build_id, 'warning', 'Nobody knows whether a build was dispatched', coalesce(v_error, ''),
          jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'repository', v_row.repository,
            'remediation', 'Nothing: GitHub is asked until it answers. Runs of this build are named after it.')
        );
      end if;
  end case;
  return true;
end
$$;
comment on function ops.settle_build_dispatch(uuid, integer, bigint, text, bigint, text, text, interval, bigint[]) is
  'What came of an order: sent (its run, and others that were started for it), refused (the build fails, with an alert), unknown (looked for again after p_again_in), unsent (GitHub surely has no such run: told again), postponed (GitHub took nothing now: told, or looked at, again). False for an outdated claim.';
select ops.restrict_function('ops.settle_build_dispatch(uuid, integer, bigint, text, bigint, text, text, interval, bigint[])', 'service_role');
