-- Why      A SQL job runs inside ops.fire, in a subtransaction, so that its failure leaves a row instead of rolling it back.
-- Objects  functions ops.run_sql, ops.sql_label, ops.execute_sql.
-- Locks    Whatever the job's SQL takes. Rollback: drop the functions; SQL jobs then fail.

-- The one function with a search path: a job's SQL is written as for the SQL editor, with unqualified names.
create function ops.run_sql(p_sql text)
returns bigint
language plpgsql
set search_path = public, extensions, pg_temp
as $$
declare
  v_rows bigint;
begin
  execute p_sql;
  get diagnostics v_rows = row_count;
  -- A deferred constraint must fail here, as the job's own error, not at commit, where it would take the record along.
  set constraints all immediate;
  return v_rows;
end
$$;
comment on function ops.run_sql(text) is 'Run the SQL of a job as the caller, with search_path public, extensions. Returns the row count of its last statement.';
select ops.restrict_function('ops.run_sql(text)');

create function ops.sql_label(p_job text, p_deadline timestamptz)
returns text
language sql
immutable
set search_path = ''
as $$
  select format('ops:%s:%s', ceil(extract(epoch from p_deadline))::bigint, p_job)
$$;
comment on function ops.sql_label(text, timestamptz) is
  'application_name while a SQL job runs: visible to other sessions before anything is committed (ops.list_running, ops.cancel_overdue_sql).';
select ops.restrict_function('ops.sql_label(text, timestamptz)');

create function ops.execute_sql(
  p_run_id bigint, p_job text, p_definition jsonb, p_now timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_timeout interval := make_interval(secs => (p_definition #>> '{call,timeout_ms}')::numeric / 1000.0);
  v_limit interval := current_setting('statement_timeout')::interval;
  v_application text := current_setting('application_name');
  v_started timestamptz := clock_timestamp();
  v_elapsed interval;
  v_rows bigint;
  v_state text;
  v_message text;
begin
  perform set_config('application_name', ops.sql_label(p_job, v_started + v_timeout), true);
  begin
    v_rows := ops.run_sql(p_definition #>> '{call,sql}');
  exception
    -- statement_timeout (set by the command in cron.job), the collector's second net, or a person.
    when query_canceled then
      v_state := sqlstate;
    -- Only the message: detail, hint and context may quote rows and parameters.
    when assert_failure or others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  perform set_config('application_name', v_application, true);
  v_elapsed := clock_timestamp() - v_started;

  if v_state is null then
    perform ops.succeed_run(
      p_run_id,
      jsonb_build_object('rows', v_rows, 'duration_ms', round(extract(epoch from v_elapsed) * 1000)),
      p_now + v_elapsed
    );
  elsif v_state <> '57014' then
    perform ops.fail_run(
      p_run_id, 'sql_error',
      left(format('sql_error:%s %s', v_state, ops.redact_vault(left(v_message, 20000))), 1000),
      p_now + v_elapsed
    );
  elsif v_elapsed >= v_timeout or (v_limit > interval '0' and clock_timestamp() - statement_timestamp() >= v_limit) then
    perform ops.fail_run(
      p_run_id, 'timeout',
      format(
        'timeout:%s ms - the SQL was cancelled; raise call.timeout or make it do less at a time',
        round(extract(epoch from v_elapsed) * 1000)
      ),
      p_now + v_elapsed
    );
  else
    perform ops.fail_run(p_run_id, 'cancelled', 'cancelled: somebody cancelled the statement', p_now + v_elapsed);
  end if;
end
$$;
comment on function ops.execute_sql(bigint, text, jsonb, timestamptz) is
  'Run a SQL job now and record how it ended: rows, sql_error, timeout or cancelled.';
select ops.restrict_function('ops.execute_sql(bigint, text, jsonb, timestamptz)');
