-- Why      What is built: a project of an organisation, and its branches in three lanes, as Odoo.sh shows them.
-- Objects  tables ops.projects, ops.branches; functions ops.keep_project_org, ops.inherit_from_project, ops.inherit_from_branch.
-- Locks    New objects only. Rollback: drop them; builds, events and metrics hang on them.

create table ops.projects (
  id uuid primary key default ops.new_id(),
  org_id uuid not null references ops.orgs (id) on delete cascade,
  name text not null check (length(btrim(name)) between 1 and 200),
  slug text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  repo_url text,
  runtime_version text,
  workflow text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (org_id, slug)
);
comment on table ops.projects is 'What an organisation builds: one repository, in branches.';
comment on column ops.projects.workflow is 'File of the workflow that builds it, for example build.yml; a branch may name its own.';
create index projects_name on ops.projects (org_id, name, id);
select ops.restrict_table('ops.projects', 'select', 'insert', 'update', 'delete');
-- Array instead of IN: a condition the index of org_id can serve, so nobody reads the projects of others to skip them.
select ops.allow_read('ops.projects', 'org_id = any (array(select ops.my_org_ids()))');

-- Rows below a project carry its org_id, so that a policy needs no join. They would lie after a move.
create function ops.keep_project_org()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'project % stays with its organisation', old.id
    using errcode = 'check_violation', hint = 'Make a project of that name in the other organisation.';
end
$$;
comment on function ops.keep_project_org() is 'Trigger: refuses to move a project to another organisation.';
select ops.restrict_function('ops.keep_project_org()');
create trigger keep_org before update of org_id on ops.projects
  for each row when (new.org_id is distinct from old.org_id) execute function ops.keep_project_org();

create table ops.branches (
  id uuid primary key default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null references ops.projects (id) on delete cascade,
  name text not null check (name <> ''),
  lane text not null default 'development' check (lane in ('production', 'staging', 'development')),
  lane_rank smallint not null generated always as (
    case lane when 'production' then 1 when 'staging' then 2 else 3 end
  ) stored,
  workflow text,
  environment text,
  inputs jsonb not null default '{}' check (jsonb_typeof(inputs) = 'object'),
  cancel_superseded boolean not null default false,
  build_count bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project_id, name),
  unique (id, project_id)
);
comment on table ops.branches is 'Branches of a project, each in one of three lanes.';
comment on column ops.branches.org_id is 'Of the project; filled by a trigger, whatever the writer says.';
comment on column ops.branches.environment is 'GitHub environment its builds deploy to, whose approval they wait for.';
comment on column ops.branches.inputs is 'Inputs every build of this branch starts with; a build''s own win.';
comment on column ops.branches.cancel_superseded is 'A new build cancels those of this branch that still wait.';
comment on column ops.branches.build_count is 'Builds of this branch, kept by a trigger: counting a million rows for a page would take a second.';
create index branches_lane on ops.branches (project_id, lane_rank, name);
select ops.restrict_table('ops.branches', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.branches', 'org_id = any (array(select ops.my_org_ids()))');

create function ops.inherit_from_project()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- Null when there is no such project: the foreign key says so.
  select p.org_id into new.org_id from ops.projects p where p.id = new.project_id;
  return new;
end
$$;
comment on function ops.inherit_from_project() is 'Trigger: a row''s org_id is that of its project.';
select ops.restrict_function('ops.inherit_from_project()');
create trigger inherit_org before insert or update of org_id, project_id on ops.branches
  for each row execute function ops.inherit_from_project();

create function ops.inherit_from_branch()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  select b.project_id, b.org_id into new.project_id, new.org_id from ops.branches b where b.id = new.branch_id;
  return new;
end
$$;
comment on function ops.inherit_from_branch() is 'Trigger: a row''s project_id and org_id are those of its branch.';
select ops.restrict_function('ops.inherit_from_branch()');
