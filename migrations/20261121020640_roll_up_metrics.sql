-- Why      A chart of a month can't read every sample. Samples become one row a minute and one an hour, soon after they came and again
--          when late ones follow.
-- Objects  tables ops.metric_minutes, ops.metric_hours (partitioned), ops.metric_marks; functions ops.metric_series_key,
--          ops.mark_metrics, ops.roll_up_metrics, ops.forget_metric_rollups; ops.record_metrics marks what it stored.
-- Locks    New objects only; passes wait for each other by an advisory lock. Rollback: drop them, restore
--          ops.record_metrics of 20261121020206; charts then read samples again.
--
-- A mark says "this minute of this metric has news". It is written in the transaction of its samples, so whoever sees the mark sees them;
-- marks are only ever added, so no writer waits for another or for a pass.

create function ops.metric_series_key(p_branch_id uuid, p_dims jsonb)
returns uuid
language sql
immutable
parallel safe
set search_path = ''
as $$
  select md5(coalesce(p_branch_id::text, '') || coalesce(p_dims, '{}')::text)::uuid
$$;
comment on function ops.metric_series_key(uuid, jsonb) is 'What tells series of one metric apart, branch and dimensions, as a short key.';
select ops.restrict_function('ops.metric_series_key(uuid, jsonb)');

create table ops.metric_minutes (
  id bigint generated always as identity,
  ts timestamptz not null,
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  metric text not null,
  dims jsonb not null default '{}',
  series uuid not null,
  samples bigint not null,
  total double precision not null,
  minimum double precision not null,
  maximum double precision not null,
  primary key (project_id, metric, ts, series)
) partition by range (ts);
comment on table ops.metric_minutes is 'Samples of ops.metrics by minute: how many, their sum, least and most. Written by ops.roll_up_metrics.';
comment on column ops.metric_minutes.ts is 'Start of the minute.';
comment on column ops.metric_minutes.series is 'ops.metric_series_key(branch_id, dims).';
select ops.restrict_table('ops.metric_minutes', 'select');
select ops.allow_read('ops.metric_minutes', 'org_id = any (array(select ops.my_org_ids()))');
-- Longer than samples are: an hour is summed from its minutes, and a late sample must find all of them.
select ops.register_partitions('metric_minutes', 'timestamptz', '1 week', '100 days');

create table ops.metric_hours (like ops.metric_minutes including comments including constraints, primary key (project_id, metric, ts, series))
partition by range (ts);
alter table ops.metric_hours alter column id add generated always as identity, alter column dims set default '{}';
comment on table ops.metric_hours is 'ops.metric_minutes by hour, kept for two years.';
comment on column ops.metric_hours.ts is 'Start of the hour.';
select ops.restrict_table('ops.metric_hours', 'select');
select ops.allow_read('ops.metric_hours', 'org_id = any (array(select ops.my_org_ids()))');
select ops.register_partitions('metric_hours', 'timestamptz', '1 month', '730 days');

create table ops.metric_marks (
  id bigint generated always as identity primary key,
  project_id uuid not null,
  metric text not null,
  minute timestamptz not null
);
comment on table ops.metric_marks is 'Minutes of metrics that have samples ops.roll_up_metrics has not seen; the same minute may stand here often.';
select ops.restrict_table('ops.metric_marks', 'select');

create function ops.forget_metric_rollups()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from ops.metric_marks m using removed r where m.project_id = r.id;
  delete from ops.metric_minutes m using removed r where m.project_id = r.id;
  delete from ops.metric_hours m using removed r where m.project_id = r.id;
  return null;
end
$$;
comment on function ops.forget_metric_rollups() is
  'Trigger: what became of a deleted project''s samples goes with it. Security definer: nobody else may delete it.';
select ops.restrict_function('ops.forget_metric_rollups()');
create trigger forget_metric_rollups after delete on ops.projects
  referencing old table as removed for each statement execute function ops.forget_metric_rollups();

-- Security definer: service_role writes samples through here only.
create or replace function ops.record_metrics(p_project_id uuid, p_samples jsonb, p_branch_id uuid default null, p_ts timestamptz default now())
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_org_id uuid;
  v_keep interval;
  v_count integer;
