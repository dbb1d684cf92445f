-- Why      Snoozes end, silences begin and end, causes mute their consequences: none of that is an event of the alert itself, so it is
--          judged for all of them together, at every pass and whenever somebody makes or ends a silence.
-- Objects  functions ops.wake_alerts, ops.apply_silences, ops.apply_mutes, ops.judge_alerts, ops.create_silence, ops.end_silence.
-- Locks    Rows of ops.alerts in the order of their dedupe keys, as every other writer of several alerts.
--          Rollback: drop the functions; silences and mutes stay as they are.

create function ops.wake_alerts()
returns integer
language sql
set search_path = ''
as $$
  with due as (
    select a.id
    from ops.alerts a
    where a.resolved_at is null and a.snoozed_until <= clock_timestamp()
    order by a.dedupe_key collate "C"
    for update
  ), woken as (
    update ops.alerts a
    set status = 'active', snoozed_until = null
    from due
    where a.id = due.id and a.snoozed_until <= clock_timestamp()
    returning a.id
  )
  select count(*)::integer from woken
$$;
comment on function ops.wake_alerts() is 'Alerts whose snooze is over are active again, also those that nobody raises a second time. Returns how many.';
select ops.restrict_function('ops.wake_alerts()', 'service_role');

create function ops.apply_silences()
returns integer
language sql
set search_path = ''
as $$
  with active as materialized (
    select s.id, s.matcher, s.until from ops.silences s where s.ended_at is null and s.until > clock_timestamp()
  ), due as materialized (
    select a.id,
      -- An alert that is not one yet, and one that somebody has answered, needs no silence.
      case when a.status in ('active', 'silenced') then (
        select s.id from active s where ops.alert_matches(s.matcher, a) order by s.until desc, s.id limit 1
      ) end as silence_id
    from ops.alerts a
    where a.resolved_at is null and (a.silence_id is not null or a.status in ('active', 'silenced'))
      and (a.silence_id is not null or a.status = 'silenced' or exists (select from active))
    order by a.dedupe_key collate "C"
    for update
  ), changed as (
    update ops.alerts a
    set silence_id = due.silence_id,
        status = case when due.silence_id is not null then 'silenced' when a.status = 'silenced' then 'active' else a.status end
    from due
    where a.id = due.id and a.resolved_at is null
      and (a.silence_id is distinct from due.silence_id or (due.silence_id is null) = (a.status = 'silenced'))
    returning a.id
  )
  select count(*)::integer from changed
$$;
comment on function ops.apply_silences() is 'Silence the active alerts that a silence matches, and wake those that none matches any more. Returns how many changed.';
select ops.restrict_function('ops.apply_silences()', 'service_role');

create function ops.apply_mutes()
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_cause record;
  v_muted jsonb := '{}';
  v_changed integer;
begin
  -- From the oldest: whoever is itself muted by then mutes nobody, so that every chain ends at an alert that speaks, and no circle
  -- of causes can mute itself.
  for v_cause in
    select a.id, a.policy -> 'mutes' as matchers
    from ops.alerts a
    where a.resolved_at is null and a.status <> 'pending' and a.condition <> 'unknown'
      and jsonb_typeof(a.policy -> 'mutes') = 'array' and a.policy -> 'mutes' <> '[]'
    order by a.id
    limit 100
  loop
    continue when v_muted ? v_cause.id::text;
    select v_muted || coalesce(jsonb_object_agg(a.id::text, v_cause.id), '{}')
    into v_muted
    from ops.alerts a
    where a.resolved_at is null and a.id <> v_cause.id and not v_muted ? a.id::text
      and exists (select from jsonb_array_elements(v_cause.matchers) m where ops.alert_matches(m, a));
  end loop;

  with due as materialized (
    select a.id, (v_muted ->> a.id::text)::bigint as muted_by
    from ops.alerts a
    where a.resolved_at is null and a.muted_by is distinct from (v_muted ->> a.id::text)::bigint
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set muted_by = due.muted_by
  from due
  where a.id = due.id and a.resolved_at is null and a.muted_by is distinct from due.muted_by;
  get diagnostics v_changed = row_count;
  return v_changed;
end
$$;
comment on function ops.apply_mutes() is
  'While an alert fires whose policy mutes others, those say nothing for themselves and name it as their cause. Returns how many changed.';
select ops.restrict_function('ops.apply_mutes()', 'service_role');

create function ops.judge_alerts()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_woken integer := ops.wake_alerts();
  v_silences integer := ops.apply_silences();
  v_mutes integer := ops.apply_mutes();
begin
  return jsonb_build_object('woken', v_woken, 'silences', v_silences, 'mutes', v_mutes);
end
$$;
comment on function ops.judge_alerts() is 'ops.wake_alerts, ops.apply_silences and ops.apply_mutes, in this order. Returns how many alerts each changed.';
select ops.restrict_function('ops.judge_alerts()', 'service_role');

create function ops.create_silence(p_matcher jsonb, p_until timestamptz, p_actor text, p_reason text default '')
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
begin
  if p_until is null or p_until <= now() or p_until > now() + interval '1 year' then
    raise exception 'a silence lasts until a time in the year to come, not %', coalesce(p_until::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'What shall never be told any more is taken out of its file.';
  end if;
  insert into ops.silences (matcher, until, created_by, reason)
  values (ops.require_matcher(p_matcher), p_until, left(p_actor, 200), left(coalesce(p_reason, ''), 1000))
  returning id into v_id;
  perform ops.judge_alerts();
  return v_id;
end
$$;
comment on function ops.create_silence(jsonb, timestamptz, text, text) is
  'Keep quiet about the alerts that match (see ops.silences), those there are and those to come, until then. Returns the id of the silence.';
select ops.restrict_function('ops.create_silence(jsonb, timestamptz, text, text)', 'service_role');

create function ops.end_silence(p_id bigint, p_actor text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update ops.silences s
  set ended_at = now(), ended_by = left(p_actor, 200)
  where s.id = p_id and s.ended_at is null and s.until > now();
  if not found then
    return false;
  end if;
  perform ops.judge_alerts();
  return true;
end
$$;
comment on function ops.end_silence(bigint, text) is 'End a silence before its time. False when it is over or unknown.';
select ops.restrict_function('ops.end_silence(bigint, text)', 'service_role');
