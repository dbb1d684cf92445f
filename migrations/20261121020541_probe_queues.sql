-- Why      How the queue, pg_net and Edge Functions fare is a few numbers; whoever wants them need not see payloads, headers or bodies.
-- Objects  functions ops.probe_functions, ops.probe_queue, ops.probe_net. docs/checks.md grants them.
-- Locks    None; nothing is written. Rollback: drop the functions; checks then say "unknown".

-- Security definer: counts of calls, and the ledger of functions, without the rest of either.
create function ops.probe_functions(p_now timestamptz, p_window interval)
returns table (
  slug text, applied jsonb, calls bigint, failed bigint, last_error text, last_failed_at timestamptz
)
language sql
stable
security definer
set search_path = ''
as $$
  with callers as materialized (
    select d.name, d.definition #>> '{call,function}' as slug
    from ops.job_definitions d
    where d.definition #> '{call,function}' is not null
  ), ended as materialized (
    select c.slug, r.status, r.created_at, r.error, r.id
    from ops.cron_runs r
    join callers c on c.name = r.job
    where r.id >= (select ops.first_cron_run(p_now - p_window))
      and r.created_at > p_now - p_window
      and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      -- What never left the database says nothing about the function.
      and coalesce(r.error_code, '') not in (
        'secret_missing', 'secret_invalid', 'url_invalid', 'extension_missing', 'definition_missing', 'definition_invalid', 'scheduler_failed'
      )
  ), summed as (
    select e.slug, count(*) as calls, count(*) filter (where e.status <> 'succeeded') as failed,
      (array_agg(left(ops.redact_text(e.error), 400) order by e.id desc) filter (where e.status <> 'succeeded'))[1] as last_error,
      max(e.created_at) filter (where e.status <> 'succeeded') as last_failed_at
    from ended e
    group by e.slug
  ), ledger as (
    select m.name as slug, m.applied from ops.managed_objects m where m.kind = 'function'
  )
  select coalesce(l.slug, s.slug), l.applied, coalesce(s.calls, 0), coalesce(s.failed, 0), s.last_error, s.last_failed_at
  from ledger l
  full join summed s on s.slug = l.slug
  order by 1
$$;
comment on function ops.probe_functions(timestamptz, interval) is
  'Edge Functions: what was deployed by us, and how calls of jobs to them ended within p_window.';
select ops.restrict_function('ops.probe_functions(timestamptz, interval)');

-- Security definer: counts of the queue, without payloads.
create function ops.probe_queue(p_now timestamptz, p_dead_within interval)
returns table (
  task_type text, due bigint, oldest_s double precision, dead bigint, last_error text, paused_s double precision
)
language sql
stable
security definer
set search_path = ''
as $$
  with recursive waiting (task_type) as (
    -- One step through the index a type, however many jobs there are.
    (select q.task_type from ops.queued_jobs q where q.status = 'pending' and not q.blocked order by q.task_type limit 1)
    union all
    select (
      select q.task_type
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type > w.task_type
      order by q.task_type
      limit 1
    )
    from waiting w
    where w.task_type is not null
  ), dead as (
    select q.task_type, count(*) as dead, (array_agg(left(ops.redact_text(q.last_error), 300) order by q.id desc))[1] as last_error
    from (
      select x.id, x.task_type, x.last_error
      from ops.queued_jobs x
      where x.status = 'failed' and x.finished_at > p_now - p_dead_within
      order by x.id desc
      limit 100000
    ) q
    group by q.task_type
  ), types as (
    select w.task_type from waiting w where w.task_type is not null
    union
    select d.task_type from dead d
  )
  select t.task_type, coalesce(c.due, 0), extract(epoch from p_now - c.oldest)::double precision, coalesce(d.dead, 0), d.last_error,
    case when k.paused then extract(epoch from p_now - k.updated_at)::double precision end
  from types t
  left join dead d on d.task_type = t.task_type
  left join ops.job_types k on k.task_type = t.task_type
  left join lateral (
    select count(*) as due, min(n.run_at) as oldest
    from (
      select q.run_at
      from ops.queued_jobs q
      where q.task_type = t.task_type and q.status = 'pending' and not q.blocked and q.run_at <= p_now
        and not coalesce((select range_agg(l.held) from ops.job_leases l) @> q.id, false)
      limit 100001
    ) n
  ) c on true
  order by t.task_type collate "C"
