-- Why      How a project does: samples over time, and per branch how it is right now.
-- Objects  tables ops.metrics (partitioned by week), ops.monitoring; functions ops.record_metrics, ops.project_metrics,
--          ops.project_metric_series, ops.forget_metrics, ops.upsert_monitoring.
-- Locks    New objects only. Rollback: drop them; samples are lost.

create table ops.metrics (
  id bigint generated always as identity,
  ts timestamptz not null,
  value double precision not null,
  org_id uuid not null,
  project_id uuid not null,
  branch_id uuid,
  metric text not null check (metric <> ''),
  dims jsonb not null default '{}' check (jsonb_typeof(dims) = 'object'),
  -- One index: it makes rows distinct, and it is the series a chart reads.
  primary key (project_id, metric, ts, id)
) partition by range (ts);
-- No foreign keys, as with events: ops.record_metrics, the only writer, has looked.
comment on table ops.metrics is 'Samples of projects and branches: cpu_pct, memory_pct, request_rate, error_rate and whatever else is sent.';
comment on column ops.metrics.ts is 'When it was measured.';
comment on column ops.metrics.dims is 'What tells samples of one metric apart, for example {"route": "/api"}.';
select ops.restrict_table('ops.metrics', 'select');
select ops.allow_read('ops.metrics', 'org_id = any (array(select ops.my_org_ids()))');
select ops.register_partitions('metrics', 'timestamptz', '1 week', '90 days');

create function ops.forget_metrics()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from ops.metrics m using removed r where m.project_id = r.id;
  return null;
end
$$;
comment on function ops.forget_metrics() is
  'Trigger: samples of a deleted project go with it. Security definer: nobody else may delete samples.';
select ops.restrict_function('ops.forget_metrics()');
create trigger forget_metrics after delete on ops.projects
  referencing old table as removed for each statement execute function ops.forget_metrics();

-- Security definer: service_role writes samples through here only.
create function ops.record_metrics(p_project_id uuid, p_samples jsonb, p_branch_id uuid default null, p_ts timestamptz default now())
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
  insert into ops.metrics (ts, value, org_id, project_id, branch_id, metric, dims)
  select coalesce(s.ts, p_ts, now()), s.value, v_org_id, p_project_id, p_branch_id, s.metric, coalesce(s.dims, '{}')
  from jsonb_to_recordset(p_samples) as s (metric text, value double precision, dims jsonb, ts timestamptz)
  -- Too old to be kept, or from a clock that runs ahead: no partition will ever be made for it.
  where coalesce(s.ts, p_ts, now()) between now() - v_keep and now() + interval '1 day';
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function ops.record_metrics(uuid, jsonb, uuid, timestamptz) is
  'Store samples [{metric, value, dims?, ts?}] of a project or one of its branches in one statement. Returns how many: those older than kept, or more than a day ahead, are left out.';
select ops.restrict_function('ops.record_metrics(uuid, jsonb, uuid, timestamptz)', 'service_role');

create function ops.project_metrics(
  project_id uuid,
  metric text,
  hours integer default 24,
  p_branch_id uuid default null,
  p_after_ts timestamptz default null,
  p_after_id bigint default null,
  p_limit integer default 1000
)
returns table (ts timestamptz, value double precision, branch_id uuid, dims jsonb, id bigint)
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
  v_after_ts timestamptz := coalesce(p_after_ts, '-infinity');
  v_after_id bigint := coalesce(p_after_id, 0);
  v_from timestamptz := greatest(
    v_after_ts, now() - make_interval(hours => least(greatest(coalesce(hours, 24), 1), 24 * 366))
  );
begin
  return query
    select m.ts, m.value, m.branch_id, m.dims, m.id
    from ops.metrics m
    where m.project_id = project_metrics.project_id
      and m.metric = project_metrics.metric
      and m.ts >= v_from
      and (m.ts, m.id) > (v_after_ts, v_after_id)
      and (p_branch_id is null or m.branch_id = p_branch_id)
    order by m.ts, m.id
    limit least(greatest(coalesce(p_limit, 1000), 1), 10000);
end
$$;
comment on function ops.project_metrics(uuid, text, integer, uuid, timestamptz, bigint, integer) is
  'Samples of one metric in the last hours, oldest first. The next page: pass the last ts and id as p_after_ts and p_after_id.';
