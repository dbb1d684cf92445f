-- Why      An alert has a whole life: somebody takes it, puts it off, ends it, and asks later what happened when. The history is
--          kept by triggers, because a history that depends on each writer's good will is none.
-- Objects  columns of ops.alerts; table ops.alert_events; functions ops.record_raised_alerts, ops.record_changed_alerts and their
--          triggers on ops.alerts.
-- Locks    ACCESS EXCLUSIVE on ops.alerts, rewritten once for the two generated columns (it holds few rows).
--          Rollback: drop the triggers, the functions, the table and the columns.

alter table ops.alerts
  add column owner text generated always as (details ->> 'owner') stored,
  add column runbook text generated always as (details ->> 'runbook') stored,
  add column acknowledged_at timestamptz,
  add column acknowledged_by text,
  add column snoozed_until timestamptz,
  add column snoozed_by text,
  add column resolved_by text,
  add column note text,
  add column issue_repository text,
  add column issue_number integer check (issue_number > 0),
  add check ((status = 'snoozed') = (snoozed_until is not null)),
  add check ((issue_number is null) = (issue_repository is null));
-- Room for the next version of a row beside it: nearly every write is one more count.
alter table ops.alerts set (fillfactor = 70);
comment on column ops.alerts.owner is 'Whose it is: what details.owner says.';
comment on column ops.alerts.runbook is 'What to press: what details.runbook says.';
comment on column ops.alerts.snoozed_until is 'Set while snoozed. Once it has passed, the next raise makes the alert active again.';
comment on column ops.alerts.note is 'Why it was acknowledged, snoozed or resolved, in the words of whoever did it last.';
comment on column ops.alerts.issue_number is 'The GitHub issue that shows this alert, in issue_repository (owner/name).';

-- Pages of active alerts; and the former alerts of a key, newest first.
create index alerts_active on ops.alerts (id) where resolved_at is null;
create index alerts_dedupe_key on ops.alerts (dedupe_key, id);

-- No foreign key: a check pass writes thousands at once, in the statement that made their alerts, and only pruning deletes.
create table ops.alert_events (
  id bigint generated always as identity primary key,
  alert_id bigint not null,
  at timestamptz not null default clock_timestamp(),
  event text not null check (
    event in (
      'pending', 'raised', 'reopened', 'counted', 'severity_changed', 'acknowledged', 'snoozed', 'silenced', 'woken', 'resolved'
    )
  ),
  severity text not null,
  count integer not null,
  actor text,
  note text,
  details jsonb not null default '{}'
);
comment on table ops.alert_events is
  'What happened to alerts, append-only. Counting is told when the count doubles (2, 4, 8, ...), so an alert has at most 31 such rows.';
comment on column ops.alert_events.event is
  'reopened: raised within a day of being resolved (details.former names that alert). woken: active again after a snooze or a silence.';
create index alert_events_alert on ops.alert_events (alert_id, id);
select ops.restrict_table('ops.alert_events', 'select');

select ops.allow_read('ops.alerts', '(select ops.is_admin())');
select ops.allow_read('ops.alert_events', '(select ops.is_admin())');

-- Security definer: whoever may write alerts writes their history with it, and can neither forge nor leave it out.
create function ops.record_raised_alerts()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into ops.alert_events (alert_id, event, severity, count, details)
  select n.id,
    case when n.status = 'pending' then 'pending' when f.id is null then 'raised' else 'reopened' end,
    n.severity, n.count,
    case when f.id is null then '{}' else jsonb_build_object('former', f.id) end
  from new_alerts n
  left join lateral (
    select a.id
    from ops.alerts a
    where a.dedupe_key = n.dedupe_key and a.id < n.id and a.resolved_at > n.first_seen_at - interval '1 day'
    order by a.id desc
    limit 1
  ) f on true
  order by n.id;
  return null;
end
$$;
comment on function ops.record_raised_alerts() is 'Trigger: one event for each new alert.';
select ops.restrict_function('ops.record_raised_alerts()');

-- Security definer: as ops.record_raised_alerts. Nested loops are off because the plan is made once, for the one row a single
-- raise changes, and would then be used for the thousands of a batch.
create function ops.record_changed_alerts()
returns trigger
language plpgsql
security definer
set search_path = ''
set enable_nestloop = off
as $$
begin
  insert into ops.alert_events (alert_id, event, severity, count, actor, note, details)
  select n.id,
    e.event,
    n.severity, n.count,
    case when e.event = n.status then
      case n.status when 'acknowledged' then n.acknowledged_by when 'snoozed' then n.snoozed_by when 'resolved' then n.resolved_by end
    end,
    case when e.event = n.status then n.note end,
    case e.event
      when 'severity_changed' then jsonb_build_object('from', o.severity, 'to', n.severity)
      when 'snoozed' then jsonb_build_object('until', n.snoozed_until)
      else '{}'
    end
  from old_alerts o
  join new_alerts n on n.id = o.id
  cross join unnest(
    array[
      case when n.severity <> o.severity then 'severity_changed' end,
      -- The highest bit moved: of two numbers with the same highest bit, xor is below and.
      case when n.count > o.count and n.count # o.count > n.count & o.count then 'counted' end,
      case
        when n.status = o.status and n.snoozed_until is not distinct from o.snoozed_until then null
        when n.status <> 'active' then n.status
        when o.status = 'pending' then 'raised'
        else 'woken'
      end
    ]
  ) as e (event)
  where e.event is not null
    and (
      n.severity <> o.severity or n.status <> o.status or n.snoozed_until <> o.snoozed_until or n.count # o.count > n.count & o.count
    );
  return null;
end
$$;
comment on function ops.record_changed_alerts() is 'Trigger: an event for each change of status, severity or magnitude of an alert.';
select ops.restrict_function('ops.record_changed_alerts()');

create trigger record_raised_alerts
  after insert on ops.alerts
  referencing new table as new_alerts
  for each statement execute function ops.record_raised_alerts();
create trigger record_changed_alerts
  after update on ops.alerts
  referencing old table as old_alerts new table as new_alerts
  for each statement execute function ops.record_changed_alerts();
