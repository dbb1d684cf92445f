-- Why      A log is followed from two places at once: what the control room says of the build (attempt 0) goes on while the lines of its
--          attempts come. One keyset over (attempt, seq) would never see that a build ended.
-- Objects  functions ops.build_log_since, ops.build_log_position.
-- Locks    None. Rollback: drop the functions; nobody follows.

create function ops.build_log_since(
  p_build_id uuid,
  p_control_seq integer default 0,
  p_attempt integer default 1,
  p_seq integer default 0,
  p_limit integer default 1000
)
returns table (
  attempt integer, seq integer, at timestamptz, kind text, level text, step text, message text, data jsonb
)
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  v_control_seq integer := coalesce(p_control_seq, 0);
  -- Attempt 0 has a place of its own in the log, and in this function.
  v_attempt integer := greatest(coalesce(p_attempt, 1), 1);
  v_seq integer := coalesce(p_seq, 0);
  v_limit integer := least(greatest(coalesce(p_limit, 1000), 1), 10000);
begin
  return query
    select e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message, e.data
    from ops.build_events e
    where e.build_id = p_build_id and e.attempt = 0 and e.seq > v_control_seq
    order by e.seq
    limit v_limit;
  return query
    select e.attempt, e.seq, e.at, e.kind, e.level, e.step, e.message, e.data
    from ops.build_events e
    where e.build_id = p_build_id and (e.attempt, e.seq) > (v_attempt, v_seq)
    order by e.attempt, e.seq
    limit v_limit;
end
$$;
comment on function ops.build_log_since(uuid, integer, integer, integer, integer) is
  'What came to a build''s log: of the control room after p_control_seq, then of its attempts after (p_attempt, p_seq), p_limit of each at most. Who follows keeps both places.';
select ops.restrict_function('ops.build_log_since(uuid, integer, integer, integer, integer)', 'authenticated', 'service_role');

create function ops.build_log_position(p_build_id uuid, p_since timestamptz, out attempt integer, out seq integer)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  select e.attempt, e.seq
  into build_log_position.attempt, build_log_position.seq
  from ops.build_events e
  where e.build_id = p_build_id and e.attempt >= 1 and e.at >= p_since
  order by e.attempt, e.seq
  limit 1;
end
$$;
comment on function ops.build_log_position(uuid, timestamptz) is
  'The first line of a build''s attempts that is not older than p_since; nulls when there is none yet. Reads that build''s log up to there.';
select ops.restrict_function('ops.build_log_position(uuid, timestamptz)', 'authenticated', 'service_role');
