-- Why      A newer version of the runtime is first known, then planned, then built, and somebody asks how far each project is.
-- Objects  table ops.upgrades; functions ops.record_upgrade, ops.project_upgrades.
-- Locks    New objects only. Rollback: drop them.

create table ops.upgrades (
  id uuid primary key default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null references ops.projects (id) on delete cascade,
  branch_id uuid,
  component text not null default 'runtime' check (component <> ''),
  from_version text not null,
  to_version text not null,
  status text not null default 'available' check (
    status in ('available', 'planned', 'running', 'succeeded', 'failed', 'dismissed')
  ),
  build_id uuid references ops.builds (id) on delete set null,
  advisory_id uuid references ops.advisories (id) on delete set null,
  notes text,
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  planned_for timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  foreign key (branch_id, project_id) references ops.branches (id, project_id) on delete cascade
);
comment on table ops.upgrades is 'Upgrades of what projects run on, from known to done.';
comment on column ops.upgrades.component is 'What is upgraded: runtime, postgres, or a dependency''s name.';
comment on column ops.upgrades.build_id is 'The build that carries it out, or did last.';
comment on column ops.upgrades.advisory_id is 'The advice that asks for it.';
create unique index upgrades_target on ops.upgrades (project_id, component, to_version, branch_id) nulls not distinct;
create index upgrades_project on ops.upgrades (project_id, id desc);
create index upgrades_branch on ops.upgrades (branch_id, project_id) where branch_id is not null;
create index upgrades_build on ops.upgrades (build_id) where build_id is not null;
create index upgrades_advisory on ops.upgrades (advisory_id) where advisory_id is not null;
select ops.restrict_table('ops.upgrades', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.upgrades', 'org_id = any (array(select ops.my_org_ids()))');
create trigger inherit_org before insert or update of org_id, project_id on ops.upgrades
  for each row execute function ops.inherit_from_project();

create function ops.record_upgrade(
  p_project_id uuid,
  p_from_version text,
  p_to_version text,
  p_status text default 'available',
  p_component text default 'runtime',
  p_branch_id uuid default null,
  p_build_id uuid default null,
  p_advisory_id uuid default null,
  p_notes text default null,
  p_evidence jsonb default null,
  p_planned_for timestamptz default null
)
returns uuid
language sql
set search_path = ''
as $$
  insert into ops.upgrades as u (
    project_id, branch_id, component, from_version, to_version, status, build_id, advisory_id, notes, evidence, planned_for,
    started_at, finished_at
  )
  values (
    p_project_id, p_branch_id, p_component, p_from_version, p_to_version, p_status, p_build_id, p_advisory_id, p_notes,
    coalesce(p_evidence, '{}'), p_planned_for,
    case when p_status in ('running', 'succeeded', 'failed') then now() end,
    case when p_status in ('succeeded', 'failed', 'dismissed') then now() end
  )
  on conflict (project_id, component, to_version, branch_id) do update
  set from_version = excluded.from_version,
      -- Seen again by a scan: what people made of it stays.
      status = case when excluded.status = 'available' then u.status else excluded.status end,
      build_id = coalesce(excluded.build_id, u.build_id),
      advisory_id = coalesce(excluded.advisory_id, u.advisory_id),
      notes = coalesce(excluded.notes, u.notes),
      evidence = u.evidence || excluded.evidence,
      planned_for = coalesce(excluded.planned_for, u.planned_for),
      started_at = case
        when excluded.status = 'running' and u.status <> 'running' then now() else coalesce(u.started_at, excluded.started_at)
      end,
      finished_at = case
        when excluded.status = 'available' then u.finished_at
        when u.status = excluded.status then coalesce(u.finished_at, excluded.finished_at)
        else excluded.finished_at
      end,
      updated_at = now()
  returning u.id
$$;
comment on function ops.record_upgrade(uuid, text, text, text, text, uuid, uuid, uuid, text, jsonb, timestamptz) is
  'Note an upgrade or how far it is: one row per project (or branch), component and version. Found again (available), it keeps the state people gave it. Returns its id.';
select ops.restrict_function(
  'ops.record_upgrade(uuid, text, text, text, text, uuid, uuid, uuid, text, jsonb, timestamptz)', 'service_role'
);

create function ops.project_upgrades(p_project_id uuid, p_before uuid default null, p_limit integer default 50)
returns setof ops.upgrades
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
    select u.*
    from ops.upgrades u
    where u.project_id = p_project_id and u.id < v_before
    order by u.id desc
    limit least(greatest(coalesce(p_limit, 50), 1), 1000);
end
$$;
comment on function ops.project_upgrades(uuid, uuid, integer) is
  'Upgrades of a project, newest first. The next page: pass the last id as p_before.';
select ops.restrict_function('ops.project_upgrades(uuid, uuid, integer)', 'authenticated', 'service_role');
