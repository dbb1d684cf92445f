-- Why      A day is read sample by sample, a week by minute, a year by hour: always about as many points as a chart can show. And a chart
--          says what happened meanwhile: builds, and changes of schedules.
-- Objects  functions ops.metric_resolution, ops.metric_annotations; ops.project_metrics and ops.project_metric_series read by range.
-- Locks    None. Rollback: restore both functions of 20261121020206, drop the others.

create function ops.metric_resolution(p_range interval)
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  select case when p_range <= interval '24 hours' then 'sample' when p_range <= interval '7 days' then 'minute' else 'hour' end
$$;
comment on function ops.metric_resolution(interval) is
  'What a range of time is read by: sample up to a day, minute up to a week, hour beyond.';
select ops.restrict_function('ops.metric_resolution(interval)', 'authenticated', 'service_role');

create or replace function ops.project_metrics(
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
  v_hours integer := least(greatest(coalesce(hours, 24), 1), 24 * 731);
  v_from timestamptz := greatest(v_after_ts, now() - make_interval(hours => v_hours));
  v_limit integer := least(greatest(coalesce(p_limit, 1000), 1), 10000);
begin
  case ops.metric_resolution(make_interval(hours => v_hours))
    when 'sample' then
      return query
        select m.ts, m.value, m.branch_id, m.dims, m.id
        from ops.metrics m
        where m.project_id = project_metrics.project_id
          and m.metric = project_metrics.metric
          and m.ts >= v_from
          and (m.ts, m.id) > (v_after_ts, v_after_id)
          and (p_branch_id is null or m.branch_id = p_branch_id)
        order by m.ts, m.id
        limit v_limit;
    when 'minute' then
      return query
        select m.ts, m.total / m.samples, m.branch_id, m.dims, m.id
        from ops.metric_minutes m
        where m.project_id = project_metrics.project_id
          and m.metric = project_metrics.metric
          and m.ts >= v_from
          and (m.ts, m.id) > (v_after_ts, v_after_id)
          and (p_branch_id is null or m.branch_id = p_branch_id)
        order by m.ts, m.id
        limit v_limit;
    else
      return query
        select m.ts, m.total / m.samples, m.branch_id, m.dims, m.id
        from ops.metric_hours m
        where m.project_id = project_metrics.project_id
          and m.metric = project_metrics.metric
          and m.ts >= v_from
          and (m.ts, m.id) > (v_after_ts, v_after_id)
          and (p_branch_id is null or m.branch_id = p_branch_id)
        order by m.ts, m.id
        limit v_limit;
  end case;
end
$$;
comment on function ops.project_metrics(uuid, text, integer, uuid, timestamptz, bigint, integer) is
  'One metric in the last hours, oldest first: its samples for a day, their means by minute for a week, by hour beyond. The next page: pass the last ts and id as p_after_ts and p_after_id, and the same hours.';

create or replace function ops.project_metric_series(
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
declare
  v_seconds numeric := extract(epoch from p_step);
  v_resolution text := ops.metric_resolution(p_to - p_from);
begin
  if p_step is null or p_step < interval '1 second' or p_to - p_from > p_step * 10000 then
    raise exception 'a series has 10,000 points at most, a second apart at least' using errcode = 'invalid_parameter_value';
  end if;
  -- A step that is no multiple of an hour, or of a minute, is read from what is finer.
  if v_resolution = 'hour' and v_seconds % 3600 = 0 then
    return query
      select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, sum(m.total) / sum(m.samples), min(m.minimum), max(m.maximum),
        sum(m.samples)::bigint
      from ops.metric_hours m
      where m.project_id = p_project_id and m.metric = p_metric and m.ts >= p_from and m.ts < p_to
        and (p_branch_id is null or m.branch_id = p_branch_id)
      group by slot
      order by slot;
  elsif v_resolution <> 'sample' and v_seconds % 60 = 0 then
    return query
      select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, sum(m.total) / sum(m.samples), min(m.minimum), max(m.maximum),
        sum(m.samples)::bigint
      from ops.metric_minutes m
      where m.project_id = p_project_id and m.metric = p_metric and m.ts >= p_from and m.ts < p_to
        and (p_branch_id is null or m.branch_id = p_branch_id)
      group by slot
      order by slot;
  else
    return query
      select date_bin(p_step, m.ts, timestamptz 'epoch') as slot, avg(m.value), min(m.value), max(m.value), count(*)
      from ops.metrics m
      where m.project_id = p_project_id and m.metric = p_metric and m.ts >= p_from and m.ts < p_to
        and (p_branch_id is null or m.branch_id = p_branch_id)
      group by slot
      order by slot;
  end if;
end
$$;
comment on function ops.project_metric_series(uuid, text, timestamptz, timestamptz, interval, uuid) is
  'One metric as points of a chart: average, least, most and number of samples per step, from samples for a day, from minutes for a week, from hours beyond (as the step allows). Steps without samples are left out.';

-- Security definer: members see when schedules changed, which explains their charts, and nothing else of the control room's ledger.
create function ops.metric_annotations(p_project_id uuid, p_from timestamptz, p_to timestamptz default now(), p_limit integer default 500)
returns table (at timestamptz, kind text, title text, level text, build_id uuid, branch_id uuid, commit_sha text, details jsonb)
language plpgsql
stable
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  if not exists (
    select from ops.projects p
    where p.id = p_project_id and (ops.is_service() or p.org_id = any (array(select ops.my_org_ids())))
  ) then
    return;
  end if;
  return query
    select n.*
    from (
      (
        select coalesce(b.finished_at, b.started_at, b.created_at) as at, 'build'::text,
          concat_ws(' ', h.name, b.status, left(b.commit_sha, 7)),
          case when b.status in ('failed', 'lost') then 'error' when b.status in ('almost', 'cancelled') then 'warning' else 'info' end,
          b.id, b.branch_id, b.commit_sha,
          jsonb_build_object('status', b.status, 'trigger', b.trigger, 'lane', h.lane, 'environment_url', b.environment_url)
        from ops.builds b
        join ops.branches h on h.id = b.branch_id
        where b.project_id = p_project_id
          -- A build's id holds when it was made; one that ends in the range was made a day before at most.
          and b.id >= ops.id_floor(p_from - interval '1 day') and b.id < ops.id_floor(p_to)
          and coalesce(b.finished_at, b.started_at, b.created_at) >= p_from
          and coalesce(b.finished_at, b.started_at, b.created_at) < p_to
        order by b.id desc
        limit least(greatest(coalesce(p_limit, 500), 1), 5000)
      )
      union all
      (
        select coalesce(r.finished_at, r.started_at), 'schedules'::text, 'schedules applied to ' || r.environment,
          case r.result when 'applied' then 'info' else 'warning' end, null::uuid, null::uuid, r.commit_sha,
          jsonb_build_object('environment', r.environment, 'result', r.result, 'counts', r.counts)
        from ops.reconciliations r
        where r.result in ('applied', 'partly_applied', 'failed') and r.started_at >= p_from and r.started_at < p_to
        order by r.id desc
        limit least(greatest(coalesce(p_limit, 500), 1), 5000)
      )
      union all
      (
        select c.at, 'schedule_by_hand'::text, concat_ws(' ', c.jobname, c.action, 'by hand'), 'warning'::text, null::uuid, null::uuid,
          null::text, jsonb_build_object('job', c.jobname, 'action', c.action)
        from ops.cron_changes c
        where c.at >= p_from and c.at < p_to
        order by c.id desc
        limit least(greatest(coalesce(p_limit, 500), 1), 5000)
      )
    ) as n (at, kind, title, level, build_id, branch_id, commit_sha, details)
    order by n.at desc, n.kind
    limit least(greatest(coalesce(p_limit, 500), 1), 5000);
end
$$;
comment on function ops.metric_annotations(uuid, timestamptz, timestamptz, integer) is
  'What happened while a chart of a project goes up and down: its builds, applied schedules, and schedules changed by hand; newest first. Nothing for who may not see the project.';
select ops.restrict_function('ops.metric_annotations(uuid, timestamptz, timestamptz, integer)', 'authenticated', 'service_role');
