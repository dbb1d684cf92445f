-- Why      A run is from now on the run of a runbook (ops.runs); what a schedule starts is a cron run, as its table says. The names
--          ops.list_runs and its siblings are needed for the former.
-- Objects  ops.list_runs, get_run, cancel_run, retry_run become ops.list_cron_runs, get_cron_run, cancel_cron_run, retry_cron_run.
-- Locks    A moment each. Rollback: rename them back.

alter function ops.list_runs(text, boolean, bigint, integer) rename to list_cron_runs;
alter function ops.get_run(bigint) rename to get_cron_run;
alter function ops.cancel_run(bigint, text, text) rename to cancel_cron_run;
alter function ops.retry_run(bigint, text) rename to retry_cron_run;

-- Security definer, as ops.fire_now.
create or replace function ops.retry_cron_run(p_run_id bigint, p_actor text default null)
returns bigint
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_former record;
  v_run record;
begin
  select r.id, r.job, r.scheduled_for, d.definition, d.digest
  into v_former
  from ops.cron_runs r
  join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id and r.finished_at is not null;
  if not found then
    raise exception 'there is no ended run % of a declared job', p_run_id
      using errcode = 'no_data_found', hint = 'See ops.list_cron_runs; a run that has not ended can be cancelled first.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    v_former.job, v_former.definition, v_former.digest, v_former.scheduled_for, 'manual', coalesce(p_actor, session_user), v_now
  ) a;
  update ops.cron_runs set retry_of = v_former.id where id = v_run.run_id;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, v_former.job, v_former.definition, v_former.scheduled_for, 1, v_now);
  end if;
  return v_run.run_id;
end
$$;
