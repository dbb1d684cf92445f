-- Why      Who follows a log hears that lines came, instead of asking every moment: a line is read within a second of being written.
-- Objects  functions ops.build_channel, ops.can_broadcast, ops.broadcast_build, ops.announce_builds; ops.append_build_events (faster for batches of one step) and ops.append_build_event say what they stored.
-- Locks    SHARE ROW EXCLUSIVE on ops.builds for a moment. Rollback: drop the triggers, restore both functions of 20261121020204;
--          followers then ask once a second.
--
-- Two kinds of channel. ops_build_<id without dashes> is for who follows one build: "<attempt> <last seq>" after lines, "build" after a
-- change of its row. ops_builds is for who follows all of them: "<id> <status>", or "*" when one statement changed many.
-- The functions that write lines announce them, once a call: a trigger would have to collect the rows of each batch first.
--
-- Where there is Supabase Realtime, the same goes out as a Broadcast on the private topic build:<id>, events `lines` {attempt, seq} and
-- `build` {status, attempt}: where to read on, never the lines. realtime.send writes a row of realtime.messages under the caller's rights and makes a
-- warning of what goes wrong. It is not asked while Realtime has no partition for today, which would be a warning a batch.
-- `alter database ... set opsroom.broadcast = 'off'` ends it.

create function ops.build_channel(p_build_id uuid)
returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
  select 'ops_build_' || replace(p_build_id::text, '-', '')
$$;
comment on function ops.build_channel(uuid) is 'Where news of one build is announced: a name for LISTEN.';
select ops.restrict_function('ops.build_channel(uuid)', 'authenticated', 'service_role');

create function ops.can_broadcast()
returns boolean
language sql
stable
set search_path = ''
as $$
  -- Names in a schema that is closed to the caller can't even be looked up.
  select case
    when coalesce(current_setting('opsroom.broadcast', true), '') = 'off' then false
    when exists (
      select from pg_catalog.pg_namespace n where n.nspname = 'realtime' and has_schema_privilege(n.oid, 'usage')
    ) then coalesce(has_function_privilege(to_regprocedure('realtime.send(jsonb,text,text,boolean)'), 'execute'), false)
      and coalesce(
        to_regclass('realtime.messages_' || to_char(localtimestamp, 'YYYY_MM_DD')), to_regclass('realtime.messages_default')
      ) is not null
    else false
  end
$$;
comment on function ops.can_broadcast() is 'Whether Supabase Realtime is there to take messages now, and nobody switched that off.';
select ops.restrict_function('ops.can_broadcast()');

