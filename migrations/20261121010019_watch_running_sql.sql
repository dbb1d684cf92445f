-- Why      A running SQL job has written nothing others can see, and pg_cron's background workers ignore statement_timeout.
--          Its application_name says who it is and until when it may run.
-- Objects  functions ops.list_running, ops.cancel_running, ops.cancel_overdue_sql.
-- Locks    None. Rollback: drop the functions; SQL jobs run as long as they like in background-worker mode.

create function ops.list_running()
returns table (job text, pid integer, started_at timestamptz, deadline timestamptz)
language sql
stable
set search_path = ''
as $$
  select l.parts[2], a.pid, a.query_start, to_timestamp(l.parts[1]::double precision)
  from pg_catalog.pg_stat_activity a
  cross join lateral (select regexp_match(a.application_name, '^ops:(\d{1,12}):(.*)$')) as l (parts)
  where a.datname = current_database() and a.state = 'active' and l.parts is not null
$$;
comment on function ops.list_running() is
  'SQL jobs running in this moment, with their process and deadline. Long names are cut to what application_name holds.';
select ops.restrict_function('ops.list_running()', 'service_role');

create function ops.cancel_running(p_job text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_pid integer;
  v_count integer := 0;
begin
  for v_pid in
    select l.pid
    from ops.list_running() l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid and a.usename = current_user
    where starts_with(p_job, l.job) and l.job <> '' and l.pid <> pg_backend_pid()
  loop
    if pg_cancel_backend(v_pid) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$$;
comment on function ops.cancel_running(text) is 'Cancel the running SQL of a job; its run then ends as cancelled. Returns how many were told.';
select ops.restrict_function('ops.cancel_running(text)');

create function ops.cancel_overdue_sql(p_now timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_pid integer;
  v_count integer := 0;
begin
  for v_pid in
    select l.pid
    from ops.list_running() l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid and a.usename = current_user
    where l.deadline < p_now - interval '5 seconds' and l.pid <> pg_backend_pid()
  loop
    if pg_cancel_backend(v_pid) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$$;
comment on function ops.cancel_overdue_sql(timestamptz) is
  'Cancel SQL jobs past their timeout; ops.execute_sql then records timed_out. The second net under statement_timeout.';
select ops.restrict_function('ops.cancel_overdue_sql(timestamptz)');
