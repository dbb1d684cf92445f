-- Why      A check pass finds hundreds of things at once; one statement and one commit carry them all. And people answer alerts.
-- Objects  functions ops.raise_alert (replaced), ops.raise_alerts, ops.resolve_alerts, ops.resolve_alert_by_id,
--          ops.resolve_all_alerts, ops.acknowledge_alert, ops.snooze_alert, ops.list_alerts, ops.list_alert_events.
-- Locks    Rows of ops.alerts, those of several keys always in the order of their keys, so that no two passes wait for each other.
--          Rollback: drop the functions; ops.raise_alert keeps its signature.

create or replace function ops.raise_alert(
  p_kind text,
  p_dedupe_key text,
  p_severity text,
  p_title text,
  p_message text default '',
  p_details jsonb default '{}'
)
returns bigint
language sql
set search_path = ''
as $$
  insert into ops.alerts as a (kind, dedupe_key, severity, title, message, details)
  values (p_kind, p_dedupe_key, p_severity, p_title, coalesce(p_message, ''), coalesce(p_details, '{}'))
  on conflict (dedupe_key) where resolved_at is null do update
  set kind = excluded.kind,
      severity = excluded.severity,
      title = excluded.title,
      message = excluded.message,
      details = excluded.details,
      count = a.count + 1,
      last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
      status = case when a.status = 'pending' or a.snoozed_until <= now() then 'active' else a.status end,
      snoozed_until = case when a.snoozed_until > now() then a.snoozed_until end
  returning a.id
$$;
comment on function ops.raise_alert(text, text, text, text, text, jsonb) is
  'Raise an alert, or refresh and count the active one with the same dedupe key; what people said of it stays, until a snooze is over. Returns its id.';

create function ops.raise_alerts(p_batch jsonb)
returns table (id bigint, dedupe_key text, count integer, is_new boolean)
language sql
set search_path = ''
as $$
  with raises as materialized (
    select r.*
    from rows from (
      jsonb_to_recordset(p_batch) as (
        kind text, dedupe_key text, severity text, title text, message text, details jsonb, pending boolean, count integer
      )
    ) with ordinality as r (kind, dedupe_key, severity, title, message, details, pending, count, position)
  ), keys as (
    select r.dedupe_key, max(r.position) as position, sum(greatest(coalesce(r.count, 1), 1))::integer as count
    from raises r
    group by r.dedupe_key
  )
  insert into ops.alerts as a (kind, dedupe_key, severity, title, message, details, status, count)
  -- Several raises of one key count, and the last of them is what the alert says.
  select r.kind, r.dedupe_key, r.severity, r.title, coalesce(r.message, ''), coalesce(r.details, '{}'),
    case when r.pending then 'pending' else 'active' end, k.count
  from keys k
  join raises r on r.position = k.position
  order by r.dedupe_key collate "C"
  on conflict (dedupe_key) where resolved_at is null do update
  set kind = excluded.kind,
      severity = excluded.severity,
      title = excluded.title,
      message = excluded.message,
      details = excluded.details,
      count = a.count + excluded.count,
      last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
      status = case
        when a.snoozed_until <= now() or a.status = 'pending' and excluded.status = 'active' then 'active'
        else a.status
      end,
      snoozed_until = case when a.snoozed_until > now() then a.snoozed_until end
  -- A row that this statement made has never been locked.
  returning a.id, a.dedupe_key, a.count, a.xmax = 0
$$;
comment on function ops.raise_alerts(jsonb) is
  'ops.raise_alert for an array of {kind, dedupe_key, severity, title, message?, details?, pending?, count?}, in one statement. A pending alert is not yet one: the next raise without pending makes it active. count says how many raises an item stands for. Returns one row a key.';
select ops.restrict_function('ops.raise_alerts(jsonb)', 'service_role');

