-- Why      A recorder sends what a build said in batches, and sends a batch again when it got no answer.
-- Objects  functions ops.build_writer, ops.append_build_events, ops.append_build_event.
-- Locks    None on the build: a line that was written while the lease held stays the line of that attempt.
--          Rollback: drop the functions; builds run, their logs stay empty.

create function ops.build_writer(p_build_id uuid, p_attempt integer, p_lease_token bigint, out org_id uuid, out is_stale boolean)
language plpgsql
stable
set search_path = ''
as $$
begin
  select b.org_id,
    b.attempt <> p_attempt
    or p_lease_token is not null and (l.token is distinct from p_lease_token or l.expires_at < clock_timestamp())
  into build_writer.org_id, build_writer.is_stale
  from ops.builds b
  left join ops.build_leases l on l.build_id = b.id
  where b.id = p_build_id;
  if not found then
    -- PostgREST answers PTnnn with the status nnn.
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
end
$$;
comment on function ops.build_writer(uuid, integer, bigint) is
  'Whether a writer may still write: its attempt is the current one and, when it names a lease, that lease is its own and not over.';
select ops.restrict_function('ops.build_writer(uuid, integer, bigint)');

-- Lines in one text, as a log has them, arrive nearly as fast as by COPY; arrays of messages or JSON at half that speed
-- (npm run bench -- backend append). Security definer: service_role writes events through here only.
create function ops.append_build_events(
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
  -- No line at all is no event; an empty text is one empty line.
  v_lines text[] := case p_lines when '' then array[''] else string_to_array(p_lines, E'\n') end;
  v_count integer := cardinality(v_lines);
  -- One value for all lines, which most batches have, spares the server as many as there are lines.
  v_at timestamptz := coalesce(case cardinality(p_at) when 1 then p_at[1] end, v_now);
  v_level text := coalesce(case cardinality(p_levels) when 1 then p_levels[1] end, 'info');
  v_step text := case cardinality(p_steps) when 1 then p_steps[1] end;
begin
  if v_count is null or p_attempt is null or p_attempt < 1 or p_first_seq is null or p_first_seq < 1 then
    raise exception 'a batch needs its lines, an attempt and a first number, both from 1 on'
      using errcode = 'invalid_parameter_value', hint = 'Attempt 0 is the control room itself: ops.append_build_event.';
  end if;
  if cardinality(p_at) not in (1, v_count) or cardinality(p_levels) not in (1, v_count) or cardinality(p_steps) not in (1, v_count) then
    raise exception 'times, levels and steps are one for all, or as many as the % lines, or left out', v_count
      using errcode = 'invalid_parameter_value';
  end if;
  p_at := case when cardinality(p_at) > 1 then p_at end;
  p_levels := case when cardinality(p_levels) > 1 then p_levels end;
  p_steps := case when cardinality(p_steps) > 1 then p_steps end;
  v_writer := ops.build_writer(p_build_id, p_attempt, p_lease_token);
  if v_writer.is_stale then
    outcome := 'stale';
    inserted := 0;
    return;
  end if;
  outcome := 'stored';
  begin
    insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
    select p_build_id, v_writer.org_id, coalesce(l.at, v_at), p_attempt, p_first_seq + l.position - 1, p_kind,
      coalesce(l.level, v_level), coalesce(l.step, v_step), left(l.message, 65536)
    from unnest(v_lines, p_at, p_levels, p_steps) with ordinality as l (message, at, level, step, position);
  exception
    -- Sent before, wholly or in part. Asking for conflicts each time would cost every batch a fifth of its speed.
    when unique_violation then
      insert into ops.build_events (build_id, org_id, at, attempt, seq, kind, level, step, message)
      select p_build_id, v_writer.org_id, coalesce(l.at, v_at), p_attempt, p_first_seq + l.position - 1, p_kind,
        coalesce(l.level, v_level), coalesce(l.step, v_step), left(l.message, 65536)
      from unnest(v_lines, p_at, p_levels, p_steps) with ordinality as l (message, at, level, step, position)
      on conflict do nothing;
  end;
  get diagnostics inserted = row_count;
end
$$;
comment on function ops.append_build_events(uuid, integer, integer, text, bigint, timestamptz[], text[], text[], text) is
  'Add lines to the log of a build''s current attempt: p_lines holds them with newlines between, numbered from p_first_seq on; p_at, p_levels and p_steps hold one value for all lines or one for each. Sent again they are not stored again. outcome: stored, or stale when the writer''s attempt or lease is over; then nothing was changed.';
select ops.restrict_function(
  'ops.append_build_events(uuid, integer, integer, text, bigint, timestamptz[], text[], text[], text)', 'service_role'
);

-- Security definer, as ops.append_build_events.
create function ops.append_build_event(
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
end
$$;
comment on function ops.append_build_event(uuid, text, text, text, text, jsonb, integer, integer, bigint, timestamptz) is
  'Add one event to a build''s log: of the control room itself (attempt 0, numbered here), or of the current attempt under the writer''s number. outcome: stored (also when it was there), or stale.';
select ops.restrict_function(
  'ops.append_build_event(uuid, text, text, text, text, jsonb, integer, integer, bigint, timestamptz)', 'service_role'
);
