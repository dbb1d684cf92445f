-- Why      What comes and goes every minute is one thing that is wrong, not sixty. Checks hold their alerts open until all was well for a
--          while; alerts that others raise (the collector, functions) ended and began anew each time, and their issue with them.
-- Objects  functions ops.alert_flaps, ops.end_held_alerts, ops.raise_held_alert (with its trigger on ops.alerts); ops.resolve_alerts,
--          ops.resolve_all_alerts and ops.judge_alerts (replaced).
-- Locks    ACCESS EXCLUSIVE on ops.alerts for a moment; rows of ops.alerts in the order of their dedupe keys.
--          Rollback: drop the trigger and the new functions, and replace the three by their former text.

create function ops.alert_flaps(p_alert ops.alerts)
returns boolean
language sql
stable
set search_path = ''
as $$
  select p_alert.source is null and coalesce(
    (
      select e.resolved_at > now() - interval '1 hour'
      from ops.alerts e
      where e.dedupe_key = p_alert.dedupe_key and e.id < p_alert.id
      order by e.id desc
      offset 1
      limit 1
    ),
    false
  )
$$;
comment on function ops.alert_flaps(ops.alerts) is
  'True for an alert raised outside of checks that was over twice within the last hour already: the third end is not believed at once.';
select ops.restrict_function('ops.alert_flaps(ops.alerts)', 'service_role');

create or replace function ops.resolve_alerts(p_dedupe_keys text[], p_actor text default null, p_note text default null)
returns integer
language sql
set search_path = ''
as $$
  with due as materialized (
    select a.id, ops.alert_flaps(a) as is_held
    from ops.alerts a
    where a.dedupe_key = any (p_dedupe_keys) and a.resolved_at is null
    order by a.dedupe_key collate "C"
    for update
  ), held as (
    update ops.alerts a
    set condition = 'recovering', recovering_since = now(), unknown_since = null
    from due
    where a.id = due.id and due.is_held and a.resolved_at is null and a.condition <> 'recovering'
    returning a.id
  ), resolved as (
    update ops.alerts a
    set status = 'resolved', resolved_at = now(), resolved_by = p_actor, note = p_note, snoozed_until = null
    from due
    where a.id = due.id and not due.is_held and a.resolved_at is null
    returning a.id
  )
  select count(*)::integer from due
$$;
comment on function ops.resolve_alerts(text[], text, text) is
  'What raised these alerts, by dedupe key, says that they are over, in one statement. One that comes and goes (ops.alert_flaps) is held open until it stayed away for a quarter of an hour. Returns how many there were.';

create or replace function ops.resolve_all_alerts(p_kind text default null, p_actor text default null, p_note text default null)
returns integer
language sql
set search_path = ''
as $$
  -- Somebody decided it: nothing is held open against them.
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.resolved_at is null and (p_kind is null or a.kind = p_kind)
    order by a.dedupe_key collate "C"
    for update
  ), resolved as (
    update ops.alerts a
    set status = 'resolved', resolved_at = now(), resolved_by = p_actor, note = p_note, snoozed_until = null
    from due
    where a.id = due.id and a.resolved_at is null
    returning a.id
  )
  select count(*)::integer from resolved
$$;

create function ops.raise_held_alert()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.condition := 'firing';
  new.recovering_since := null;
  return new;
end
$$;
comment on function ops.raise_held_alert() is 'Trigger: an alert that is held open and raised again was not over.';
select ops.restrict_function('ops.raise_held_alert()');

-- A trigger, because alerts are raised in many places and none of them may forget it.
create trigger raise_held_alert
  before update on ops.alerts
  for each row
  when (old.condition = 'recovering' and new.condition = 'recovering' and new.source is null and new.count > old.count)
  execute function ops.raise_held_alert();

create function ops.end_held_alerts()
returns integer
language sql
set search_path = ''
as $$
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.resolved_at is null and a.source is null and a.condition = 'recovering'
      and a.recovering_since <= clock_timestamp() - interval '15 minutes'
    order by a.dedupe_key collate "C"
    for update
  ), ended as (
    update ops.alerts a
    set status = 'resolved', resolved_at = clock_timestamp(), resolved_by = null, note = 'came and went, and stayed away', snoozed_until = null
    from due
    where a.id = due.id and a.resolved_at is null and a.condition = 'recovering'
    returning a.id
  )
  select count(*)::integer from ended
$$;
comment on function ops.end_held_alerts() is
  'Alerts that were held open because they came and went are over when nobody raised them for a quarter of an hour. Called by cron and at every pass. Returns how many.';
select ops.restrict_function('ops.end_held_alerts()', 'service_role');

create or replace function ops.judge_alerts()
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_ended integer := ops.end_held_alerts();
  v_woken integer := ops.wake_alerts();
  v_silences integer := ops.apply_silences();
  v_mutes integer := ops.apply_mutes();
begin
  return jsonb_build_object('ended', v_ended, 'woken', v_woken, 'silences', v_silences, 'mutes', v_mutes);
end
$$;
comment on function ops.judge_alerts() is
  'ops.end_held_alerts, ops.wake_alerts, ops.apply_silences and ops.apply_mutes, in this order. Returns how many alerts each changed.';