create function ops.resolve_alerts(p_dedupe_keys text[], p_actor text default null, p_note text default null)
returns integer
language sql
set search_path = ''
as $$
  with due as (
    select a.id
    from ops.alerts a
    where a.dedupe_key = any (p_dedupe_keys) and a.resolved_at is null
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
comment on function ops.resolve_alerts(text[], text, text) is
  'Resolve the active alerts with these dedupe keys, in one statement. Returns how many there were.';
select ops.restrict_function('ops.resolve_alerts(text[], text, text)', 'service_role');

-- What ops.resolve_alert leaves out: a snoozed alert may be resolved too.
create or replace function ops.resolve_alert(p_dedupe_key text)
returns boolean
language sql
set search_path = ''
as $$
  select ops.resolve_alerts(array[p_dedupe_key]) > 0
$$;

create function ops.resolve_alert_by_id(p_id bigint, p_actor text default null, p_note text default null)
returns boolean
language sql
set search_path = ''
as $$
  with resolved as (
    update ops.alerts a
    set status = 'resolved', resolved_at = now(), resolved_by = p_actor, note = p_note, snoozed_until = null
    where a.id = p_id and a.resolved_at is null
    returning a.id
  )
  select exists (select from resolved)
$$;
comment on function ops.resolve_alert_by_id(bigint, text, text) is 'Resolve one alert. False when it was resolved already, or never was.';
select ops.restrict_function('ops.resolve_alert_by_id(bigint, text, text)', 'service_role');

create function ops.resolve_all_alerts(p_kind text default null, p_actor text default null, p_note text default null)
returns integer
language sql
set search_path = ''
as $$
  select ops.resolve_alerts(array_agg(a.dedupe_key), p_actor, p_note)
  from ops.alerts a
  where a.resolved_at is null and (p_kind is null or a.kind = p_kind)
$$;
comment on function ops.resolve_all_alerts(text, text, text) is 'Resolve every active alert, or every one of a kind. Returns how many there were.';
select ops.restrict_function('ops.resolve_all_alerts(text, text, text)', 'service_role');

create function ops.acknowledge_alert(p_id bigint, p_actor text, p_note text default null)
returns boolean
language sql
set search_path = ''
as $$
  with taken as (
    update ops.alerts a
    set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = p_actor, note = p_note,
        snoozed_until = null
    where a.id = p_id and a.resolved_at is null
    returning a.id
  )
  select exists (select from taken)
$$;
comment on function ops.acknowledge_alert(bigint, text, text) is
  'Somebody has it in hand. It stays acknowledged until it is resolved, however often it is raised. False when it is resolved or unknown.';
select ops.restrict_function('ops.acknowledge_alert(bigint, text, text)', 'service_role');

create function ops.snooze_alert(p_id bigint, p_until timestamptz, p_actor text, p_note text default null)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_until is null or p_until <= now() or p_until > now() + interval '1 year' then
    raise exception 'an alert is snoozed until a time in the year to come, not %', coalesce(p_until::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'Resolve an alert that shall say nothing any more.';
  end if;
  update ops.alerts a
  set status = 'snoozed', snoozed_until = p_until, snoozed_by = p_actor, note = p_note
  where a.id = p_id and a.resolved_at is null;
  return found;
end
$$;
comment on function ops.snooze_alert(bigint, timestamptz, text, text) is
  'Put an alert off. Raised after that time, it is active again. False when it is resolved or unknown.';
select ops.restrict_function('ops.snooze_alert(bigint, timestamptz, text, text)', 'service_role');

create function ops.list_alerts(
  p_active boolean default true, p_kind text default null, p_before_id bigint default null, p_limit integer default 50
)
returns setof ops.alerts
language plpgsql
stable
set search_path = ''
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 1000);
  v_before bigint := coalesce(p_before_id, 9223372036854775807);
begin
  -- Two statements, so that the first is planned with the index of active alerts.
  if p_active then
    return query
      select a.* from ops.alerts a
      where a.resolved_at is null and a.id < v_before and (p_kind is null or a.kind = p_kind)
      order by a.id desc
      limit v_limit;
  else
    return query
      select a.* from ops.alerts a
      where a.id < v_before and (p_kind is null or a.kind = p_kind)
      order by a.id desc
      limit v_limit;
  end if;
end
$$;
comment on function ops.list_alerts(boolean, text, bigint, integer) is
  'Alerts, newest first: those that are not resolved, or all. The next page: pass the smallest id seen as p_before_id. For admins and service_role.';
select ops.restrict_function('ops.list_alerts(boolean, text, bigint, integer)', 'authenticated', 'service_role');

create function ops.list_alert_events(p_alert_id bigint, p_after_id bigint default 0, p_limit integer default 200)
returns setof ops.alert_events
language sql
stable
set search_path = ''
as $$
  select e.*
  from ops.alert_events e
  where e.alert_id = p_alert_id and e.id > coalesce(p_after_id, 0)
  order by e.id
  limit least(greatest(coalesce(p_limit, 200), 1), 1000)
$$;
comment on function ops.list_alert_events(bigint, bigint, integer) is
  'The history of an alert, oldest first. The next page: pass the largest id seen as p_after_id. For admins and service_role.';
select ops.restrict_function('ops.list_alert_events(bigint, bigint, integer)', 'authenticated', 'service_role');
