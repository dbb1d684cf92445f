-- Why      pg_cron knows UTC only. Whether a job is due in its own time zone is decided here, the same way as in
--          actions/_shared/schedule, from the masks compiled into the definition (bit n stands for the value n).
-- Objects  functions ops.schedule_matches, ops.is_due, ops.due_slots, ops.known_slots.
-- Locks    None. Rollback: drop the functions; ops.fire then fails.

create function ops.schedule_matches(p_match jsonb, p_local timestamp)
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
declare
  v_minute integer := extract(minute from p_local);
  v_day integer;
  v_day_matches boolean;
  v_weekday_matches boolean;
begin
  if v_minute < 30 then
    if ((p_match ->> 'minutes_low')::bigint >> v_minute) & 1 = 0 then
      return false;
    end if;
  elsif ((p_match ->> 'minutes_high')::bigint >> (v_minute - 30)) & 1 = 0 then
    return false;
  end if;
  if ((p_match ->> 'hours')::bigint >> extract(hour from p_local)::integer) & 1 = 0
    or ((p_match ->> 'months')::bigint >> extract(month from p_local)::integer) & 1 = 0
  then
    return false;
  end if;
  v_day := extract(day from p_local);
  v_day_matches := ((p_match ->> 'days')::bigint >> v_day) & 1 = 1
    or (coalesce((p_match ->> 'last_day')::boolean, false) and extract(day from p_local + interval '1 day') = 1);
  v_weekday_matches := ((p_match ->> 'weekdays')::bigint >> extract(dow from p_local)::integer) & 1 = 1;
  if coalesce((p_match ->> 'either_day')::boolean, false) then
    v_day_matches := v_day_matches or v_weekday_matches;
  else
    v_day_matches := v_day_matches and v_weekday_matches;
  end if;
  -- Never due and not understood are not the same.
  if v_day_matches is null or p_match ->> 'hours' is null or p_match ->> 'months' is null then
    raise exception 'the compiled schedule is incomplete' using errcode = 'invalid_parameter_value';
  end if;
  return v_day_matches;
end
$$;
comment on function ops.schedule_matches(jsonb, timestamp) is
  'Whether a wall-clock minute matches a compiled schedule. pg_cron''s rule for days: either_day means one of day and weekday suffices.';
select ops.restrict_function('ops.schedule_matches(jsonb, timestamp)');

create function ops.is_due(p_definition jsonb, p_at timestamptz)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  v_match jsonb := p_definition #> '{schedule,match}';
  v_zone text := coalesce(p_definition #>> '{schedule,timezone}', 'UTC');
  v_utc timestamp;
  v_local timestamp;
  v_offset interval;
  v_former_offset interval;
  v_change interval;
begin
  if p_definition #>> '{schedule,kind}' in ('interval', 'reboot') then
    return true;
  end if;
  v_local := p_at at time zone v_zone;
  if v_zone = 'UTC' or not coalesce((v_match ->> 'fixed_time')::boolean, false) then
    return ops.schedule_matches(v_match, v_local);
  end if;

  -- A job at a fixed local time runs once a local day: look for a clock change in the last three hours.
  v_utc := p_at at time zone 'UTC';
  v_offset := v_local - v_utc;
  v_former_offset := ((p_at - interval '3 hours') at time zone v_zone) - (v_utc - interval '3 hours');
  v_change := v_offset - v_former_offset;
  if v_change < interval '0' then
    -- Clocks went back: this wall-clock minute has been before.
    if ((p_at + v_change) at time zone v_zone) - (v_utc + v_change) = v_former_offset then
      return false;
    end if;
  elsif v_change > interval '0' then
    -- Clocks went forward: minutes that do not exist are due when the old clock would have shown them.
    if ((p_at - v_change) at time zone v_zone) - (v_utc - v_change) = v_former_offset
      and ops.schedule_matches(v_match, v_utc + v_former_offset)
    then
      return true;
    end if;
  end if;
  return ops.schedule_matches(v_match, v_local);
end
$$;
comment on function ops.is_due(jsonb, timestamptz) is
  'Whether a job is due in this minute. Fixed local times run once a day through daylight saving, both ways; jobs with * in minute or hour follow the wall clock. Intervals are always due.';
select ops.restrict_function('ops.is_due(jsonb, timestamptz)', 'service_role');

create function ops.due_slots(p_definition jsonb, p_after timestamptz, p_until timestamptz, p_limit integer)
returns setof timestamptz
language plpgsql
stable
set search_path = ''
as $$
declare
  v_hours bigint := (p_definition #>> '{schedule,match,hours}')::bigint;
  v_zone text := coalesce(p_definition #>> '{schedule,timezone}', 'UTC');
  v_at timestamptz := date_trunc('minute', p_until);
  v_local timestamp;
  v_found integer := 0;
begin
  if p_definition #>> '{schedule,kind}' is distinct from 'cron' then
    return;
  end if;
  while v_at > p_after and v_found < p_limit loop
    v_local := v_at at time zone v_zone;
    -- An hour the schedule never names is skipped whole, unless the clocks changed near it.
    if (v_hours >> extract(hour from v_local)::integer) & 1 = 0
      and (v_zone = 'UTC' or (v_at - interval '4 hours') at time zone v_zone = v_local - interval '4 hours')
    then
      v_at := v_at - make_interval(mins => extract(minute from v_local)::integer + 1);
      continue;
    end if;
    if ops.is_due(p_definition, v_at) then
      v_found := v_found + 1;
      return next v_at;
    end if;
    v_at := v_at - interval '1 minute';
  end loop;
end
$$;
comment on function ops.due_slots(jsonb, timestamptz, timestamptz, integer) is
  'The due minutes after p_after up to and including p_until, newest first, at most p_limit. Nothing for intervals.';
select ops.restrict_function('ops.due_slots(jsonb, timestamptz, timestamptz, integer)', 'service_role');

create function ops.known_slots(p_definition jsonb, p_after timestamptz, p_until timestamptz, p_limit integer)
returns setof timestamptz
language plpgsql
stable
set search_path = ''
as $$
begin
  return query select s.slot from ops.due_slots(p_definition, p_after, p_until, p_limit) as s (slot);
exception
  -- One schedule that cannot be understood must not stop the collector for all others; ops.fire says so for its own job.
  when others then
    return;
end
$$;
comment on function ops.known_slots(jsonb, timestamptz, timestamptz, integer) is
  'ops.due_slots, or nothing for a definition that cannot be understood.';
select ops.restrict_function('ops.known_slots(jsonb, timestamptz, timestamptz, integer)');
