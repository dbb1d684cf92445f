-- Why      The incremental pull asks the game platform only for what happened since the last pull, and marks whose totals
--          went stale; the sweep fetches those totals. Where each competitor stands is a row, so any call may be the last.
-- Objects  tables ops.competitors, ops.competitor_activities; functions ops.due_competitors, ops.count_due_competitors,
--          ops.record_competitor_activity, ops.record_competitor_totals, ops.record_competitor_failure.
-- Locks    New objects only. Rollback: drop them; the game platform still has everything.

create table ops.competitors (
  id uuid primary key default ops.new_id(),
  external_id text not null unique check (external_id <> ''),
  coach_id text,
  display_name text not null default '',
  active boolean not null default true,
  after_time_unix bigint not null default 0,
  needs_totals_refresh boolean not null default false,
  totals jsonb,
  synced_at timestamptz,
  totals_refreshed_at timestamptz,
  last_error text check (length(last_error) <= 500),
  created_at timestamptz not null default now()
);
comment on table ops.competitors is 'Who plays on the game platform, how far their activity was pulled, and whether their totals are stale.';
comment on column ops.competitors.external_id is 'The competitor''s id on the game platform.';
comment on column ops.competitors.after_time_unix is 'Activity up to this second was pulled; the next pull asks for what came after.';
create index competitors_sync on ops.competitors (synced_at nulls first, id) where active;
create index competitors_stale_totals on ops.competitors (totals_refreshed_at nulls first, id) where active and needs_totals_refresh;
select ops.restrict_table('ops.competitors', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.competitors', '(select ops.is_admin())');

create table ops.competitor_activities (
  competitor_id uuid not null references ops.competitors (id) on delete cascade,
  external_id text not null check (external_id <> ''),
  kind text not null,
  points integer not null default 0,
  occurred_at timestamptz not null,
  primary key (competitor_id, external_id)
);
comment on table ops.competitor_activities is 'What competitors did, once each, however often it is pulled.';
select ops.restrict_table('ops.competitor_activities', 'select', 'insert');
select ops.allow_read('ops.competitor_activities', '(select ops.is_admin())');

create function ops.due_competitors(
  p_totals boolean, p_before timestamptz, p_coach_id text default null, p_limit integer default 100
)
returns table (id uuid, external_id text, after_time_unix bigint)
language plpgsql
stable
set search_path = ''
as $$
begin
  if p_totals then
    return query
    select c.id, c.external_id, c.after_time_unix
    from ops.competitors c
    where c.active and c.needs_totals_refresh
      and (c.totals_refreshed_at is null or c.totals_refreshed_at < p_before)
      and (p_coach_id is null or c.coach_id = p_coach_id)
    order by c.totals_refreshed_at nulls first, c.id
    limit least(greatest(p_limit, 1), 1000);
  else
    return query
    select c.id, c.external_id, c.after_time_unix
    from ops.competitors c
    where c.active
      and (c.synced_at is null or c.synced_at < p_before)
      and (p_coach_id is null or c.coach_id = p_coach_id)
    order by c.synced_at nulls first, c.id
    limit least(greatest(p_limit, 1), 1000);
  end if;
end
$$;
comment on function ops.due_competitors(boolean, timestamptz, text, integer) is
  'Competitors not looked at since p_before, longest ago first: those with stale totals, or all active ones.';
select ops.restrict_function('ops.due_competitors(boolean, timestamptz, text, integer)', 'service_role');

create function ops.count_due_competitors(p_totals boolean, p_before timestamptz, p_coach_id text default null)
returns bigint
language sql
stable
set search_path = ''
as $$
  select count(*)
  from ops.competitors c
  where c.active
    and (p_coach_id is null or c.coach_id = p_coach_id)
    and case
      when p_totals then c.needs_totals_refresh and (c.totals_refreshed_at is null or c.totals_refreshed_at < p_before)
      else c.synced_at is null or c.synced_at < p_before
    end
$$;
comment on function ops.count_due_competitors(boolean, timestamptz, text) is 'How many ops.due_competitors has left.';
select ops.restrict_function('ops.count_due_competitors(boolean, timestamptz, text)', 'service_role');

create function ops.record_competitor_activity(p_competitor_id uuid, p_activities jsonb, p_until_unix bigint)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_new integer;
begin
  insert into ops.competitor_activities (competitor_id, external_id, kind, points, occurred_at)
  select p_competitor_id, a.id, a.kind, coalesce(a.points, 0), to_timestamp(a.occurred_at_unix)
  from jsonb_to_recordset(p_activities) as a (id text, kind text, points integer, occurred_at_unix bigint)
  on conflict do nothing;
  get diagnostics v_new = row_count;
  -- Two pulls may overlap: the mark never moves back.
  update ops.competitors c
  set after_time_unix = greatest(c.after_time_unix, p_until_unix),
      needs_totals_refresh = c.needs_totals_refresh or v_new > 0,
      synced_at = clock_timestamp(),
      last_error = null
  where c.id = p_competitor_id;
  return v_new;
end
$$;
comment on function ops.record_competitor_activity(uuid, jsonb, bigint) is
  'Keep what was pulled, [{id, kind, points, occurred_at_unix}], up to p_until_unix. New activity makes the totals stale. Returns how much was new.';
select ops.restrict_function('ops.record_competitor_activity(uuid, jsonb, bigint)', 'service_role');

create function ops.record_competitor_totals(p_competitor_id uuid, p_totals jsonb, p_seen_until_unix bigint)
returns void
language sql
set search_path = ''
as $$
  update ops.competitors c
  set totals = p_totals,
      totals_refreshed_at = clock_timestamp(),
      -- Activity pulled while the totals were on their way makes them stale again.
      needs_totals_refresh = c.after_time_unix > p_seen_until_unix,
      last_error = null
  where c.id = p_competitor_id
$$;
comment on function ops.record_competitor_totals(uuid, jsonb, bigint) is
  'Keep fresh totals that were asked for when activity was known up to p_seen_until_unix.';
select ops.restrict_function('ops.record_competitor_totals(uuid, jsonb, bigint)', 'service_role');

create function ops.record_competitor_failure(p_competitor_id uuid, p_totals boolean, p_error text)
returns void
language sql
set search_path = ''
as $$
  -- Looked at, so that one broken competitor does not keep the others waiting.
  update ops.competitors c
  set last_error = left(p_error, 500),
      synced_at = case when p_totals then c.synced_at else clock_timestamp() end,
      totals_refreshed_at = case when p_totals then clock_timestamp() else c.totals_refreshed_at end
  where c.id = p_competitor_id
$$;
comment on function ops.record_competitor_failure(uuid, boolean, text) is 'Note that a competitor could not be pulled; the mark stays, so the next pull asks again.';
select ops.restrict_function('ops.record_competitor_failure(uuid, boolean, text)', 'service_role');
