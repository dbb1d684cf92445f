-- Why      Where a build was released to, and how that went, is known here as GitHub knows it: a job with an environment is a deployment there, and its
--          recorder says so here.
-- Objects  table ops.deployments; functions ops.note_deployment, ops.record_build_deployment, ops.replay_build_deployment, ops.end_deployments,
--          ops.project_deployments; a trigger on ops.builds.
-- Locks    The build, then deployments of its environment (an advisory lock), then rows. SHARE ROW EXCLUSIVE on ops.builds for a moment. Rollback: drop all.

create table ops.deployments (
  id uuid primary key default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid not null,
  build_id uuid not null references ops.builds (id) on delete cascade,
  attempt integer not null check (attempt > 0),
  environment text not null check (length(environment) between 1 and 255),
  state text not null default 'in_progress' check (state in ('in_progress', 'success', 'failure', 'error', 'inactive')),
  environment_url text,
  commit_sha text,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  unique (build_id, attempt, environment),
  check ((finished_at is null) = (state = 'in_progress'))
);
comment on table ops.deployments is
  'What builds released where, in the words of GitHub''s deployments: in_progress, success, failure, error (cancelled, or its job vanished), inactive (a newer one took its place).';
comment on column ops.deployments.environment is 'Name of the GitHub environment.';
comment on column ops.deployments.commit_sha is 'What was released.';
create index deployments_page on ops.deployments (project_id, id desc);
create index deployments_page_of_environment on ops.deployments (project_id, environment, id desc);
create index deployments_current on ops.deployments (project_id, environment) where state = 'success';
select ops.restrict_table('ops.deployments', 'select');
select ops.allow_read('ops.deployments', 'org_id = any (array(select ops.my_org_ids()))');

-- Callers hold the lock on the build's row and have asked ops.build_writer.
create function ops.note_deployment(
  p_build_id uuid, p_attempt integer, p_environment text, p_state text, p_url text, p_is_late boolean default false
)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_url text := ops.redact_text(left(p_url, 2000));
  v_build record;
  v_id uuid;
begin
  if p_state is null or p_state not in ('in_progress', 'success', 'failure', 'error') then
    raise exception 'a deployment is in_progress, success, failure or error, not %', coalesce(p_state, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  if v_url !~ '^https?://' then
    raise exception 'an environment is seen at an http address' using errcode = 'invalid_parameter_value';
  end if;
  select b.org_id, b.project_id, b.branch_id, b.commit_sha into strict v_build from ops.builds b where b.id = p_build_id;
  -- Two that end at once would each retire the other.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('ops.deployments:' || v_build.project_id || ':' || p_environment, 0));
  insert into ops.deployments as d (
    org_id, project_id, branch_id, build_id, attempt, environment, state, environment_url, commit_sha, finished_at
  )
  values (
    v_build.org_id, v_build.project_id, v_build.branch_id, p_build_id, p_attempt, p_environment, p_state, v_url, v_build.commit_sha,
    case when p_state <> 'in_progress' then v_now end
  )
  -- What has ended stays as it ended, whoever repeats what was said before; only what was concluded from silence is put right.
  on conflict (build_id, attempt, environment) do update
  set state = excluded.state, environment_url = coalesce(excluded.environment_url, d.environment_url), finished_at = excluded.finished_at
  where excluded.state <> 'in_progress' and (d.state = 'in_progress' or p_is_late and d.state in ('error', 'failure') and d.state <> excluded.state)
  returning d.id into v_id;
  if v_id is null then
    return (
      select d.state from ops.deployments d where d.build_id = p_build_id and d.attempt = p_attempt and d.environment = p_environment
    );
  end if;
  if p_state = 'success' then
    update ops.builds b set environment_url = v_url, updated_at = v_now where b.id = p_build_id and v_url is not null;
    update ops.deployments d
    set state = 'inactive'
    where d.project_id = v_build.project_id and d.environment = p_environment and d.state = 'success'
      -- Of what is told afterwards, the order in which it began is all there is to go by.
      and case
        when not p_is_late then d.id <> v_id
        else d.id <> (
          select max(n.id::text)::uuid from ops.deployments n
          where n.project_id = v_build.project_id and n.environment = p_environment and n.state = 'success'
        )
      end;
  end if;
  perform ops.note_build(
    p_build_id, v_build.org_id, 'deployment',
    case p_state
      when 'in_progress' then 'deploying to ' || p_environment
      when 'success' then concat_ws(': ', 'deployed to ' || p_environment, v_url)
      when 'failure' then 'the deployment to ' || p_environment || ' failed'
      else 'the deployment to ' || p_environment || ' was not finished'
    end,
    case p_state when 'failure' then 'error' when 'error' then 'warning' else 'info' end,
    jsonb_strip_nulls(jsonb_build_object('environment', p_environment, 'state', p_state, 'url', v_url, 'attempt', p_attempt))
  );
  return (select d.state from ops.deployments d where d.id = v_id);
