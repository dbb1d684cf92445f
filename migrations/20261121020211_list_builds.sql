-- Why      Pages show projects, branches in three lanes, builds and logs. Each list is read by an index from where the last page
--          ended, under row level security, in a time that does not depend on how much there is.
-- Objects  functions ops.list_projects, ops.project_branches, ops.branch_builds, ops.project_builds, ops.get_build, ops.build_logs,
--          ops.build_log_tail, ops.project_overview.
-- Locks    None. Rollback: drop the functions.
--
-- plpgsql, not sql: a function with a search path of its own is never inlined, and then sql plans anew in each call what
-- plpgsql plans once. Bounds are variables: no index serves "p is null or", nor, behind a policy, coalesce(), of which the
-- planner cannot know that it tells nothing about rows the caller may not see. The settings say what statistics may not
-- change, however uneven the rows are spread: a page is read in the order of its index and ends with its last row, instead
-- of reading and sorting all there is.

create function ops.list_projects(p_after_name text default null, p_after_id uuid default null, p_limit integer default 100)
returns table (
  id uuid, org_id uuid, name text, slug text, repo_url text, runtime_version text, branch_count bigint, build_count bigint,
  last_build_id uuid, last_build_status text, last_build_at timestamptz, created_at timestamptz
)
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  v_after_name text := coalesce(p_after_name, '');
  v_after_id uuid := coalesce(p_after_id, '00000000-0000-0000-0000-000000000000');
begin
  return query
    select p.id, p.org_id, p.name, p.slug, p.repo_url, p.runtime_version, h.branches, h.builds, b.id, b.status, b.created_at,
      p.created_at
    from (
      select r.*
      from ops.projects r
      where (r.name, r.id) > (v_after_name, v_after_id)
      order by r.name, r.id
      limit least(greatest(coalesce(p_limit, 100), 1), 1000)
    ) p
    left join lateral (
      select count(*) as branches, coalesce(sum(n.build_count), 0)::bigint as builds from ops.branches n where n.project_id = p.id
    ) h on true
    left join lateral (
      select n.id, n.status, n.created_at from ops.builds n where n.project_id = p.id order by n.id desc limit 1
    ) b on true
    order by p.name, p.id;
end
$$;
comment on function ops.list_projects(text, uuid, integer) is
  'Projects by name, with what there is of branches and builds. The next page: pass the last name and id as p_after_name and p_after_id.';
select ops.restrict_function('ops.list_projects(text, uuid, integer)', 'authenticated', 'service_role');

create function ops.project_branches(
  project_id uuid, p_after_lane text default null, p_after_name text default null, p_limit integer default 200
)
returns table (
  id uuid, name text, lane text, environment text, build_count bigint, last_build_id uuid, last_build_status text,
  last_build_at timestamptz, commit_sha text, commit_message text, health text, observed_at timestamptz
)
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_after_name text := coalesce(p_after_name, '');
  v_after_lane smallint := case p_after_lane when 'production' then 1 when 'staging' then 2 when 'development' then 3 else 0 end;
begin
  return query
    select h.id, h.name, h.lane, h.environment, h.build_count, b.id, b.status, b.created_at, b.commit_sha, b.commit_message,
      m.health, m.observed_at
    from (
      select r.*
      from ops.branches r
      where r.project_id = project_branches.project_id and (r.lane_rank, r.name) > (v_after_lane, v_after_name)
      order by r.lane_rank, r.name
      limit least(greatest(coalesce(p_limit, 200), 1), 1000)
    ) h
    left join lateral (
      select n.id, n.status, n.created_at, n.commit_sha, n.commit_message
      from ops.builds n
      where n.branch_id = h.id
      order by n.id desc
      limit 1
    ) b on true
    left join ops.monitoring m on m.branch_id = h.id
    order by h.lane_rank, h.name;
end
$$;
comment on function ops.project_branches(uuid, text, text, integer) is
  'Branches of a project by lane (production, staging, development) and name, with their last build and health. The next page: pass the last lane and name.';
select ops.restrict_function('ops.project_branches(uuid, text, text, integer)', 'authenticated', 'service_role');

