-- Why      Projects and their branches are what files say. A file that goes archives them: builds, logs and metrics are history and stay.
-- Objects  functions ops.declared_projects, ops.plan_projects, ops.declare_project, ops.archive_project, ops.cancel_waiting_builds; columns
--          ops.projects.declared, .description, .owner.
-- Locks    The project's row; ACCESS EXCLUSIVE on ops.projects for a moment (columns). Rollback: drop the functions and the columns.

alter table ops.projects
  add column if not exists declared boolean not null default false,
  add column if not exists description text,
  add column if not exists owner text;
comment on column ops.projects.declared is 'A file of runbooks/projects/ made it.';
comment on column ops.projects.owner is 'Who is asked about it: a GitHub user or team, or a mail address.';

create function ops.declared_projects()
returns table (name text, spec jsonb)
language sql
stable
set search_path = ''
as $$
  select o.slug || '/' || p.slug,
    jsonb_build_object(
      'title', p.name, 'description', p.description, 'owner', p.owner, 'repository', p.repo_url, 'workflow', p.workflow, 'dispatch', p.dispatch, 'runtime_version', p.runtime_version,
      'keep_seconds', extract(epoch from p.keep_builds)::bigint,
      'branches', coalesce((
        select jsonb_object_agg(h.name, jsonb_build_object(
          'lane', h.lane, 'workflow', h.workflow, 'environment', h.environment, 'inputs', h.inputs, 'manual', h.manual,
          'one_at_a_time', h.one_at_a_time, 'cancel_superseded', h.cancel_superseded, 'stop_superseded', h.stop_superseded,
          'waiting_limit', h.waiting_limit
        ))
        from ops.branches h
        where h.project_id = p.id and h.archived_at is null
      ), '{}')
    )
  from ops.projects p
  join ops.orgs o on o.id = p.org_id
  where p.archived_at is null
$$;
comment on function ops.declared_projects() is 'Projects as files would declare them, by org/slug; archived ones are not there.';
select ops.restrict_function('ops.declared_projects()', 'service_role');

-- Security definer: a role that may plan is no member of any organisation, and gets this function instead of the tables.
create function ops.plan_projects()
returns table (name text, spec jsonb)
language sql
stable
security definer
set search_path = ''
as $$
  select d.name, d.spec from ops.declared_projects() d
$$;
comment on function ops.plan_projects() is 'ops.declared_projects, for a role that may plan.';
select ops.restrict_function('ops.plan_projects()');

create function ops.cancel_waiting_builds(p_branch_ids uuid[], p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_build record;
begin
  for v_build in
    select b.id from ops.builds b where b.branch_id = any (p_branch_ids) and b.status = 'queued' order by b.id
  loop
    perform ops.cancel_build(v_build.id, 'reconcile', p_reason);
  end loop;
end
$$;
comment on function ops.cancel_waiting_builds(uuid[], text) is 'Cancel the builds of these branches that nobody has begun.';
select ops.restrict_function('ops.cancel_waiting_builds(uuid[], text)', 'service_role');

create function ops.declare_project(p_name text, p_spec jsonb)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  v_org text := split_part(p_name, '/', 1);
  v_project record;
  v_was_dispatched boolean;
  v_gone uuid[];
  v_build record;
begin
  insert into ops.orgs (name, slug) values (v_org, v_org) on conflict (slug) do nothing;
  select p.dispatch into v_was_dispatched
  from ops.projects p join ops.orgs o on o.id = p.org_id
  where o.slug = v_org and p.slug = split_part(p_name, '/', 2)
  for no key update of p;
  insert into ops.projects as p (
    org_id, slug, name, description, owner, repo_url, workflow, dispatch, runtime_version, keep_builds, declared
  )
  select o.id, split_part(p_name, '/', 2), p_spec ->> 'title', p_spec ->> 'description', p_spec ->> 'owner', p_spec ->> 'repository',
    p_spec ->> 'workflow', (p_spec ->> 'dispatch')::boolean, p_spec ->> 'runtime_version',
    make_interval(secs => (p_spec ->> 'keep_seconds')::bigint), true
  from ops.orgs o
  where o.slug = v_org
  on conflict (org_id, slug) do update
  set name = excluded.name, description = excluded.description, owner = excluded.owner, repo_url = excluded.repo_url, workflow = excluded.workflow, dispatch = excluded.dispatch,
      runtime_version = excluded.runtime_version, keep_builds = excluded.keep_builds, declared = true, archived_at = null, updated_at = now(),
      -- Another repository is another number, which its first run proves.
      repository_id = case when lower(ops.repository_name(p.repo_url)) = lower(ops.repository_name(excluded.repo_url)) then p.repository_id end
  returning p.id, p.dispatch into v_project;
  insert into ops.branches as h (
    project_id, name, lane, workflow, environment, inputs, manual, one_at_a_time, cancel_superseded, stop_superseded, waiting_limit
  )
  select v_project.id, s.key, s.value ->> 'lane', s.value ->> 'workflow', s.value ->> 'environment', s.value -> 'inputs',
    (s.value ->> 'manual')::boolean, (s.value ->> 'one_at_a_time')::boolean, (s.value ->> 'cancel_superseded')::boolean,
    (s.value ->> 'stop_superseded')::boolean, (s.value ->> 'waiting_limit')::integer
  from jsonb_each(p_spec -> 'branches') s
  on conflict (project_id, name) do update
  set lane = excluded.lane, workflow = excluded.workflow, environment = excluded.environment, inputs = excluded.inputs,
      manual = excluded.manual, one_at_a_time = excluded.one_at_a_time, cancel_superseded = excluded.cancel_superseded,
      stop_superseded = excluded.stop_superseded, waiting_limit = excluded.waiting_limit, archived_at = null, updated_at = now();
  with gone as (
    update ops.branches h
    set archived_at = now(), updated_at = now()
    where h.project_id = v_project.id and h.archived_at is null and not p_spec -> 'branches' ? h.name
    returning h.id
  )
  select array_agg(g.id) into v_gone from gone g;
  perform ops.cancel_waiting_builds(v_gone, 'its branch was archived');
  if v_was_dispatched <> v_project.dispatch then
    -- Those that wait do so in the other queue from now on.
    for v_build in
      select b.id, b.queue_id from ops.builds b where b.project_id = v_project.id and b.status = 'queued' order by b.id for no key update
    loop
      perform ops.cancel_job(v_build.queue_id);
      perform ops.enqueue_build(v_build.id);
    end loop;
  end if;
  return v_project.id;
end
$$;
comment on function ops.declare_project(text, jsonb) is
  'Make a project (org/slug) and its branches what a file says, as ops.declared_projects tells it. Its organisation is made when there is none; branches the file does not name are archived, and their builds that wait are cancelled.';
select ops.restrict_function('ops.declare_project(text, jsonb)', 'service_role');

create function ops.archive_project(p_name text)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_project_id uuid;
begin
  update ops.projects p
  set archived_at = now(), updated_at = now(), declared = false
  from ops.orgs o
  where o.id = p.org_id and o.slug = split_part(p_name, '/', 1) and p.slug = split_part(p_name, '/', 2) and p.archived_at is null
  returning p.id into v_project_id;
  if not found then
    return false;
  end if;
  perform ops.cancel_waiting_builds(array(select h.id from ops.branches h where h.project_id = v_project_id), 'its project was archived');
  return true;
end
$$;
comment on function ops.archive_project(text) is
  'No file declares this project (org/slug) any more: nothing new is built, builds that wait are cancelled, and all it left stays to be read.';
select ops.restrict_function('ops.archive_project(text)', 'service_role');
