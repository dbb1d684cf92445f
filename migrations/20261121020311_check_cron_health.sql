-- Why      The scheduler says "succeeded" and shows thousands of rows; what is wrong with it, and what to do, must be a sentence.
-- Objects  functions ops.cron_run_mix, ops.net_mix, ops.cron_findings, ops.cron_health, ops.check_cron_health, public.get_cron_health.
-- Locks    None. Rollback: drop the functions.

create function ops.cron_run_mix()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_mix jsonb;
begin
  if to_regclass('cron.job_run_details') is null then
    return null;
  end if;
  with newest as materialized (
    select d.runid, d.jobid, d.status, d.return_message, coalesce(d.start_time, d.end_time) as at
    from cron.job_run_details d
    order by d.runid desc
    limit 10000
  ), day as materialized (
    -- Runs that never started have no time at all before pg_cron 1.6.3; they count when later ones are of this day.
    select n.* from newest n where n.runid >= (select min(x.runid) from newest x where x.at > now() - interval '24 hours')
  ), failures as (
    select d.jobid, max(j.jobname::text) as jobname, count(*) as count, max(d.at) as last_at,
      left(ops.redact_text((array_agg(d.return_message order by d.runid desc))[1]), 300) as message
    from day d
    left join cron.job j on j.jobid = d.jobid
    where d.status = 'failed'
    group by d.jobid
    order by count(*) desc, d.jobid
    limit 10
  )
  select jsonb_build_object(
    'total', (select count(*) from day),
    'succeeded', (select count(*) from day d where d.status = 'succeeded'),
    'failed', (select count(*) from day d where d.status = 'failed'),
    'running', (select count(*) from day d where d.status = 'running'),
    'start_failures', (
      select count(*)
      from day d
      where d.status = 'failed'
        and (d.return_message in ('job startup timeout', 'connection failed') or d.return_message like 'could not start background process%')
    ),
    'out_of_memory', (select count(*) from day d where d.status = 'failed' and d.return_message ilike '%out of memory%'),
    'last_run_at', (select max(n.at) from newest n),
    'is_whole_day', (select count(*) < 10000 or min(n.at) <= now() - interval '24 hours' from newest n),
    'failures', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from failures f)
  )
  into v_mix;
  return v_mix;
end
$$;
comment on function ops.cron_run_mix() is
  'What pg_cron says of the last 24 hours, from its newest 10,000 rows: counts, failures per job with the last message, last run. Null without pg_cron.';
select ops.restrict_function('ops.cron_run_mix()');

create function ops.net_mix()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_mix jsonb;
begin
  if to_regclass('net.http_request_queue') is null or to_regclass('net._http_response') is null then
    return null;
  end if;
  select jsonb_build_object(
    'queue_depth', (select count(*) from (select from net.http_request_queue q limit 10001) x),
    'responses', count(*),
    'ok', count(*) filter (where r.status_code between 200 and 299),
    'redirected', count(*) filter (where r.status_code between 300 and 399),
    'client_errors', count(*) filter (where r.status_code between 400 and 499),
    'server_errors', count(*) filter (where r.status_code >= 500),
    'timed_out', count(*) filter (where r.timed_out),
    'not_delivered', count(*) filter (where r.status_code is null and not coalesce(r.timed_out, false)),
    'out_of_memory', count(*) filter (where r.error_msg ilike '%out of memory%'),
    'last_response_at', max(r.created)
  )
  into v_mix
  -- The one index there is by time; pg_net forgets after six hours.
  from (
    select a.status_code, a.timed_out, a.error_msg, a.created
    from net._http_response a
    where a.created > now() - interval '1 hour'
    order by a.created desc
    limit 10000
  ) r;
  return v_mix;
exception
  -- Half a pg_net, or one whose tables look different: say nothing rather than something wrong.
  when undefined_column or insufficient_privilege then
    return null;
end
$$;
comment on function ops.net_mix() is
  'pg_net: requests waiting (counted up to 10,001) and the answers of the last hour by kind. Null without pg_net.';
select ops.restrict_function('ops.net_mix()');

create function ops.cron_findings(p_runs jsonb, p_net jsonb)
returns table (code text, severity text, title text, message text, remedy text)
language plpgsql
stable
set search_path = ''
as $$
declare
  v_out_of_memory integer := coalesce((p_runs ->> 'out_of_memory')::integer, 0) + coalesce((p_net ->> 'out_of_memory')::integer, 0);
  v_rows bigint;
