-- Why      After the scheduler was away, pg_cron forgets what it missed. A job says itself what it wants: misfire once or all.
-- Objects  functions ops.record_tick, ops.queue_misfires.
-- Locks    None. Rollback: drop the functions; missed slots stay missed.

create function ops.record_tick(p_now timestamptz)
returns timestamptz
language plpgsql
set search_path = ''
as $$
declare
  v_last timestamptz;
begin
  select max(t.ticked_at) into v_last from ops.scheduler_ticks t where t.ticked_at < p_now;
  insert into ops.scheduler_ticks (ticked_at) values (p_now) on conflict do nothing;
  return v_last;
end
$$;
comment on function ops.record_tick(timestamptz) is 'Note that the scheduler is alive now. Returns the tick before; null on the first.';
select ops.restrict_function('ops.record_tick(timestamptz)');

create function ops.queue_misfires(p_from timestamptz, p_now timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_count integer;
begin
  if p_from is null or p_now - p_from < interval '150 seconds' or to_regclass('cron.job') is null then
    return 0;
  end if;
  insert into ops.cron_runs (
    job, scheduled_for, trigger, status, call_kind, created_at, next_attempt_at, definition_digest
  )
  select d.name, s.slot, 'misfire', 'queued', d.definition #>> '{call,kind}', p_now, p_now, d.digest
  from ops.job_definitions d
  cross join lateral ops.known_slots(
    d.definition,
    -- From the minute of the last tick on, but never more than a day.
    greatest(date_trunc('minute', p_from) - interval '1 second', d.created_at, p_now - interval '24 hours'),
    -- The minute that has just begun is the scheduler's own.
    date_trunc('minute', p_now) - interval '1 minute',
    case d.definition ->> 'misfire' when 'all' then 100 else 1 end
  ) as s (slot)
  where d.definition ->> 'misfire' in ('once', 'all')
    and exists (select from cron.job j where j.active and j.jobname::text = d.name and ops.fired_job(j.command) = d.name)
    and not exists (
      select from ops.cron_runs r
      where r.job = d.name and r.scheduled_for = s.slot and r.trigger in ('schedule', 'misfire', 'queued')
    )
    and (d.definition #>> '{call,kind}' <> 'sql' or not ops.is_slot_running(d.name, s.slot))
  order by s.slot
  on conflict do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function ops.queue_misfires(timestamptz, timestamptz) is
  'After a gap of more than 150 seconds since p_from, queue the missed slots of active jobs: the latest (once) or up to 100 of the last day (all). Returns how many.';
select ops.restrict_function('ops.queue_misfires(timestamptz, timestamptz)');
