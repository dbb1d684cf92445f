-- Why      pg_net keeps an answer for six hours in an unlogged table nobody reads. Each is joined to its run here.
-- Objects  functions ops.response_error, ops.collect_responses.
-- Locks    Rows of answered attempts and runs. Rollback: drop the functions; HTTP runs stay "fired".

create function ops.response_error(p_status_code integer, p_timed_out boolean, p_error_message text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case
    -- pg_net before 0.19.6 left timed_out null.
    when p_timed_out or p_error_message ilike 'timeout%' then 'timeout'
    when p_error_message is not null then 'network'
    when p_status_code between 200 and 299 then null
    when p_status_code between 400 and 499 then 'http_4xx'
    when p_status_code between 500 and 599 then 'http_5xx'
    else 'http_other'
  end
$$;
comment on function ops.response_error(integer, boolean, text) is 'The error code of a row of net._http_response; null for 2xx.';
select ops.restrict_function('ops.response_error(integer, boolean, text)');

create function ops.collect_responses(p_now timestamptz, p_limit integer)
returns text[]
language plpgsql
set search_path = ''
as $$
declare
  v_epoch uuid := ops.current_epoch();
  v_jobs text[];
begin
  if to_regclass('net._http_response') is null
    or not exists (select from ops.cron_attempts a where a.awaiting_response)
  then
    return '{}';
  end if;

  with open_attempts as materialized (
    -- Ids start again after a crash: an id means the newest attempt of this epoch that has it.
    select distinct on (a.request_id) a.run_id, a.attempt, a.request_id, a.fired_at
    from ops.cron_attempts a
    where a.awaiting_response and a.epoch = v_epoch
    order by a.request_id, a.fired_at desc
  ), answers as materialized (
    select distinct on (o.run_id, o.attempt)
      o.run_id, o.attempt, greatest(h.created, o.fired_at) as delivered_at, h.status_code, h.timed_out, h.error_msg,
      left(h.content, 20000) as content,
      ops.response_error(h.status_code, h.timed_out, h.error_msg) as error_code
    from open_attempts o
    join net._http_response h on h.id = o.request_id and h.created >= o.fired_at - interval '1 minute'
    where h.created >= (select min(fired_at) from open_attempts) - interval '1 minute'
    order by o.run_id, o.attempt, h.created
    limit p_limit
  ), judged as materialized (
    select n.*, r.status, r.job,
      coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report,
      ops.report_deadline(d.definition, r.fired_at) as report_deadline,
      t.redeemed_at,
      case when n.error_code is not null and r.status = 'fired'
        then ops.retry_delay(d.definition, n.attempt, n.error_code, n.status_code) end as retry_delay,
      left(ops.redact_values(n.content, ops.secret_names(d.definition)), 1000) as excerpt,
      case n.error_code
        when 'network' then 'network - ' || left(ops.redact_text(n.error_msg), 500)
        when 'timeout' then 'timeout - ' || left(ops.redact_text(coalesce(n.error_msg, 'no answer in time')), 500)
        else n.error_code || ' - the answer was HTTP ' || coalesce(n.status_code::text, 'without a status')
      end as error
    from answers n
    join ops.cron_runs r on r.id = n.run_id
    left join ops.job_definitions d on d.name = r.job
    left join ops.run_tokens t on t.run_id = n.run_id and t.attempt = n.attempt
    -- The order of locks everywhere: run, then attempt.
    for update of r
  ), attempts as (
    update ops.cron_attempts a
    set awaiting_response = false, delivered_at = j.delivered_at, http_status = j.status_code, timed_out = j.timed_out,
        error_code = j.error_code, error = j.error, response_excerpt = j.excerpt
    from judged j
    where a.run_id = j.run_id and a.attempt = j.attempt
  ), runs as (
    update ops.cron_runs r
    set status = o.status,
        delivered_at = case when j.error_code is null or j.status_code is not null then j.delivered_at else j.redeemed_at end,
        http_status = j.status_code,
        deadline = case when o.status = 'delivered' then j.report_deadline end,
        next_attempt_at = case when o.status = 'fired' then p_now + j.retry_delay end,
        finished_at = case when o.status not in ('fired', 'delivered') then p_now end,
        error_code = case when o.status not in ('succeeded', 'delivered') then j.error_code end,
        error = case when o.status not in ('succeeded', 'delivered') then j.error end
    from judged j
    cross join lateral (
      select case
        when j.error_code is null and j.must_report then 'delivered'
        when j.error_code is null then 'succeeded'
        -- The function took its token, so it runs; it may outlive the request and report.
        when j.error_code in ('timeout', 'network') and j.must_report and j.redeemed_at is not null then 'delivered'
        when j.retry_delay is not null then 'fired'
        else ops.final_status(j.error_code)
      end as status
    ) o
    where r.id = j.run_id
      and r.attempt = j.attempt
      -- "lost" means we did not know; a late answer to the last try says so after all, but starts nothing again.
      and (
        (r.status = 'fired' and r.next_attempt_at is null)
        or (r.status = 'lost' and o.status not in ('fired', 'delivered'))
      )
    returning r.job
  )
  select coalesce(array_agg(distinct runs.job), '{}') into v_jobs from runs;

  return v_jobs;
end
$$;
comment on function ops.collect_responses(timestamptz, integer) is
  'Join new answers of pg_net to their runs: delivered, succeeded, failed, timed_out, or a retry to come. Returns the jobs concerned.';
select ops.restrict_function('ops.collect_responses(timestamptz, integer)');