$$;
comment on function ops.probe_queue(timestamptz, interval) is
  'Per type of work: jobs that wait to be claimed (counted up to 100,001), how long the oldest does, dead letters of p_dead_within, and how long it has been paused.';
select ops.restrict_function('ops.probe_queue(timestamptz, interval)');

-- Security definer: how requests fare, without addresses, headers and bodies.
create function ops.probe_net(p_now timestamptz, p_window interval)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  v_oldest bigint;
  v_hidden integer;
  v_net jsonb;
begin
  if to_regclass('net.http_request_queue') is null or to_regclass('net._http_response') is null then
    return null;
  end if;
  select min(q.id) into v_oldest from net.http_request_queue q;
  select count(*) into v_hidden
  from pg_catalog.pg_stat_activity a
  where a.backend_type is null and coalesce(a.application_name, '') = '' and a.datname = current_database();
  select jsonb_build_object(
    'version', (select e.extversion from pg_catalog.pg_extension e where e.extname = 'pg_net'),
    -- Not net.check_worker_is_up(): old versions of it look for a name their worker does not have.
    'is_up', case
      when exists (
        select from pg_catalog.pg_stat_activity a
        where a.datname = current_database() and a.pid <> pg_backend_pid()
          and (a.backend_type ilike '%pg_net%' or a.application_name ilike '%pg_net%')
      ) then true
      when v_hidden = 0 then false
    end,
    'depth', (select count(*) from (select from net.http_request_queue q limit 100001) x),
    'without_scheme', (select count(*) from (select q.url from net.http_request_queue q limit 1000) x where x.url !~* '^https?://'),
    -- The queue holds no times. Ids grow: whatever was asked for, or answered, later than the oldest request in it began to wait after it.
    'oldest_s', extract(epoch from p_now - least(
      (
        select min(a.fired_at)
        from ops.cron_attempts a
        where a.awaiting_response and a.request_id >= v_oldest and a.epoch = (select e.epoch from ops.crash_epoch e)
      ),
      (select min(r.created) from net._http_response r where r.id > v_oldest and r.created > p_now - p_window)
    )),
    'answers', m.answers, 'ok', m.ok, 'client_errors', m.client_errors, 'server_errors', m.server_errors, 'other', m.other,
    'timed_out', m.timed_out, 'not_delivered', m.not_delivered, 'out_of_memory', m.out_of_memory, 'bad_url', m.bad_url,
    'last_answer_at', m.last_answer_at,
    'messages', (
      select coalesce(jsonb_agg(jsonb_build_object('message', e.message, 'count', e.count) order by e.count desc, e.message), '[]')
      from (
        select left(ops.redact_text(regexp_replace(r.error_msg, 'https?://\S+', '[url]', 'g')), 160) as message, count(*) as count
        from (
          select a.error_msg
          from net._http_response a
          where a.created > p_now - p_window and a.error_msg is not null
          order by a.created desc
          limit 10000
        ) r
        group by 1
        order by 2 desc, 1
        limit 5
      ) e
    )
  )
  into v_net
  from (
    select count(*) as answers,
      count(*) filter (where r.status_code between 200 and 299) as ok,
      count(*) filter (where r.status_code between 400 and 499) as client_errors,
      count(*) filter (where r.status_code >= 500) as server_errors,
      count(*) filter (where r.status_code < 200 or r.status_code between 300 and 399) as other,
      count(*) filter (where r.status_code is null and coalesce(r.timed_out, r.error_msg ilike 'timeout%', false)) as timed_out,
      count(*) filter (where r.status_code is null and not coalesce(r.timed_out, r.error_msg ilike 'timeout%', false)) as not_delivered,
      count(*) filter (where r.error_msg ilike '%out of memory%') as out_of_memory,
      count(*) filter (where r.error_msg ilike '%invalid url%' or r.error_msg ilike '%bad scheme%') as bad_url,
      max(r.created) as last_answer_at
    -- The one index there is by time.
    from (
      select a.status_code, a.timed_out, a.error_msg, a.created
      from net._http_response a
      where a.created > p_now - p_window
      order by a.created desc
      limit 10000
    ) r
  ) m;
  return v_net;
end
$$;
comment on function ops.probe_net(timestamptz, interval) is
  'pg_net: whether its worker is up (null: cannot be seen), requests waiting and for how long at least, and how the newest 10,000 answers of p_window went. Null without pg_net.';
select ops.restrict_function('ops.probe_net(timestamptz, interval)');
