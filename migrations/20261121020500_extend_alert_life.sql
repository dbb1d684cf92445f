-- Why      A check says "wrong", "right" or "could not look", pass by pass; an alert must turn that into a life that neither flaps nor
--          forgets, and an answer of a person must not outlive what it was an answer to.
-- Objects  columns of ops.alerts; more kinds of ops.alert_events; functions ops.severity_rank, ops.keep_answer (with its trigger on
--          ops.alerts), ops.record_raised_alerts and ops.record_changed_alerts (replaced).
-- Locks    ACCESS EXCLUSIVE on ops.alerts and ops.alert_events for a moment; nothing is rewritten. Rollback: drop the trigger, the
--          functions and the columns, and replace the two of the history by their former text.

alter table ops.alerts
  add column source text,
  add column check_name text,
  add column object text,
  add column group_key text,
  add column policy jsonb not null default '{}',
  add column condition text not null default 'firing' check (condition in ('firing', 'recovering', 'unknown')),
  add column evidence_at timestamptz,
  add column recovering_since timestamptz,
  add column unknown_since timestamptz,
  add column answered_severity text,
  add column silence_id bigint,
  add column muted_by bigint,
  add column issue_id bigint,
  add check ((source is null) = (check_name is null)),
  add check ((check_name is null) = (object is null)),
  add check ((condition = 'recovering') = (recovering_since is not null)),
  add check ((condition = 'unknown') = (unknown_since is not null));
comment on column ops.alerts.source is 'Which passes raise it and may resolve it: checks, advisories. Null for an alert raised by somebody else.';
comment on column ops.alerts.object is 'What the check looked at; empty for the check itself.';
comment on column ops.alerts.group_key is 'Alerts with the same group share one issue.';
comment on column ops.alerts.policy is 'What the file of the check says about its alerts: for, hold_open_s, reopen_within_s, runbook_command, mutes.';
comment on column ops.alerts.condition is
  'firing; recovering: seen well, but not for long enough (hold_open_s); unknown: the last pass could not look.';
comment on column ops.alerts.evidence_at is 'When it was last seen to be wrong, as opposed to unknown. Null when it never was.';
comment on column ops.alerts.answered_severity is 'How severe it was when somebody acknowledged or snoozed it: anything worse ends that answer.';
comment on column ops.alerts.silence_id is 'The silence (ops.silences) that keeps it quiet now.';
comment on column ops.alerts.muted_by is 'The alert whose consequence it is held to be; it says nothing for itself meanwhile.';
comment on column ops.alerts.issue_id is 'The row of ops.alert_issues that shows it.';

create index alerts_resolved on ops.alerts (resolved_at) where resolved_at is not null;
create index alerts_issue on ops.alerts (issue_id) where issue_id is not null;
create index alerts_issue_number on ops.alerts (issue_repository, issue_number) where issue_number is not null;

alter table ops.alert_events drop constraint alert_events_event_check;
alter table ops.alert_events add constraint alert_events_event_check check (
  event in (
    'pending', 'raised', 'reopened', 'counted', 'severity_changed', 'acknowledged', 'snoozed', 'silenced', 'woken', 'resolved',
    'unknown', 'known', 'muted', 'unmuted'
  )
);

create function ops.severity_rank(p_severity text)
returns integer
language sql
immutable
set search_path = ''
as $$
  select array_position(array['info', 'warning', 'critical'], p_severity)
$$;
comment on function ops.severity_rank(text) is 'info 1, warning 2, critical 3; null for anything else.';
select ops.restrict_function('ops.severity_rank(text)', 'service_role');

create function ops.keep_answer()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.status not in ('acknowledged', 'snoozed') then
    new.answered_severity := null;
  elsif old.status <> new.status or new.answered_severity is null then
    new.answered_severity := new.severity;
  elsif ops.severity_rank(new.severity) > ops.severity_rank(new.answered_severity) then
    new.status := 'active';
    new.snoozed_until := null;
    new.answered_severity := null;
  end if;
  if new.status = 'resolved' then
    new.muted_by := null;
    new.silence_id := null;
  end if;
  return new;
end
$$;
comment on function ops.keep_answer() is
  'Trigger: remember what an acknowledgement or a snooze was an answer to, and end it when the alert becomes worse than that.';
select ops.restrict_function('ops.keep_answer()');

-- A trigger, because alerts are raised in many places and none of them may forget it.
create trigger keep_answer
  before update on ops.alerts
  for each row
  when (old.status is distinct from new.status or old.severity is distinct from new.severity)
  execute function ops.keep_answer();

-- Security definer: whoever may write alerts writes their history with it, and can neither forge nor leave it out.
create or replace function ops.record_raised_alerts()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  -- The former alert of one is looked up; for the thousands of a pass, all that were over lately are read once.
  if (select count(*) from (select from new_alerts limit 100) n) < 100 then
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
  else
    insert into ops.alert_events (alert_id, event, severity, count, details)
    select n.id,
      case when n.status = 'pending' then 'pending' when f.id is null then 'raised' else 'reopened' end,
      n.severity, n.count,
      case when f.id is null then '{}' else jsonb_build_object('former', f.id) end
    from new_alerts n
    left join (
      select a.dedupe_key, max(a.id) as id
      from ops.alerts a
      where a.resolved_at > now() - interval '1 day'
      group by a.dedupe_key
    ) f on f.dedupe_key = n.dedupe_key;
  end if;
  return null;
end
$$;
comment on function ops.record_raised_alerts() is 'Trigger: one event for each new alert.';
select ops.restrict_function('ops.record_raised_alerts()');

-- Security definer: as ops.record_raised_alerts. Nested loops are off because the plan is made once, for the one row a single
-- raise changes, and would then be used for the thousands of a batch.
create or replace function ops.record_changed_alerts()
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
      when 'silenced' then jsonb_build_object('silence', n.silence_id)
      when 'muted' then jsonb_build_object('by', n.muted_by)
      else '{}'
    end
  from old_alerts o
  join new_alerts n on n.id = o.id
  cross join unnest(
    array[
      case when n.severity <> o.severity then 'severity_changed' end,
      -- The highest bit moved: of two numbers with the same highest bit, xor is below and.
      case when n.count > o.count and n.count # o.count > n.count & o.count then 'counted' end,
      case when (n.condition = 'unknown') <> (o.condition = 'unknown') then
        case n.condition when 'unknown' then 'unknown' else 'known' end
      end,
      case
        when n.muted_by is not distinct from o.muted_by or n.status = 'resolved' then null
        when n.muted_by is null then 'unmuted'
        else 'muted'
      end,
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
      or n.condition <> o.condition or n.muted_by is distinct from o.muted_by
    );
  return null;
end
$$;
comment on function ops.record_changed_alerts() is
  'Trigger: an event for each change of status, severity, knowledge, muting or magnitude of an alert.';
select ops.restrict_function('ops.record_changed_alerts()');