create function ops.branch_builds(branch_id uuid, p_before uuid default null, p_limit integer default 50)
returns setof ops.builds
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_before uuid := coalesce(p_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  return query
    select b.*
    from ops.builds b
    where b.branch_id = branch_builds.branch_id and b.id < v_before
    order by b.id desc
    limit least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$$;
comment on function ops.branch_builds(uuid, uuid, integer) is
  'Builds of a branch, newest first. The next page: pass the last id as p_before.';
select ops.restrict_function('ops.branch_builds(uuid, uuid, integer)', 'authenticated', 'service_role');

create function ops.project_builds(p_project_id uuid, p_before uuid default null, p_limit integer default 50)
returns setof ops.builds
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
begin
  return query
    select b.*
    from ops.builds b
    where b.project_id = p_project_id and b.id < v_before
    order by b.id desc
    limit least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$$;
comment on function ops.project_builds(uuid, uuid, integer) is
  'Builds of all branches of a project, newest first. The next page: pass the last id as p_before.';
select ops.restrict_function('ops.project_builds(uuid, uuid, integer)', 'authenticated', 'service_role');

create function ops.get_build(p_build_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    select to_jsonb(b) || jsonb_build_object(
      'project', jsonb_build_object('name', p.name, 'slug', p.slug, 'repo_url', p.repo_url),
      'branch', jsonb_build_object('name', h.name, 'lane', h.lane, 'environment', h.environment),
      'artifacts', (
        select coalesce(jsonb_agg(to_jsonb(a) - '{org_id,build_id,run_id,content}'::text[] order by a.id), '[]')
        from (select r.* from ops.artifacts r where r.build_id = b.id order by r.id limit 1000) a
      )
    )
    from ops.builds b
    join ops.branches h on h.id = b.branch_id
    join ops.projects p on p.id = b.project_id
    where b.id = p_build_id
  );
end
$$;
comment on function ops.get_build(uuid) is
  'One build with its project, branch and artifacts (without their contents); null when there is none, or not for the caller.';
select ops.restrict_function('ops.get_build(uuid)', 'authenticated', 'service_role');

create function ops.build_logs(
  build_id uuid, p_after_attempt integer default null, p_after_seq integer default null, p_limit integer default 500
)
returns table (
  attempt integer, seq integer, at timestamptz, kind text, level text, step text, message text, data jsonb
)
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_after_attempt integer := coalesce(p_after_attempt, -1);
  v_after_seq integer := coalesce(p_after_seq, 0);
begin
  return query
    select e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message, e.data
    from ops.build_events e
    where e.build_id = build_logs.build_id and (e.attempt, e.seq) > (v_after_attempt, v_after_seq)
    order by e.attempt, e.seq
    limit least(greatest(coalesce(p_limit, 500), 1), 10000);
end
$$;
comment on function ops.build_logs(uuid, integer, integer, integer) is
  'The log of a build in order: first what the control room did (attempt 0), then each attempt. The next page, or what came since: pass the last attempt and seq.';
select ops.restrict_function('ops.build_logs(uuid, integer, integer, integer)', 'authenticated', 'service_role');

create function ops.build_log_tail(p_build_id uuid, p_limit integer default 200)
returns table (
  attempt integer, seq integer, at timestamptz, kind text, level text, step text, message text, data jsonb
)
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
    select t.attempt, t.seq, t.at, t.kind, t.level, t.step, t.message, t.data
    from (
      select e.*
      from ops.build_events e
      where e.build_id = p_build_id
      order by e.attempt desc, e.seq desc
      limit least(greatest(coalesce(p_limit, 200), 1), 10000)
    ) t
    order by t.attempt, t.seq;
end
$$;
comment on function ops.build_log_tail(uuid, integer) is
  'The last lines of a build''s log, in order: where somebody who opens it begins; ops.build_logs goes on from there.';
select ops.restrict_function('ops.build_log_tail(uuid, integer)', 'authenticated', 'service_role');

create function ops.project_overview(p_project_id uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return (
    with branches as materialized (
      select h.* from ops.project_branches(p_project_id, null, null, 1000) h
    )
    select to_jsonb(p) || jsonb_build_object(
      'lanes', (
        select jsonb_object_agg(l.lane, (
          select coalesce(jsonb_agg(to_jsonb(h) - 'lane' order by h.name), '[]') from branches h where h.lane = l.lane
        ))
        from unnest('{production,staging,development}'::text[]) as l (lane)
      ),
      'builds', (select coalesce(jsonb_agg(to_jsonb(b) order by b.id desc), '[]') from ops.project_builds(p.id, null, 10) b),
      'open_builds', (
        select coalesce(jsonb_object_agg(o.status, o.builds), '{}')
        from (
          select b.status, count(*) as builds
          from ops.builds b
          where b.project_id = p.id and b.status in ('queued', 'dispatched', 'running')
          group by b.status
        ) o
      ),
      'advisories', (
        select coalesce(jsonb_object_agg(o.level, o.advisories), '{}')
        from (
          select a.level, count(*) as advisories
          from ops.advisories a
          where a.project_id = p.id
            and a.resolved_at is null
            and (a.snoozed_until is null or a.snoozed_until <= now())
            and (a.suppressed_until is null or a.suppressed_until <= now())
          group by a.level
        ) o
      ),
      'upgrades', (
        select coalesce(jsonb_agg(to_jsonb(u) order by u.id desc), '[]')
        from ops.project_upgrades(p.id, null, 100) u
        where u.status in ('available', 'planned', 'running')
      )
    )
    from ops.projects p
    where p.id = p_project_id
  );
end
$$;
comment on function ops.project_overview(uuid) is
  'A project in one call: its branches by lane with last build and health, the newest builds, how many are open, active advice by level, upgrades to come. Null when there is none, or not for the caller.';
select ops.restrict_function('ops.project_overview(uuid)', 'authenticated', 'service_role');
