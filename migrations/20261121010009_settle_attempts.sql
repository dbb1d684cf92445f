-- Why      One place decides what a failed try means: try again, or the end of the run.
-- Objects  functions ops.retry_delay, ops.final_status, ops.report_deadline, ops.fail_run, ops.succeed_run.
-- Locks    None. Rollback: drop the functions; ops.fire and ops.collect then fail.

create function ops.retry_delay(p_definition jsonb, p_attempt integer, p_error_code text, p_http_status integer)
returns interval
language sql
volatile
set search_path = ''
as $$
  select least(
    make_interval(secs =>
      coalesce((p_definition #>> '{retry,backoff_ms}')::numeric, 30000) / 1000.0
      * power(2::numeric, least(p_attempt, 20) - 1) * (0.8 + 0.4 * random()::numeric)
    ),
    interval '24 hours'
  )
  where p_attempt < coalesce((p_definition #>> '{retry,attempts}')::integer, 1)
    and (p_definition #> '{retry,on}') ?| case p_error_code
      when 'http_4xx' then case when p_http_status = 429 then array['429', '4xx'] else array['4xx'] end
      when 'http_5xx' then array['5xx']
      when 'timeout' then array['timeout']
      when 'network' then array['network']
      when 'lost' then array['lost']
      when 'sql_error' then array['sql']
      when 'report_failed' then array['report']
      when 'not_reported' then array['report']
      else array[]::text[]
    end
$$;
comment on function ops.retry_delay(jsonb, integer, text, integer) is
  'How long to wait before the next try (backoff_ms doubled per try, plus or minus a fifth), or null when the run ends here.';
select ops.restrict_function('ops.retry_delay(jsonb, integer, text, integer)');

create function ops.final_status(p_error_code text)
returns text
language sql
immutable
set search_path = ''
as $$
  select case p_error_code
    when 'timeout' then 'timed_out'
    when 'lost' then 'lost'
    when 'cancelled' then 'cancelled'
    else 'failed'
  end
$$;
comment on function ops.final_status(text) is 'The status a run ends in for this error code.';
select ops.restrict_function('ops.final_status(text)');

create function ops.report_deadline(p_definition jsonb, p_fired_at timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select p_fired_at + make_interval(secs => greatest(
    coalesce(
      (p_definition #>> '{expect,max_duration_ms}')::numeric,
      (p_definition #>> '{expect,within_ms}')::numeric,
      case p_definition #>> '{call,kind}' when 'enqueue' then 3600000 else 300000 end
    ),
    coalesce((p_definition #>> '{call,timeout_ms}')::numeric, 0)
  ) / 1000.0)
$$;
comment on function ops.report_deadline(jsonb, timestamptz) is
  'Until when a run that must report may do so: expect.max_duration, else expect.within, else five minutes (one hour for queued work).';
select ops.restrict_function('ops.report_deadline(jsonb, timestamptz)');

create function ops.succeed_run(p_run_id bigint, p_result jsonb, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_job text;
begin
  update ops.cron_runs
  set status = 'succeeded', result = coalesce(p_result, result), finished_at = p_at, deadline = null,
      next_attempt_at = null, error_code = null, error = null
  where id = p_run_id
  returning job into v_job;
  -- Almost always there is nothing to resolve, and this path is the hot one.
  if exists (select from ops.alerts a where a.dedupe_key = 'job:' || v_job and a.resolved_at is null) then
    perform ops.judge_jobs(array[v_job]);
  end if;
end
$$;
comment on function ops.succeed_run(bigint, jsonb, timestamptz) is 'End a run well and resolve the alert of its job.';
select ops.restrict_function('ops.succeed_run(bigint, jsonb, timestamptz)');

create function ops.fail_run(p_run_id bigint, p_error_code text, p_error text, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_job text;
  v_attempt integer;
  v_fired_at timestamptz;
  v_delay interval;
begin
  select r.job, r.attempt, coalesce(r.fired_at, p_at), ops.retry_delay(d.definition, r.attempt, p_error_code, r.http_status)
  into v_job, v_attempt, v_fired_at, v_delay
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id;

  -- A try that never left the database has no row yet.
  insert into ops.cron_attempts as a (run_id, attempt, fired_at, error_code, error)
  values (p_run_id, v_attempt, v_fired_at, p_error_code, p_error)
  on conflict (run_id, attempt) do update
  set error_code = excluded.error_code, error = excluded.error
  where a.error_code is null;

  update ops.cron_runs
  set status = case when v_delay is null then ops.final_status(p_error_code) else 'fired' end,
      finished_at = case when v_delay is null then p_at end,
      next_attempt_at = p_at + v_delay,
      deadline = null,
      error_code = p_error_code,
      error = p_error
  where id = p_run_id;

  if v_delay is null then
    perform ops.judge_jobs(array[v_job]);
  end if;
end
$$;
comment on function ops.fail_run(bigint, text, text, timestamptz) is
  'The current try of a run failed: schedule the next one if its definition says so, else end the run and judge the job.';
select ops.restrict_function('ops.fail_run(bigint, text, text, timestamptz)');
