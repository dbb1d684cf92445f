-- Why      An archived project is history: it is no row of a page any more, and nobody is told that it is not built.
-- Objects  functions ops.list_projects, ops.project_branches, ops.idle_projects (replaced: they leave out what is archived).
-- Locks    None. Rollback: restore the functions of 20261121020211 and 20261121020207.

create or replace function ops.list_projects(p_after_name text default null, p_after_id uuid default null, p_limit integer default 100)
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
      where (r.name, r.id) > (v_after_name, v_after_id) and r.archived_at is null
      order by r.name, r.id
      limit least(greatest(coalesce(p_limit, 100), 1), 1000)
    ) p
    left join lateral (
      select count(*) filter (where n.archived_at is null) as branches, coalesce(sum(n.build_count), 0)::bigint as builds
      from ops.branches n
      where n.project_id = p.id
    ) h on true
    left join lateral (
      select n.id, n.status, n.created_at from ops.builds n where n.project_id = p.id order by n.id desc limit 1
    ) b on true
    order by p.name, p.id;
end
$$;

create or replace function ops.project_branches(
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
        and r.archived_at is null
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

create or replace function ops.idle_projects(p_idle interval default '7 days', p_after uuid default null, p_limit integer default 1000)
returns table (project_id uuid, org_id uuid, name text, last_build_id uuid, last_build_at timestamptz)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
begin
  return query
    select p.id, p.org_id, p.name, b.id, b.created_at
    from ops.projects p
    left join lateral (
      select n.id, n.created_at from ops.builds n where n.project_id = p.id order by n.id desc limit 1
    ) b on true
    where p.id > v_after
      and p.archived_at is null
      and coalesce(b.created_at, p.created_at) < now() - p_idle
    order by p.id
    limit least(greatest(coalesce(p_limit, 1000), 1), 10000);
end
$$;