end
$$;
comment on function ops.note_deployment(uuid, integer, text, text, text, boolean) is
  'A deployment of a build begins or ends: its row, the one whose place it takes, the build''s address and its log. Said again, nothing changes. Returns the state it is in. p_is_late: what the run itself said, told after others had concluded something from its silence.';
select ops.restrict_function('ops.note_deployment(uuid, integer, text, text, text, boolean)');

-- Security definer: a recorder's role may execute it and has no right on any table (20261121020632).
create function ops.record_build_deployment(
  p_build_id uuid, p_attempt integer, p_lease_token bigint, p_environment text, p_state text, p_url text default null, out outcome text,
  out state text
)
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform ops.require_lease(p_lease_token);
  perform from ops.builds b where b.id = p_build_id for no key update;
  if (ops.build_writer(p_build_id, p_attempt, p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  state := ops.note_deployment(p_build_id, p_attempt, p_environment, p_state, p_url);
end
$$;
comment on function ops.record_build_deployment(uuid, integer, bigint, text, text, text) is
  'A job that deploys says how that goes, under its lease: in_progress, then success (with the address to see it at), failure or error. outcome: stored (and the state it is in now) or stale.';
select ops.restrict_function('ops.record_build_deployment(uuid, integer, bigint, text, text, text)', 'service_role');

-- Security definer: service_role changes deployments and builds through functions only.
create function ops.replay_build_deployment(
  p_build_id uuid, p_attempt integer, p_environment text, p_state text, p_url text default null, out outcome text,
  out state text
)
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from ops.builds b where b.id = p_build_id for no key update;
  if (ops.build_writer(p_build_id, p_attempt, null)).is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  state := ops.note_deployment(p_build_id, p_attempt, p_environment, p_state, p_url, p_is_late => true);
end
$$;
comment on function ops.replay_build_deployment(uuid, integer, text, text, text) is
  'ops.record_build_deployment for the buffer of a run whose lease is over: its attempt must be the current one.';
select ops.restrict_function('ops.replay_build_deployment(uuid, integer, text, text, text)', 'service_role');

create function ops.end_deployments()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_row record;
begin
  for v_row in
    select d.build_id, d.attempt, d.environment, case when c.status in ('succeeded', 'almost') then 'success' when c.status = 'failed' then 'failure' else 'error' end as state
    from changed c
    join former f on f.id = c.id
    join ops.deployments d on d.build_id = c.id and d.state = 'in_progress'
    where c.status <> f.status and c.status not in ('dispatched', 'running')
    order by d.project_id, d.environment
  loop
    perform ops.note_deployment(v_row.build_id, v_row.attempt, v_row.environment, v_row.state, null);
  end loop;
  return null;
end
$$;
comment on function ops.end_deployments() is
  'Trigger: what a build had begun to deploy, and its jobs did not end themselves, ends as the build does.';
select ops.restrict_function('ops.end_deployments()');
create trigger end_deployments after update on ops.builds
  referencing old table as former new table as changed for each statement execute function ops.end_deployments();

create function ops.project_deployments(
  p_project_id uuid, p_environment text default null, p_before uuid default null, p_limit integer default 50
)
returns setof ops.deployments
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
begin
  if p_environment is null then
    return query
      select d.*
      from ops.deployments d
      where d.project_id = p_project_id and d.id < v_before
      order by d.id desc
      limit v_limit;
  else
    return query
      select d.*
      from ops.deployments d
      where d.project_id = p_project_id and d.environment = p_environment and d.id < v_before
      order by d.id desc
      limit v_limit;
  end if;
end
$$;
comment on function ops.project_deployments(uuid, text, uuid, integer) is
  'Deployments of a project, to one environment or to all, newest first; the one in state success is what is there now. The next page: pass the last id as p_before.';
select ops.restrict_function('ops.project_deployments(uuid, text, uuid, integer)', 'authenticated', 'service_role');
