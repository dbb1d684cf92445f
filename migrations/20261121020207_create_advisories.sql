-- Why      Advice is one row per finding, however often it is found; people resolve it, put it off, or live with it for a while.
-- Objects  table ops.advisories; functions ops.stamp_advisory, ops.raise_advisory, ops.settle_advisories, ops.suppress_advisory,
--          ops.list_advisories, ops.resolve_advisory, ops.snooze_advisory, ops.idle_projects.
-- Locks    New objects only. Rollback: drop them; what people said of advice is lost.

create table ops.advisories (
  id uuid primary key default ops.new_id(),
  org_id uuid not null,
  project_id uuid not null references ops.projects (id) on delete cascade,
  branch_id uuid,
  cache_key text not null check (cache_key <> ''),
  name text not null check (name <> ''),
  level text not null default 'warning' check (level in ('info', 'warning', 'error')),
  level_rank smallint not null generated always as (case level when 'error' then 3 when 'warning' then 2 else 1 end) stored,
  categories text[] not null default '{}',
  title text not null,
  description text not null default '',
  detail text not null default '',
  remediation text,
  evidence jsonb not null default '{}' check (jsonb_typeof(evidence) = 'object'),
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  seen_count integer not null default 1,
  reopened_count integer not null default 0,
  resolved_at timestamptz,
  resolved_by uuid,
  snoozed_until timestamptz,
  snoozed_by uuid,
  suppressed_until timestamptz,
  suppressed_by text,
  suppression_reason text,
  updated_at timestamptz not null default now(),
  unique (project_id, cache_key),
  foreign key (branch_id, project_id) references ops.branches (id, project_id) on delete cascade,
  check ((suppressed_until is null) = (suppression_reason is null))
);
comment on table ops.advisories is 'Advice about projects, in the row contract of Supabase''s splinter.';
comment on column ops.advisories.cache_key is 'What makes two findings the same one, for example no_recent_build or unindexed_foreign_keys_public_orders.';
comment on column ops.advisories.name is 'The check that found it.';
comment on column ops.advisories.resolved_by is 'The signed-in user; null when the check found it gone.';
comment on column ops.advisories.snoozed_until is 'Put off by a person: not active before, unless it gets worse.';
comment on column ops.advisories.suppressed_until is 'Lived with, as declared with a reason, and never for ever: not active before, however bad.';
create index advisories_page on ops.advisories (project_id, level_rank desc, id desc);
create index advisories_branch on ops.advisories (branch_id, project_id) where branch_id is not null;
select ops.restrict_table('ops.advisories', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.advisories', 'org_id = any (array(select ops.my_org_ids()))');
create trigger inherit_org before insert or update of org_id, project_id on ops.advisories
  for each row execute function ops.inherit_from_project();

-- Members may say two things of an advisory, and who said it is not theirs to say.
do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    grant update (resolved_at, snoozed_until) on ops.advisories to authenticated;
    create policy member_update on ops.advisories for update to authenticated
      using (org_id = any (array(select ops.my_org_ids())))
      with check (org_id = any (array(select ops.my_org_ids())));
  end if;
end
$$;

create function ops.stamp_advisory()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  if new.resolved_at is distinct from old.resolved_at then
    new.resolved_by := case when new.resolved_at is not null then ops.current_user_id() end;
  end if;
  if new.snoozed_until is distinct from old.snoozed_until then
    new.snoozed_by := case when new.snoozed_until is not null then ops.current_user_id() end;
  end if;
  return new;
end
$$;
comment on function ops.stamp_advisory() is 'Trigger: who resolved or snoozed an advisory is who the request speaks for.';
select ops.restrict_function('ops.stamp_advisory()');
create trigger stamp before update of resolved_at, snoozed_until on ops.advisories
  for each row execute function ops.stamp_advisory();

create function ops.raise_advisory(
  p_project_id uuid,
  p_cache_key text,
  p_name text,
  p_title text,
  p_level text default 'warning',
  p_description text default '',
  p_detail text default '',
  p_remediation text default null,
  p_categories text[] default '{}',
  p_evidence jsonb default null,
  p_branch_id uuid default null,
  out advisory_id uuid,
  out outcome text
)
language sql
set search_path = ''
as $$
  with former as (
    select a.id, a.resolved_at from ops.advisories a where a.project_id = p_project_id and a.cache_key = p_cache_key
  ), raised as (
    insert into ops.advisories as a (
      project_id, branch_id, cache_key, name, level, title, description, detail, remediation, categories, evidence
    )
    values (
      p_project_id, p_branch_id, p_cache_key, p_name, p_level, p_title, coalesce(p_description, ''), coalesce(p_detail, ''),
      p_remediation, coalesce(p_categories, '{}'), coalesce(p_evidence, '{}')
    )
    on conflict (project_id, cache_key) do update
    set name = excluded.name,
        branch_id = excluded.branch_id,
        level = excluded.level,
        title = excluded.title,
        description = excluded.description,
        detail = excluded.detail,
        remediation = excluded.remediation,
        categories = excluded.categories,
        evidence = excluded.evidence,
        last_seen_at = excluded.last_seen_at,
        seen_count = a.seen_count + 1,
        reopened_count = a.reopened_count + (a.resolved_at is not null)::integer,
        resolved_at = null,
        -- A snooze was about what was known then.
        snoozed_until = case
          when a.resolved_at is null and excluded.level_rank <= a.level_rank then a.snoozed_until
        end,
        updated_at = now()
    returning a.id, a.xmax = 0 as is_new
  )
  select r.id,
    case
      when r.is_new then 'created'
      when exists (select from former f where f.resolved_at is not null) then 'reopened'
      else 'refreshed'
    end
  from raised r
$$;
comment on function ops.raise_advisory(uuid, text, text, text, text, text, text, text, text[], jsonb, uuid) is
  'Say that a check found something (again). One row per project and cache_key: a resolved one is open again, a snoozed one stays so unless it got worse, a suppressed one stays so. outcome: created, refreshed or reopened.';
select ops.restrict_function(
  'ops.raise_advisory(uuid, text, text, text, text, text, text, text, text[], jsonb, uuid)', 'service_role'
);

create function ops.settle_advisories(p_name text, p_found uuid[], p_project_ids uuid[] default null)
returns integer
language sql
set search_path = ''
as $$
  with gone as (
    update ops.advisories a
    set resolved_at = now(), snoozed_until = null
    where a.name = p_name
      and a.resolved_at is null
      and a.id <> all (coalesce(p_found, '{}'))
      and (p_project_ids is null or a.project_id = any (p_project_ids))
    returning a.id
  )
  select count(*)::integer from gone
$$;
comment on function ops.settle_advisories(text, uuid[], uuid[]) is
  'After a check looked at everything (or at these projects): resolve what it found before and did not find now; p_found are the ids it raised. Returns how many. Not to be called when the check could not look.';
select ops.restrict_function('ops.settle_advisories(text, uuid[], uuid[])', 'service_role');

create function ops.suppress_advisory(
  p_project_id uuid, p_cache_key text, p_until timestamptz, p_reason text, p_actor text default null
)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_until is null or p_until = 'infinity' or coalesce(btrim(p_reason), '') = '' then
    raise exception 'an advisory is suppressed for a reason and until a day' using errcode = 'invalid_parameter_value';
  end if;
  update ops.advisories a
  set suppressed_until = p_until, suppression_reason = p_reason, suppressed_by = p_actor, updated_at = now()
  where a.project_id = p_project_id and a.cache_key = p_cache_key;
  return found;
end
$$;
comment on function ops.suppress_advisory(uuid, text, timestamptz, text, text) is
  'Live with an advisory until a day, as declared in a file with its reason. False when there is none.';
select ops.restrict_function('ops.suppress_advisory(uuid, text, timestamptz, text, text)', 'service_role');

create function ops.list_advisories(
  project_id uuid, p_state text default 'active', p_before_rank integer default null, p_before_id uuid default null,
  p_limit integer default 50
)
returns table (
  id uuid, branch_id uuid, cache_key text, name text, level text, level_rank smallint, categories text[], title text,
  description text, detail text, remediation text, evidence jsonb, state text, first_seen_at timestamptz,
  last_seen_at timestamptz, seen_count integer, reopened_count integer, resolved_at timestamptz, resolved_by uuid,
  snoozed_until timestamptz, snoozed_by uuid, suppressed_until timestamptz, suppressed_by text, suppression_reason text
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
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
  v_rank integer := coalesce(p_before_rank, 99);
  v_before uuid := coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
begin
  if p_state is null or p_state not in ('active', 'snoozed', 'suppressed', 'resolved', 'all') then
    raise exception 'unknown state %', coalesce(quote_literal(p_state), 'null')
      using errcode = 'invalid_parameter_value', hint = 'active, snoozed, suppressed, resolved or all';
  end if;
  return query
    select l.id, l.branch_id, l.cache_key, l.name, l.level, l.level_rank, l.categories, l.title, l.description, l.detail,
      l.remediation, l.evidence, l.state, l.first_seen_at, l.last_seen_at, l.seen_count, l.reopened_count, l.resolved_at,
      l.resolved_by, l.snoozed_until, l.snoozed_by, l.suppressed_until, l.suppressed_by, l.suppression_reason
    from (
      select a.*,
        case
          when a.resolved_at is not null then 'resolved'
          when a.suppressed_until > now() then 'suppressed'
          when a.snoozed_until > now() then 'snoozed'
          else 'active'
        end as state
      from ops.advisories a
      where a.project_id = list_advisories.project_id
    ) l
    where (p_state = 'all' or l.state = p_state)
      and (l.level_rank, l.id) < (v_rank, v_before)
    order by l.level_rank desc, l.id desc
    limit v_limit;
end
$$;
comment on function ops.list_advisories(uuid, text, integer, uuid, integer) is
  'Advice about a project, worst first, then newest: what is active, or another state, or all. The next page: pass the last level_rank and id as p_before_rank and p_before_id.';
select ops.restrict_function('ops.list_advisories(uuid, text, integer, uuid, integer)', 'authenticated', 'service_role');

create function ops.resolve_advisory(id uuid)
returns setof ops.advisories
language sql
set search_path = ''
as $$
  update ops.advisories a
  set resolved_at = coalesce(a.resolved_at, now()), snoozed_until = null
  where a.id = resolve_advisory.id
  returning a.*
$$;
comment on function ops.resolve_advisory(uuid) is
  'Say that an advisory is dealt with; found again, it is open again. Returns it, or nothing to who may not see it.';
select ops.restrict_function('ops.resolve_advisory(uuid)', 'authenticated', 'service_role');

create function ops.snooze_advisory(id uuid, until timestamptz)
returns setof ops.advisories
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
  if until is null or until <= now() or until > now() + interval '1 year' then
    raise exception 'an advisory is snoozed until a time in the year to come, not %', coalesce(until::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'To live with it for longer, suppress it in a file, with the reason.';
  end if;
  return query
    update ops.advisories a
    set snoozed_until = snooze_advisory.until
    where a.id = snooze_advisory.id and a.resolved_at is null
    returning a.*;
end
$$;
comment on function ops.snooze_advisory(uuid, timestamptz) is
  'Put an open advisory off until then. Returns it, or nothing when it is resolved or not the caller''s to see.';
select ops.restrict_function('ops.snooze_advisory(uuid, timestamptz)', 'authenticated', 'service_role');

create function ops.idle_projects(p_idle interval default '7 days', p_after uuid default null, p_limit integer default 1000)
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
      and coalesce(b.created_at, p.created_at) < now() - p_idle
    order by p.id
    limit least(greatest(coalesce(p_limit, 1000), 1), 10000);
end
$$;
comment on function ops.idle_projects(interval, uuid, integer) is
  'Projects without a build for so long, for the nightly look for advice; a new project has that long to make its first. The next page: pass the last project_id as p_after.';
select ops.restrict_function('ops.idle_projects(interval, uuid, integer)', 'service_role');