select ops.restrict_function(
  'ops.project_metrics(uuid, text, integer, uuid, timestamptz, bigint, integer)', 'authenticated', 'service_role'
);

create function ops.project_metric_series(
  p_project_id uuid,
  p_metric text,
  p_from timestamptz,
  p_to timestamptz default now(),
  p_step interval default '5 minutes',
  p_branch_id uuid default null
)
returns table (ts timestamptz, average double precision, minimum double precision, maximum double precision, samples bigint)
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
begin
  if p_step is null or p_step < interval '1 second' or p_to - p_from > p_step * 10000 then
    raise exception 'a series has 10,000 points at most, a second apart at least' using errcode = 'invalid_parameter_value';
  end if;
  return query
    select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, avg(m.value), min(m.value), max(m.value), count(*)
    from ops.metrics m
    where m.project_id = p_project_id
      and m.metric = p_metric
      and m.ts >= p_from and m.ts < p_to
      and (p_branch_id is null or m.branch_id = p_branch_id)
    group by slot
    order by slot;
end
$$;
comment on function ops.project_metric_series(uuid, text, timestamptz, timestamptz, interval, uuid) is
  'One metric as points of a chart: average, least, most and number of samples per step. Steps without samples are left out.';
select ops.restrict_function(
  'ops.project_metric_series(uuid, text, timestamptz, timestamptz, interval, uuid)', 'authenticated', 'service_role'
);

create table ops.monitoring (
  branch_id uuid primary key references ops.branches (id) on delete cascade,
  org_id uuid not null,
  project_id uuid not null references ops.projects (id) on delete cascade,
  health text not null check (health in ('healthy', 'degraded', 'down', 'unknown')),
  message text not null default '',
  cpu_pct double precision,
  memory_pct double precision,
  request_rate double precision,
  error_rate double precision,
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  observed_at timestamptz not null,
  changed_at timestamptz not null default now()
);
comment on table ops.monitoring is 'How each branch is right now: one row a branch, as observed last.';
comment on column ops.monitoring.health is 'unknown when it could not be looked at, and never healthy for want of news: see observed_at.';
comment on column ops.monitoring.changed_at is 'Since when the health is what it is.';
comment on column ops.monitoring.request_rate is 'Requests per second.';
comment on column ops.monitoring.error_rate is 'Share of requests that failed, from 0 to 1.';
create index monitoring_project on ops.monitoring (project_id);
select ops.restrict_table('ops.monitoring', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.monitoring', 'org_id = any (array(select ops.my_org_ids()))');
create trigger inherit_org before insert or update of org_id, project_id, branch_id on ops.monitoring
  for each row execute function ops.inherit_from_branch();

create function ops.upsert_monitoring(
  p_branch_id uuid,
  p_health text,
  p_message text default '',
  p_cpu_pct double precision default null,
  p_memory_pct double precision default null,
  p_request_rate double precision default null,
  p_error_rate double precision default null,
  p_details jsonb default null,
  p_observed_at timestamptz default now()
)
returns boolean
language sql
set search_path = ''
as $$
  with written as (
    insert into ops.monitoring as m (
      branch_id, health, message, cpu_pct, memory_pct, request_rate, error_rate, details, observed_at, changed_at
    )
    values (
      p_branch_id, p_health, coalesce(p_message, ''), p_cpu_pct, p_memory_pct, p_request_rate, p_error_rate,
      coalesce(p_details, '{}'), coalesce(p_observed_at, now()), coalesce(p_observed_at, now())
    )
    on conflict (branch_id) do update
    set health = excluded.health,
        message = excluded.message,
        cpu_pct = excluded.cpu_pct,
        memory_pct = excluded.memory_pct,
        request_rate = excluded.request_rate,
        error_rate = excluded.error_rate,
        details = excluded.details,
        observed_at = excluded.observed_at,
        changed_at = case when m.health = excluded.health then m.changed_at else excluded.observed_at end
    -- News that was overtaken on its way changes nothing.
    where m.observed_at <= excluded.observed_at
    returning m.branch_id
  )
  select exists (select from written)
$$;
comment on function ops.upsert_monitoring(uuid, text, text, double precision, double precision, double precision, double precision, jsonb, timestamptz) is
  'Say how a branch is. False when something newer is known already.';
select ops.restrict_function(
  'ops.upsert_monitoring(uuid, text, text, double precision, double precision, double precision, double precision, jsonb, timestamptz)',
  'service_role'
);
