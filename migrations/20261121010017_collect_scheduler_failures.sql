-- Why      When pg_cron cannot start a command (connection failed, startup timeout, server restarted), ops.fire never ran
--          and there is no row. cron.job_run_details knows.
-- Objects  functions ops.fired_job, ops.is_slot_running, ops.collect_scheduler_failures.
-- Locks    None on cron tables. Rollback: drop the functions; such failures go unseen again.

create function ops.fired_job(p_command text)
returns text
language sql
immutable
set search_path = ''
as $$
  select replace((regexp_match(p_command, 'select ops\.fire\(''((?:[^'']|'''')+)''\)\s*;?\s*$', 'i'))[1], '''''', '''')
$$;
comment on function ops.fired_job(text) is 'The job a command in cron.job fires; null when the command is not ours.';
select ops.restrict_function('ops.fired_job(text)');

create function ops.is_slot_running(p_job text, p_slot timestamptz)
returns boolean
language sql
stable
set search_path = ''
as $$
  select exists (
    select
    from pg_catalog.pg_locks l
    join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
      and (l.classid::bigint << 32 | l.objid::bigint) = ops.lock_key('slot', ops.slot_key(p_job, p_slot))
  )
$$;
comment on function ops.is_slot_running(text, timestamptz) is
  'Whether another session fires this slot right now; asked without taking its lock, because thousands may be asked for.';
select ops.restrict_function('ops.is_slot_running(text, timestamptz)');

create function ops.collect_scheduler_failures(p_now timestamptz, p_limit integer)
returns text[]
language plpgsql
set search_path = ''
as $$
declare
  v_seen bigint;
  v_upto bigint;
  v_unfinished bigint[];
  v_jobs text[];
begin
  if to_regclass('cron.job_run_details') is null then
    return '{}';
  end if;
  -- A database with years of history starts near its end.
  if not exists (select from ops.collector_state) then
    insert into ops.collector_state (last_scheduler_run_id)
    select greatest(coalesce(max(c.runid), 0) - 1000, 0) from cron.job_run_details c
    on conflict do nothing;
  end if;
  select s.last_scheduler_run_id, s.unfinished_scheduler_run_ids into v_seen, v_unfinished from ops.collector_state s;

  with batch as materialized (
    (
      select c.runid, c.command, c.status, c.return_message, c.start_time, c.end_time
      from cron.job_run_details c
      where c.runid > v_seen
      order by c.runid
      limit p_limit
    )
    union all
    select c.runid, c.command, c.status, c.return_message, c.start_time, c.end_time
    from cron.job_run_details c
    where c.runid = any (v_unfinished)
  ), failures as (
    select b.runid, f.job, d.definition,
      coalesce(b.start_time, b.end_time, p_now) as at,
      coalesce(b.end_time, b.start_time, p_now) as until,
      left('scheduler_failed - ' || ops.redact_text(rtrim(split_part(coalesce(b.return_message, 'no message'), 'CONTEXT:', 1))), 500)
        as error
    from batch b
    cross join lateral (select ops.fired_job(b.command) as job) f
    join ops.job_definitions d on d.name = f.job
    where b.status = 'failed'
  ), missed as (
    select f.*, coalesce(s.slot, case when f.definition #>> '{schedule,kind}' <> 'cron' then date_trunc('second', f.at) end) as slot
    from failures f
    left join lateral ops.known_slots(f.definition, f.at - interval '29 minutes', f.at, 1) as s (slot) on true
    where not exists (
      select from ops.cron_runs r
      where r.job = f.job
        and r.trigger in ('schedule', 'queued')
        and r.created_at between f.at - interval '1 second' and f.until + interval '1 second'
    )
  ), recorded as (
    insert into ops.cron_runs (
      job, scheduled_for, trigger, status, call_kind, created_at, finished_at, error_code, error, scheduler_run_id
    )
    select m.job, m.slot, 'schedule', 'failed', m.definition #>> '{call,kind}', m.at, p_now, 'scheduler_failed', m.error, m.runid
    from missed m
    where m.slot is not null
      -- Somebody is running it after all, uncommitted; inserting would wait for that to end.
      and not ops.is_slot_running(m.job, m.slot)
    on conflict do nothing
    returning job
  )
  select
    (select coalesce(array_agg(distinct job), '{}') from recorded),
    (select max(b.runid) from batch b),
    -- Some rows stay "connecting" for ever, so only the newest are asked again.
    (
      select coalesce(array_agg(u.runid), '{}')
      from (
        select b.runid from batch b where b.status not in ('succeeded', 'failed') order by b.runid desc limit 1000
      ) u
    )
  into v_jobs, v_upto, v_unfinished;

  update ops.collector_state
  set last_scheduler_run_id = greatest(last_scheduler_run_id, v_upto), unfinished_scheduler_run_ids = v_unfinished
  where singleton;
  return v_jobs;
end
$$;
comment on function ops.collect_scheduler_failures(timestamptz, integer) is
  'Write a failed run (scheduler_failed) for each command of ours that pg_cron could not run at all. Returns the jobs concerned.';
select ops.restrict_function('ops.collect_scheduler_failures(timestamptz, integer)');
