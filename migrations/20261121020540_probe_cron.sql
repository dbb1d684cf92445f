-- Why      Checks look at the scheduler from outside, every few minutes. Whoever looks should need the right to look and no other:
--          not to schedule, and not to read what people wrote into commands.
-- Objects  functions ops.first_cron_run, ops.probe_cron_jobs, ops.probe_scheduler. docs/checks.md grants them to a role of their own.
-- Locks    None; nothing is written. Rollback: drop the functions; checks then say "unknown".

create function ops.first_cron_run(p_at timestamptz)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
declare
  v_low bigint;
  v_high bigint;
  v_middle bigint;
  v_found record;
begin
  select min(r.id), max(r.id) + 1 into v_low, v_high from ops.cron_runs r;
  while v_low < v_high loop
    v_middle := v_low + (v_high - v_low) / 2;
    select r.id, r.created_at into v_found from ops.cron_runs r where r.id >= v_middle order by r.id limit 1;
    if v_found.created_at < p_at then
      v_low := v_found.id + 1;
    else
      v_high := v_middle;
    end if;
  end loop;
  return v_low;
end
$$;
comment on function ops.first_cron_run(timestamptz) is
  'The id from which on runs began at p_at or later; ids grow with time. Null when there is no run at all.';
select ops.restrict_function('ops.first_cron_run(timestamptz)');

