-- Why      Whoever starts a try (the schedule, a person, the collector) starts it here, and a fault of the job is a recorded
--          failure, never an exception: raising would roll back the record of it.
-- Objects  functions ops.enqueue_call, ops.start_attempt.
-- Locks    None. Rollback: drop the functions; nothing can be fired.

create function ops.enqueue_call(p_run_id bigint, p_definition jsonb, p_now timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_call jsonb := p_definition -> 'call';
  v_id uuid;
begin
  insert into ops.job_queue (task_type, payload, max_attempts, run_at, run_id)
  values (
    v_call ->> 'task_type', coalesce(v_call -> 'payload', '{}'), coalesce((v_call ->> 'max_attempts')::integer, 5), p_now, p_run_id
  )
  returning id into v_id;
  if coalesce((v_call ->> 'await_report')::boolean, false) then
    update ops.cron_runs
    set status = 'fired', deadline = ops.report_deadline(p_definition, p_now), result = jsonb_build_object('queue_id', v_id)
    where id = p_run_id;
  else
    perform ops.succeed_run(p_run_id, jsonb_build_object('queue_id', v_id), p_now);
  end if;
end
$$;
comment on function ops.enqueue_call(bigint, jsonb, timestamptz) is 'Queue the work of a run in this transaction.';
select ops.restrict_function('ops.enqueue_call(bigint, jsonb, timestamptz)');

create function ops.start_attempt(
  p_run_id bigint, p_job text, p_definition jsonb, p_slot timestamptz, p_attempt integer, p_now timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_state text;
  v_message text;
begin
  begin
    case p_definition #>> '{call,kind}'
      when 'http' then perform ops.send_request(p_run_id, p_job, p_definition, p_slot, p_attempt, p_now);
      when 'sql' then perform ops.execute_sql(p_run_id, p_job, p_definition, p_now);
      when 'enqueue' then perform ops.enqueue_call(p_run_id, p_definition, p_now);
      else
        perform ops.fail_run(
          p_run_id, 'definition_invalid', 'definition_invalid:call.kind - ' || ops.problem_remedy('definition_invalid'), p_now
        );
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  if v_state is not null then
    perform ops.fail_run(
      p_run_id, 'definition_invalid',
      left(format('definition_invalid:%s %s', v_state, ops.redact_values(v_message, ops.secret_names(p_definition))), 1000), p_now
    );
  end if;
end
$$;
comment on function ops.start_attempt(bigint, text, jsonb, timestamptz, integer, timestamptz) is
  'Start one try of a run that has a row: HTTP request, SQL, or queued work. Records what goes wrong; does not raise for it.';
select ops.restrict_function('ops.start_attempt(bigint, text, jsonb, timestamptz, integer, timestamptz)');
