-- Why      Builds are asked for by name (a terminal, a comment, a schedule), kept within the limits of their branch, and undone by building the last
--          verified commit again.
-- Objects  functions ops.find_branch, ops.trigger_build, ops.rollback_build, ops.monitor_builds, ops.prune_builds; ops.create_build (replaced); a trigger on
--          ops.builds; column ops.projects.keep_builds.
-- Locks    SHARE ROW EXCLUSIVE on ops.builds and ACCESS EXCLUSIVE on ops.projects for a moment. Rollback: drop the new, restore ops.create_build of 20261121020209.

alter table ops.projects add column if not exists keep_builds interval check (keep_builds >= interval '1 day');
comment on column ops.projects.keep_builds is 'How long ended builds are kept; the last twenty of a branch and its last good one stay. Null: for ever.';

create or replace function ops.create_build(
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
  v_former record;
begin
  select h.id, h.name, h.project_id, h.org_id, h.inputs, h.cancel_superseded, h.stop_superseded, h.manual, h.waiting_limit,
    coalesce(h.archived_at, p.archived_at) as archived_at, p.slug
  into v_branch
  from ops.branches h
  join ops.projects p on p.id = h.project_id
  where h.id = p_branch_id;
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
  -- After the insert: a trigger that is sent again gets the build it got before, whatever the limits say by now.
  if v_branch.archived_at is not null then
    raise exception 'branch % of % is archived', v_branch.name, v_branch.slug
      using errcode = 'PT409', hint = 'Declare it in runbooks/projects/ again.';
  elsif v_branch.manual and p_trigger in ('push', 'schedule') then
    raise exception 'branch % of % builds when somebody asks, not by %', v_branch.name, v_branch.slug, p_trigger using errcode = 'PT409';
  elsif not v_branch.cancel_superseded and v_branch.waiting_limit < (
    select count(*) from ops.builds b where b.branch_id = p_branch_id and b.status = 'queued'
  ) then
    raise exception '% builds of branch % of % wait already', v_branch.waiting_limit, v_branch.name, v_branch.slug using errcode = 'PT409';
  end if;
  perform ops.note_build(v_id, v_branch.org_id, 'created', concat_ws(' ', 'triggered by', p_trigger, p_actor), p_data => jsonb_strip_nulls(
    jsonb_build_object('trigger', p_trigger, 'actor', p_actor, 'requested_by', p_requested_by, 'commit_sha', p_commit_sha)
  ));
  perform ops.enqueue_build(v_id, p_priority);
  for v_former in
    select b.id from ops.builds b
    where b.branch_id = p_branch_id and b.id < v_id
      and (v_branch.cancel_superseded and b.status = 'queued' or v_branch.stop_superseded and b.status in ('queued', 'dispatched', 'running'))
    order by b.id
  loop
    perform ops.cancel_build(v_former.id, p_actor, 'superseded by build ' || v_id);
  end loop;
  return query select b.id, b.status, b.queue_id, b.created_at from ops.builds b where b.id = v_id;
end
$$;

create function ops.find_branch(p_project text, p_branch text default null)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  v_found record;
begin
  select count(distinct p.id) as projects, count(h.id) as branches, min(h.id::text)::uuid as id,
    string_agg(distinct o.slug || '/' || p.slug, ', ') as names
  into v_found
  from ops.projects p
  join ops.orgs o on o.id = p.org_id
  left join ops.branches h on h.project_id = p.id and h.archived_at is null
    and (h.name = p_branch or p_branch is null and h.lane = 'production')
  where p_project in (p.slug, o.slug || '/' || p.slug) and p.archived_at is null;
  if v_found.projects = 0 then
    raise exception 'there is no project %', p_project using errcode = 'PT404', hint = 'Projects are declared in runbooks/projects/.';
  elsif v_found.projects > 1 then
    raise exception 'several projects are called %', p_project using errcode = 'PT409', hint = 'Say which: ' || v_found.names || '.';
  elsif v_found.branches <> 1 then
    raise exception 'project % has % %', p_project, case v_found.branches when 0 then 'no' else 'several' end,
      coalesce('branch ' || p_branch, 'branch in the production lane')
      using errcode = 'PT404', hint = 'Name one of: ' || coalesce((
        select string_agg(h.name, ', ' order by h.lane_rank, h.name)
        from ops.branches h
        join ops.projects p on p.id = h.project_id
        join ops.orgs o on o.id = p.org_id
        where p_project in (p.slug, o.slug || '/' || p.slug) and h.archived_at is null
      ), 'none is declared') || '.';
  end if;
  return v_found.id;
end
$$;
comment on function ops.find_branch(text, text) is
  'A branch by the slug of its project (or org/slug) and its name; without a name the one in the production lane. An error that says what there is when it is not exactly one.';
select ops.restrict_function('ops.find_branch(text, text)', 'service_role');

create function ops.trigger_build(
  p_project text, p_branch text default null, p_trigger text default 'schedule', p_actor text default null, p_inputs jsonb default null,
  p_commit_sha text default null, p_idempotency_key text default null
)
returns uuid
language sql
set search_path = ''
as $$
  select c.build_id
  from ops.create_build(
    ops.find_branch(p_project, p_branch), p_trigger, coalesce(p_actor, session_user::text), p_commit_sha => p_commit_sha, p_inputs => p_inputs,
    p_idempotency_key => p_idempotency_key
  ) c
$$;
comment on function ops.trigger_build(text, text, text, text, jsonb, text, text) is
  'Build a branch, by names: select ops.trigger_build(''shop'', ''main'') is what a scheduled job calls. Returns the build.';
select ops.restrict_function('ops.trigger_build(text, text, text, text, jsonb, text, text)', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.rollback_build(p_project_slug text, p_branch text default null, p_actor text default null)
returns table (build_id uuid, commit_sha text, replaces text)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_branch_id uuid := ops.find_branch(p_project_slug, p_branch);
  v_now_sha text;
  v_sha text;
  v_id uuid;
begin
  -- Two people press at once: the second finds the first one's build.
  perform from ops.branches h where h.id = v_branch_id for no key update;
  select b.id, b.commit_sha, b.rollback_of into v_id, v_sha, v_now_sha
  from ops.builds b
  where b.branch_id = v_branch_id and b.rollback_of is not null and b.status in ('queued', 'dispatched', 'running')
  order by b.id desc
  limit 1;
  if found then
    return query select v_id, v_sha, v_now_sha;
    return;
  end if;
  select b.commit_sha into v_now_sha
  from ops.builds b
  where b.branch_id = v_branch_id and b.commit_sha is not null and ops.build_is_final(b.status) and b.status <> 'cancelled'
  order by b.id desc
  limit 1;
  select b.commit_sha into v_sha
  from ops.builds b
  where b.branch_id = v_branch_id and b.status = 'succeeded' and b.commit_sha is not null and b.commit_sha <> v_now_sha
    -- What was rolled back from is no place to go back to, until it was built anew.
    and not exists (
      select from ops.builds r
      where r.branch_id = v_branch_id and r.rollback_of = b.commit_sha and r.id > b.id and r.status in ('succeeded', 'almost')
    )
  order by b.id desc
  limit 1;
  if v_sha is null then
    raise exception 'branch % of % has no verified commit to go back to',
      (select h.name from ops.branches h where h.id = v_branch_id), p_project_slug
      using errcode = 'PT409', hint = 'A verified commit is one whose build succeeded, other than the last, and that nobody went back from.';
  end if;
  select c.build_id into v_id
  from ops.create_build(v_branch_id, 'rollback', p_actor, p_commit_sha => v_sha, p_commit_message => 'rollback of ' || v_now_sha) c;
  update ops.builds b set rollback_of = v_now_sha where b.id = v_id;
  return query select v_id, v_sha, v_now_sha;
end
$$;
comment on function ops.rollback_build(text, text, text) is
  'Build the last verified commit of a branch (by default that of the production lane) again: one whose build succeeded, other than the newest that was built, and that nobody went back from. Asked again while that build is open, the same build. An error when there is no such commit.';
select ops.restrict_function('ops.rollback_build(text, text, text)', 'service_role');

create function ops.monitor_builds()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into ops.monitoring as m (branch_id, health, message, details, observed_at, changed_at)
  select distinct on (c.branch_id) c.branch_id,
    case c.status when 'succeeded' then 'healthy' when 'lost' then 'unknown' else 'degraded' end,
    case c.status when 'succeeded' then '' else 'its last build ' || case c.status
      when 'almost' then 'had warnings' when 'lost' then 'vanished' else c.status end end,
    jsonb_build_object('health_of', 'build', 'build', jsonb_strip_nulls(jsonb_build_object(
      'id', c.id, 'status', c.status, 'commit_sha', c.commit_sha, 'url', c.environment_url, 'finished_at', c.finished_at
    ))),
    c.finished_at, c.finished_at
  from changed c
  join former f on f.id = c.id
  where c.status in ('succeeded', 'almost', 'failed', 'lost') and c.status <> f.status and c.finished_at is not null
  order by c.branch_id, c.id desc
  on conflict (branch_id) do update
  -- What measures the branch knows better how it is; how its last build went is told beside it.
  set health = case when m.details ->> 'health_of' = 'build' then excluded.health else m.health end,
      message = case when m.details ->> 'health_of' = 'build' then excluded.message else m.message end,
      details = m.details || (excluded.details - case when m.details ->> 'health_of' = 'build' then '' else 'health_of' end),
      observed_at = case when m.details ->> 'health_of' = 'build' then greatest(m.observed_at, excluded.observed_at) else m.observed_at end,
      changed_at = case
        when m.details ->> 'health_of' = 'build' and m.health <> excluded.health then excluded.observed_at else m.changed_at
      end;
  return null;
end
$$;
comment on function ops.monitor_builds() is
  'Trigger: how the last build of a branch ended is part of ops.monitoring, and its health where nothing measures it.';
select ops.restrict_function('ops.monitor_builds()');
create trigger monitor_builds after update on ops.builds
  referencing old table as former new table as changed for each statement execute function ops.monitor_builds();

create function ops.prune_builds(p_batch integer default 1000)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_count integer;
begin
  with ended as (
    select b.id, b.status, row_number() over (partition by b.branch_id order by b.id desc) as place,
      b.id = max(case when b.status = 'succeeded' then b.id::text end) over (partition by b.branch_id)::uuid as is_last_good,
      b.finished_at < now() - p.keep_builds as is_old
    from ops.projects p
    join ops.builds b on b.project_id = p.id
    where p.keep_builds is not null and ops.build_is_final(b.status)
  )
  delete from ops.builds b
  where b.id in (select e.id from ended e where e.is_old and e.place > 20 and not coalesce(e.is_last_good, false) order by e.id limit p_batch);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function ops.prune_builds(integer) is
  'Forget builds that are older than their project keeps them, at most p_batch: never an open one, the last twenty of a branch, or its last good one. Returns how many.';
select ops.restrict_function('ops.prune_builds(integer)');