begin
  if v_out_of_memory > 0 then
    return query values (
      'out_of_memory', 'critical', 'pg_net says "Out of memory"',
      format('%s runs or answers of late say so.', v_out_of_memory),
      'First look at the URLs: pg_net before 0.20.2 says this of a URL without https://. Otherwise slow the schedule, lower the timeout (5000 to 3000 ms), lower the batch size (alter role postgres set pg_net.batch_size = 100), then restart the worker: select net.worker_restart().'
    );
  end if;
  if (p_net ->> 'queue_depth')::integer > 1000 then
    return query values (
      'net_backlog', 'warning', 'Requests pile up in pg_net',
      format('%s requests wait; the last answer came at %s.', p_net ->> 'queue_depth', coalesce(p_net ->> 'last_response_at', 'no time known')),
      'Restart the worker: select net.worker_restart(). When it is slow and not dead, slow the schedule or lower the timeouts: each batch of 200 waits for its slowest request.'
    );
  end if;
  if (p_net ->> 'responses')::integer >= 20 and (p_net ->> 'timed_out')::integer * 4 > (p_net ->> 'responses')::integer then
    return query values (
      'net_timeouts', 'warning', 'Many calls run into their timeout',
      format('%s of %s answers of the last hour.', p_net ->> 'timed_out', p_net ->> 'responses'),
      'Raise the timeout of the jobs that need it, or let long work go through the queue (call: enqueue); spread jobs that fire in the same minute (H).'
    );
  end if;
  if (p_runs ->> 'start_failures')::integer > 0 then
    return query values (
      'start_failures', 'warning', 'pg_cron could not start some jobs',
      format('%s times in 24 hours.', p_runs ->> 'start_failures'),
      'Too many jobs at once: spread them over minutes (H); Supabase advises at most 8 at a time. Then look at max_connections and cron.max_running_jobs.'
    );
  end if;
  if to_regclass('cron.job_run_details') is not null then
    select c.reltuples::bigint into v_rows from pg_catalog.pg_class c where c.oid = to_regclass('cron.job_run_details');
    if v_rows > 1000000 then
      return query values (
        'history_large', 'warning', 'The history of pg_cron grows without end',
        format('About %s rows in cron.job_run_details.', v_rows),
        'Let the job ops_prune_history run: it deletes what is older than it is told, in batches.'
      );
    end if;
  end if;
end
$$;
comment on function ops.cron_findings(jsonb, jsonb) is
  'What is wrong with the scheduler, from ops.cron_run_mix and ops.net_mix: a closed list of codes, each with what to do about it.';
select ops.restrict_function('ops.cron_findings(jsonb, jsonb)');

-- Security definer: admins may know how the scheduler is without rights on its schema.
create function ops.cron_health()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_runs jsonb;
  v_net jsonb;
  v_jobs jsonb;
begin
  perform ops.require_admin();
  v_runs := ops.cron_run_mix();
  v_net := ops.net_mix();
  if to_regclass('cron.job') is not null then
    select jsonb_build_object(
      'total', count(*),
      'active', count(*) filter (where j.active),
      'inactive', count(*) filter (where not j.active),
      'unmanaged', count(*) filter (
        where not exists (select from ops.managed_objects m where m.kind = 'cron' and m.name = j.jobname::text)
      )
    )
    into v_jobs
    from cron.job j;
  end if;
  return jsonb_build_object(
    'pg_cron', coalesce(
      (select e.extversion from pg_catalog.pg_extension e where e.extname = 'pg_cron'),
      case when v_jobs is null then 'missing' else 'stand-in' end
    ),
    'jobs', v_jobs,
    'runs_24h', v_runs,
    'last_run_at', v_runs -> 'last_run_at',
    -- Slots that were left out because the run before had not ended; among the newest 10,000 runs.
    'overlaps_24h', (
      select coalesce(jsonb_agg(to_jsonb(o)), '[]')
      from (
        select r.job, count(*) as count
        from (
          select c.job, c.error_code, c.created_at from ops.cron_runs c order by c.id desc limit 10000
        ) r
        where r.error_code = 'overlap' and r.created_at > now() - interval '24 hours'
        group by r.job
        order by count(*) desc, r.job
        limit 10
      ) o
    ),
    'collector_at', (select max(t.ticked_at) from ops.scheduler_ticks t),
    'net', v_net,
    'findings', (select coalesce(jsonb_agg(to_jsonb(f)), '[]') from ops.cron_findings(v_runs, v_net) f)
  );
end
$$;
comment on function ops.cron_health() is
  'For admins and service_role: how pg_cron and pg_net are, in one object: jobs, runs_24h, last_run_at, overlaps_24h, collector_at, net, and findings, each with its remedy.';
select ops.restrict_function('ops.cron_health()', 'authenticated', 'service_role');

create function public.get_cron_health()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select ops.cron_health()
$$;
comment on function public.get_cron_health() is 'ops.cron_health beside its siblings in the exposed schema. For admins.';
select ops.restrict_function('public.get_cron_health()', 'authenticated', 'service_role');

create function ops.check_cron_health()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_found jsonb;
begin
  select coalesce(jsonb_agg(jsonb_build_object(
    'kind', 'cron_health', 'dedupe_key', 'cron_health:' || f.code, 'severity', f.severity, 'title', f.title,
    'message', f.message || ' What to do: ' || f.remedy, 'details', jsonb_build_object('code', f.code, 'remedy', f.remedy)
  )), '[]')
  into v_found
  from ops.cron_findings(ops.cron_run_mix(), ops.net_mix()) f;
  perform ops.raise_alerts(v_found);
  perform ops.resolve_alerts(array_agg(a.dedupe_key), 'check_cron_health')
  from ops.alerts a
  where a.kind = 'cron_health' and a.resolved_at is null
    and not v_found @> jsonb_build_array(jsonb_build_object('dedupe_key', a.dedupe_key));
  return jsonb_array_length(v_found);
end
$$;
comment on function ops.check_cron_health() is
  'Raise an alert per finding of ops.cron_findings, its remedy in it, and resolve those that are gone. Returns how many there are.';
select ops.restrict_function('ops.check_cron_health()');
