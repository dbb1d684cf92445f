-- Why      The collector: a declared job that turns what happened elsewhere into the outcome of runs, every minute.
-- Objects  functions ops.collect_step, ops.collect.
-- Locks    One advisory lock, so that one collector works at a time. Rollback: drop the functions; runs stay open.

create function ops.collect_step(p_step text, p_last_tick timestamptz, p_now timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_jobs text[];
  v_state text;
  v_message text;
begin
  begin
    case p_step
      when 'cancel_overdue_sql' then
        return ops.cancel_overdue_sql(p_now);
      when 'responses' then
        v_jobs := ops.collect_responses(p_now, p_limit);
        perform ops.judge_jobs(v_jobs);
        return cardinality(v_jobs);
      when 'lost' then
        return cardinality(ops.collect_lost(p_now, p_limit));
      when 'queued_work' then
        return ops.collect_queued_work(p_now, p_limit);
      when 'unreported' then
        return ops.collect_unreported(p_now, p_limit);
      when 'scheduler_failures' then
        v_jobs := ops.collect_scheduler_failures(p_now, p_limit * 10);
        perform ops.judge_jobs(v_jobs);
        return cardinality(v_jobs);
      when 'misfires' then
        return ops.queue_misfires(p_last_tick, p_now);
      when 'started' then
        -- Each holds an advisory lock until the end, and the lock table of a small server has a few thousand places.
        return ops.start_waiting(array['http', 'enqueue'], least(p_limit, 1000), interval '20 seconds', p_now);
      when 'overdue_sql' then
        -- Somebody else's work (ops.run_pending_sql); done here only when nobody does it.
        return ops.start_waiting(array['sql'], 1, interval '1 second', p_now, null, interval '5 minutes');
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  perform ops.raise_alert(
    'collector', 'collector:' || p_step, 'critical', 'The collector fails at ' || p_step,
    left(format('%s %s', v_state, ops.redact_text(v_message)), 1000),
    jsonb_build_object('step', p_step, 'sqlstate', v_state)
  );
  return null;
end
$$;
comment on function ops.collect_step(text, timestamptz, timestamptz, integer) is
  'One step of the collector. A step that fails raises an alert, is undone alone, and leaves the others to go on (returns null).';
select ops.restrict_function('ops.collect_step(text, timestamptz, timestamptz, integer)');

create function ops.collect(p_now timestamptz default clock_timestamp(), p_limit integer default 5000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_last_tick timestamptz;
  v_step text;
  v_count integer;
  v_done jsonb := '{}';
begin
  if not ops.try_lock('collector', '') then
    return '{"busy": true}';
  end if;
  v_last_tick := ops.record_tick(p_now);
  perform ops.resolve_alert('collector:silent');
  foreach v_step in array array[
    'cancel_overdue_sql', 'responses', 'lost', 'queued_work', 'unreported', 'scheduler_failures', 'misfires', 'started',
    'overdue_sql'
  ] loop
    v_count := ops.collect_step(v_step, v_last_tick, p_now, p_limit);
    v_done := v_done || jsonb_build_object(v_step, v_count);
    if v_count is not null then
      perform ops.resolve_alert('collector:' || v_step);
    end if;
  end loop;
  return v_done;
end
$$;
comment on function ops.collect(timestamptz, integer) is
  'Turn answers, silence, reports, queued work and scheduler failures into outcomes; start what waits. Bounded per call; returns counts per step, null for a step that failed.';
select ops.restrict_function('ops.collect(timestamptz, integer)');