begin
  if jsonb_typeof(p_samples) is distinct from 'array' then
    raise exception 'samples must be an array of {metric, value, dims?, ts?}' using errcode = 'invalid_parameter_value';
  end if;
  select p.org_id into v_org_id from ops.projects p where p.id = p_project_id;
  if not found then
    raise exception 'there is no project %', p_project_id using errcode = 'PT404';
  end if;
  if p_branch_id is not null and not exists (
    select from ops.branches b where b.id = p_branch_id and b.project_id = p_project_id
  ) then
    raise exception 'project % has no branch %', p_project_id, p_branch_id using errcode = 'PT404';
  end if;
  select t.keep into strict v_keep from ops.partitioned_tables t where t.name = 'metrics';
  with stored as (
    insert into ops.metrics (ts, value, org_id, project_id, branch_id, metric, dims)
    select coalesce(s.ts, p_ts, now()), s.value, v_org_id, p_project_id, p_branch_id, s.metric, coalesce(s.dims, '{}')
    from jsonb_to_recordset(p_samples) as s (metric text, value double precision, dims jsonb, ts timestamptz)
    -- Too old to be kept, or from a clock that runs ahead: no partition will ever be made for it.
    where coalesce(s.ts, p_ts, now()) between now() - v_keep and now() + interval '1 day'
    returning ts, metric
  ), marked as (
    insert into ops.metric_marks (project_id, metric, minute)
    select distinct p_project_id, s.metric, date_trunc('minute', s.ts, 'UTC') from stored s
  )
  select count(*) into v_count from stored;
  return v_count;
end
$$;

create function ops.roll_up_metrics(p_limit integer default 10000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_minutes integer;
  v_hours integer;
  v_projects uuid[];
  v_metrics text[];
  v_moments timestamptz[];
begin
  -- One pass at a time: of two, the one that looked earlier could write later, over what the other had seen.
  perform pg_advisory_xact_lock(hashtextextended('ops.roll_up_metrics', 0));
  with taken as (
    delete from ops.metric_marks m
    where m.id in (select x.id from ops.metric_marks x order by x.id limit p_limit)
    returning m.project_id, m.metric, m.minute
  ), distinct_taken as (
    select distinct t.project_id, t.metric, t.minute from taken t
  )
  select array_agg(d.project_id order by d.project_id, d.metric, d.minute), array_agg(d.metric order by d.project_id, d.metric, d.minute),
    array_agg(d.minute order by d.project_id, d.metric, d.minute)
  into v_projects, v_metrics, v_moments
  from distinct_taken d;
  if v_projects is null then
    return jsonb_build_object('minutes', 0, 'hours', 0, 'waiting', 0);
  end if;
  -- A statement of its own: it sees every sample whose mark was taken, and all that were committed since.
  insert into ops.metric_minutes as r (
    ts, org_id, project_id, branch_id, metric, dims, series, samples, total, minimum, maximum
  )
  select d.minute, m.org_id, d.project_id, m.branch_id, d.metric, m.dims, ops.metric_series_key(m.branch_id, m.dims),
    count(*), sum(m.value), min(m.value), max(m.value)
  from unnest(v_projects, v_metrics, v_moments) as d (project_id, metric, minute)
  join ops.metrics m
    on m.project_id = d.project_id and m.metric = d.metric and m.ts >= d.minute and m.ts < d.minute + interval '1 minute'
  group by d.project_id, d.metric, d.minute, m.org_id, m.branch_id, m.dims
  order by d.project_id, d.metric, d.minute, 7
  on conflict (project_id, metric, ts, series) do update
  set samples = excluded.samples, total = excluded.total, minimum = excluded.minimum, maximum = excluded.maximum;
  get diagnostics v_minutes = row_count;
  insert into ops.metric_hours as r (
    ts, org_id, project_id, branch_id, metric, dims, series, samples, total, minimum, maximum
  )
  select h.hour, m.org_id, h.project_id, m.branch_id, h.metric, m.dims, m.series,
    sum(m.samples), sum(m.total), min(m.minimum), max(m.maximum)
  from (
    select distinct d.project_id, d.metric, date_trunc('hour', d.minute, 'UTC') as hour
    from unnest(v_projects, v_metrics, v_moments) as d (project_id, metric, minute)
  ) h
  join ops.metric_minutes m
    on m.project_id = h.project_id and m.metric = h.metric and m.ts >= h.hour and m.ts < h.hour + interval '1 hour'
  group by h.project_id, h.metric, h.hour, m.org_id, m.branch_id, m.dims, m.series
  order by h.project_id, h.metric, h.hour, m.series
  on conflict (project_id, metric, ts, series) do update
  set samples = excluded.samples, total = excluded.total, minimum = excluded.minimum, maximum = excluded.maximum;
  get diagnostics v_hours = row_count;
  return jsonb_build_object(
    'minutes', v_minutes, 'hours', v_hours,
    'waiting', (select count(*) from (select from ops.metric_marks limit 100000) m)
  );
end
$$;
comment on function ops.roll_up_metrics(integer) is
  'Sum the minutes that have news, and their hours, from all samples there are: again and again gives the same, late samples correct what was there. Takes p_limit marks. Returns {minutes, hours, waiting}.';
select ops.restrict_function('ops.roll_up_metrics(integer)');

-- Samples from before are news as well; the first passes sum them.
insert into ops.metric_marks (project_id, metric, minute)
select distinct m.project_id, m.metric, date_trunc('minute', m.ts, 'UTC') from ops.metrics m;