-- Security definer: who may look at runs need not be let into schema cron, where looking and scheduling are one right. No compilation
-- at run time: what a job in trouble costs makes the plan look dear, and hardly any job is in trouble.
create function ops.probe_cron_jobs(p_now timestamptz, p_late_by interval, p_expected text[] default '{}')
returns table (
  job text, owner text, schedule text, within_s double precision, since timestamptz, last_slot timestamptz, trouble jsonb
)
language plpgsql
stable
security definer
set search_path = ''
set jit = off
as $$
#variable_conflict use_column
begin
  if to_regclass('cron.job') is null then
    raise exception 'pg_cron is not installed here' using errcode = 'feature_not_supported';
  end if;
  return query
  with awake as materialized (
    select d.name, d.definition, greatest(d.updated_at, d.created_at) as defined_at,
      d.definition -> 'expect' as expect,
      make_interval(secs => (d.definition #>> '{expect,within_ms}')::double precision / 1000) as within,
      make_interval(secs => (d.definition #>> '{expect,max_duration_ms}')::double precision / 1000) as max_duration
    from ops.job_definitions d
    where d.name in (
      select j.jobname::text
      from cron.job j
      where j.active and j.database = current_database() and j.command like '%select ops.fire(%'
    )
  ), open as materialized (
    select distinct on (r.job) r.job, r.id, r.status, r.attempt, coalesce(r.fired_at, r.created_at) as fired_at, r.deadline,
      r.next_attempt_at
    from ops.cron_runs r
    where r.status in ('queued', 'fired', 'delivered')
    order by r.job, r.id
  ), running as materialized (
    -- What a SQL job has begun nobody can see in a table before it ends. Long names are cut.
    select l.job, min(l.started_at) as started_at, min(l.deadline) as deadline
    from ops.list_running() l
    where l.job <> ''
    group by l.job
  ), rated as materialized (
    select a.name, (a.expect #>> '{min_success,ratio}')::double precision as ratio,
      make_interval(secs => (a.expect #>> '{min_success,window_ms}')::double precision / 1000) as span
    from awake a
    where a.expect ? 'min_success'
  ), rates as materialized (
    select r.job, count(*) as runs, count(*) filter (where r.status = 'succeeded') as succeeded
    from ops.cron_runs r
    join rated t on t.name = r.job and r.created_at > p_now - t.span
    where r.id >= (select ops.first_cron_run(p_now - max(t.span)) from rated t)
      and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
    group by r.job
  ), looked as (
    select a.*, s.scheduled_for,
      nullif(jsonb_strip_nulls(jsonb_build_object(
        'failing', case when l.status <> 'succeeded' then (
          select jsonb_build_object(
            'in_a_row', count(*) filter (where n.in_streak),
            'since', min(n.created_at) filter (where n.in_streak),
            'run_id', l.id, 'status', l.status, 'error_code', l.error_code, 'http_status', l.http_status,
            'error', left(ops.redact_text(l.error), 400),
            'after', greatest(1, coalesce((a.definition #>> '{alert,after}')::integer, 1))
          )
          from (
            select x.created_at, bool_and(x.status <> 'succeeded') over (order by x.id desc) as in_streak
            from (
              select r.id, r.created_at, r.status
              from ops.cron_runs r
              where r.job = a.name and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
              order by r.id desc
              limit 100
            ) x
          ) n
        ) end,
        'stuck', case
          when o.id is not null and (o.fired_at < p_now - a.max_duration or greatest(o.deadline, o.next_attempt_at) < p_now - interval '5 minutes')
            then jsonb_build_object(
              'run_id', o.id, 'status', o.status, 'attempt', o.attempt, 'fired_at', o.fired_at, 'deadline', o.deadline,
              'seconds', round(extract(epoch from p_now - o.fired_at))
            )
          when q.job is not null and (q.started_at < p_now - a.max_duration or q.deadline < p_now - interval '1 minute')
            then jsonb_build_object(
              'status', 'running SQL', 'fired_at', q.started_at, 'deadline', q.deadline,
              'seconds', round(extract(epoch from p_now - q.started_at))
            )
        end,
        'slow', case when l.finished_at - l.fired_at > a.max_duration then jsonb_build_object(
          'run_id', l.id, 'seconds', round(extract(epoch from l.finished_at - l.fired_at)::numeric, 1), 'finished_at', l.finished_at
        ) end,
        'success_rate', case when t.succeeded < t.runs * g.ratio then jsonb_build_object(
          'runs', t.runs, 'succeeded', t.succeeded, 'wanted', g.ratio, 'window_s', extract(epoch from g.span)
        ) end
      )), '{}') as trouble
    from awake a
    left join open o on o.job = a.name
    left join running q on starts_with(a.name, q.job)
    left join rated g on g.name = a.name
    left join rates t on t.job = a.name
    left join lateral (
      select r.scheduled_for
      from ops.cron_runs r
      where r.job = a.name and r.trigger in ('schedule', 'misfire', 'queued')
      order by r.scheduled_for desc
      limit 1
    ) s on true
    left join lateral (
      select r.id, r.status, r.error_code, r.error, r.http_status, r.fired_at, r.finished_at
      from ops.cron_runs r
      where r.job = a.name and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      order by r.id desc
      limit 1
    ) l on true
  )
  select k.name, k.definition ->> 'owner', (k.definition -> 'schedule')::text, extract(epoch from k.within)::double precision,
    -- A slot from before the job was last changed or woken says nothing.
    greatest(
      k.defined_at,
      (select m.applied_at from ops.managed_objects m where m.kind = 'cron' and m.name = k.name),
      (select max(c.at) from ops.cron_changes c where c.jobname = k.name)
    ),
    k.scheduled_for, k.trouble
  from looked k
  where k.trouble is not null or k.scheduled_for is null or k.scheduled_for < p_now - coalesce(k.within, p_late_by)
  union all
  select e.name, d.definition ->> 'owner', null, null, null, null, jsonb_build_object('not_scheduled', jsonb_build_object(
    'is_defined', d.name is not null,
    'is_in_pg_cron', exists (select from cron.job j where j.jobname::text = e.name),
    'last_run_at', (select r.created_at from ops.cron_runs r where r.job = e.name order by r.id desc limit 1)
  ))
  from unnest(p_expected) as e (name)
  left join ops.job_definitions d on d.name = e.name
  where not exists (select from awake a where a.name = e.name)
  order by 1;
end
$$;
comment on function ops.probe_cron_jobs(timestamptz, interval, text[]) is
  'Jobs of ours that are awake and not plainly well: those with trouble (failing, stuck, slow, success_rate), and those whose last slot is long enough ago to be late, which their schedule decides. p_late_by: for jobs that do not say expect.within. Jobs of p_expected that are not awake are told as not_scheduled.';
select ops.restrict_function('ops.probe_cron_jobs(timestamptz, interval, text[])');

-- Security definer: as ops.probe_cron_jobs, and pg_stat_activity shows more to the owner than to whoever asks.
create function ops.probe_scheduler(p_now timestamptz)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_unowned jsonb;
  v_active integer;
  v_hidden integer;
  v_last timestamptz;
  v_is_partial boolean;
begin
  if to_regclass('cron.job') is null then
    return null;
  end if;
  -- pg_cron hides the jobs of others behind row security.
  v_is_partial := row_security_active('cron.job');
  select count(*) filter (where j.active and j.database = current_database()),
    coalesce(
      jsonb_agg(jsonb_build_object('job', coalesce(j.jobname::text, 'job ' || j.jobid), 'role', j.username) order by j.jobid)
        filter (where r.rolname is null),
      '[]'
    )
  into v_active, v_unowned
  from cron.job j
  left join pg_catalog.pg_roles r on r.rolname = j.username;
  select max(coalesce(d.start_time, d.end_time)) into v_last
  from (select c.start_time, c.end_time from cron.job_run_details c order by c.runid desc limit 1000) d;
  select count(*) into v_hidden
  from pg_catalog.pg_stat_activity a
  where a.backend_type is null and coalesce(a.application_name, '') = '' and a.datname = current_database();
  return jsonb_build_object(
    'version', (select e.extversion from pg_catalog.pg_extension e where e.extname = 'pg_cron'),
    'active_jobs', v_active,
    'is_partial', v_is_partial,
    'unowned', v_unowned,
    'last_started_at', v_last,
    'last_tick_at', (select max(t.ticked_at) from ops.scheduler_ticks t),
    'last_run_at', (select r.created_at from ops.cron_runs r where r.trigger = 'schedule' order by r.id desc limit 1),
    -- The launcher, by its own name: null when processes that might be it are hidden from us.
    'is_up', case
      when exists (
        select from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and (a.backend_type ilike '%pg_cron launcher%' or a.application_name ilike '%pg_cron scheduler%')
      ) then true
      when v_hidden = 0 then false
    end
  );
end
$$;
comment on function ops.probe_scheduler(timestamptz) is
  'Whether pg_cron lives: its launcher, the last thing it started, the last pass of the collector, jobs whose role is gone. Null without pg_cron.';
select ops.restrict_function('ops.probe_scheduler(timestamptz)');