create function ops.broadcast_build(p_build_id uuid, p_event text, p_payload jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if ops.can_broadcast() then
    perform realtime.send(p_payload, p_event, 'build:' || p_build_id, true);
  end if;
end
$$;
comment on function ops.broadcast_build(uuid, text, jsonb) is
  'Say something of a build on its private channel of Supabase Realtime, where that is there. Who writes often looks for the schema realtime first.';
select ops.restrict_function('ops.broadcast_build(uuid, text, jsonb)');

create function ops.announce_builds()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  v_build record;
  v_count integer := 0;
begin
  -- A statement that changes more than a hundred is somebody's upkeep: who follows one of those builds finds it by looking.
  for v_build in select c.id, c.status, c.attempt from changed c limit 101 loop
    v_count := v_count + 1;
    exit when v_count > 100;
    perform pg_notify(ops.build_channel(v_build.id), 'build'), pg_notify('ops_builds', v_build.id || ' ' || v_build.status);
    if to_regnamespace('realtime') is not null then
      perform ops.broadcast_build(v_build.id, 'build', jsonb_build_object('status', v_build.status, 'attempt', v_build.attempt));
    end if;
  end loop;
  if v_count > 100 then
    perform pg_notify('ops_builds', '*');
  end if;
  return null;
end
$$;
comment on function ops.announce_builds() is 'Trigger: announces changed builds, once a statement, a hundred at most.';
select ops.restrict_function('ops.announce_builds()');
create trigger announce_added after insert on ops.builds
  referencing new table as changed for each statement execute function ops.announce_builds();
create trigger announce_changed after update on ops.builds
  referencing new table as changed for each statement execute function ops.announce_builds();

create or replace function ops.append_build_events(
  p_build_id uuid,
  p_attempt integer,
  p_first_seq integer,
  p_lines text,
  p_lease_token bigint default null,
  p_at timestamptz[] default null,
  p_levels text[] default null,
  p_steps text[] default null,
  p_kind text default 'log',
  out outcome text,
  out inserted integer
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_writer record;
  v_now timestamptz := clock_timestamp();
  -- One value for all lines, which most batches have, spares the server as many as there are lines.
  v_at timestamptz := coalesce(case cardinality(p_at) when 1 then p_at[1] end, v_now);
  v_level text := coalesce(case cardinality(p_levels) when 1 then p_levels[1] end, 'info');
  v_step text := case cardinality(p_steps) when 1 then p_steps[1] end;
  v_is_uniform boolean := greatest(cardinality(p_at), cardinality(p_levels), cardinality(p_steps), 1) = 1;
  v_lines text[];
  v_count integer;
begin
  if p_lines is null or p_attempt is null or p_attempt < 1 or p_first_seq is null or p_first_seq < 1 then
    raise exception 'a batch needs its lines, an attempt and a first number, both from 1 on'
      using errcode = 'invalid_parameter_value', hint = 'Attempt 0 is the control room itself: ops.append_build_event.';
  end if;
  if not v_is_uniform or least(cardinality(p_at), cardinality(p_levels), cardinality(p_steps)) = 0 then
    -- No line at all is no event; an empty text is one empty line.
    v_lines := case p_lines when '' then array[''] else string_to_array(p_lines, E'\n') end;
    v_count := cardinality(v_lines);
    if cardinality(p_at) not in (1, v_count) or cardinality(p_levels) not in (1, v_count) or cardinality(p_steps) not in (1, v_count) then
      raise exception 'times, levels and steps are one for all, or as many as the % lines, or left out', v_count
        using errcode = 'invalid_parameter_value';
    end if;
  end if;
  v_writer := ops.build_writer(p_build_id, p_attempt, p_lease_token);
  if v_writer.is_stale then
    outcome := 'stale';
    inserted := 0;
    return;
  end if;
  outcome := 'stored';
  begin
    if v_is_uniform and p_lines <> '' then
      -- Without an array of lines, and without counting the characters of each: a fifth faster.
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, v_at, p_attempt, p_first_seq + l.position::integer - 1, p_kind, v_level, v_step,
        case when octet_length(l.message) > 65536 then left(l.message, 65536) else l.message end
      from string_to_table(p_lines, E'\n') with ordinality as l (message, position);
      get diagnostics v_count = row_count;
      inserted := v_count;
    else
      v_lines := coalesce(v_lines, array['']);
      v_count := cardinality(v_lines);
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, coalesce(l.at, v_at), p_attempt, p_first_seq + l.position - 1, p_kind,
        coalesce(l.level, v_level), coalesce(l.step, v_step), left(l.message, 65536)
      from unnest(
        v_lines, case when cardinality(p_at) > 1 then p_at end, case when cardinality(p_levels) > 1 then p_levels end,
        case when cardinality(p_steps) > 1 then p_steps end
      ) with ordinality as l (message, at, level, step, position);
      inserted := v_count;
    end if;
  exception
    -- Sent before, wholly or in part. Asking for conflicts each time would cost every batch a fifth of its speed.
    when unique_violation then
      v_lines := coalesce(v_lines, string_to_array(p_lines, E'\n'));
      v_count := cardinality(v_lines);
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, coalesce(l.at, v_at), p_attempt, p_first_seq + l.position - 1, p_kind,
        coalesce(l.level, v_level), coalesce(l.step, v_step), left(l.message, 65536)
      from unnest(
        v_lines, case when cardinality(p_at) > 1 then p_at end, case when cardinality(p_levels) > 1 then p_levels end,
        case when cardinality(p_steps) > 1 then p_steps end
      ) with ordinality as l (message, at, level, step, position)
      on conflict do nothing;
      get diagnostics inserted = row_count;
  end;
  if inserted > 0 then
    perform pg_notify(ops.build_channel(p_build_id), p_attempt || ' ' || (p_first_seq + v_count - 1));
    if to_regnamespace('realtime') is not null then
      perform ops.broadcast_build(p_build_id, 'lines', jsonb_build_object('attempt', p_attempt, 'seq', p_first_seq + v_count - 1));
    end if;
  end if;
end
$$;

create or replace function ops.append_build_event(
  p_build_id uuid,
  p_message text,
  p_kind text default 'log',
  p_level text default 'info',
  p_step text default null,
  p_data jsonb default null,
  p_attempt integer default 0,
  p_seq integer default null,
  p_lease_token bigint default null,
  p_at timestamptz default null,
  out outcome text,
  out seq integer
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_writer record;
begin
  if p_attempt > 0 and p_seq is null then
    raise exception 'the writer of an attempt numbers its events' using errcode = 'invalid_parameter_value';
  end if;
  if p_attempt = 0 then
    -- Numbers of the control room's own events are taken one after the other.
    perform from ops.builds b where b.id = p_build_id for no key update;
    v_writer := ops.build_writer(p_build_id, (select b.attempt from ops.builds b where b.id = p_build_id), p_lease_token);
  else
    v_writer := ops.build_writer(p_build_id, p_attempt, p_lease_token);
  end if;
  if v_writer.is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  append_build_event.seq := coalesce(p_seq, (
    select coalesce(max(e.seq), 0) + 1 from ops.build_events e where e.build_id = p_build_id and e.attempt = 0
  ));
  insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message, data)
  values (
    p_build_id, v_writer.org_id, coalesce(p_at, clock_timestamp()), p_attempt, append_build_event.seq, p_kind, p_level, p_step,
    left(p_message, 65536), p_data
  )
  on conflict do nothing;
  if found then
    perform pg_notify(ops.build_channel(p_build_id), p_attempt || ' ' || append_build_event.seq);
    if to_regnamespace('realtime') is not null then
      perform ops.broadcast_build(p_build_id, 'lines', jsonb_build_object('attempt', p_attempt, 'seq', append_build_event.seq));
    end if;
  end if;
end
$$;
