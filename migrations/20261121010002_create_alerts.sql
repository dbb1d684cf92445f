-- Why      What is wrong is one row until it is right again, however often it is seen.
-- Objects  table ops.alerts; functions ops.raise_alert, ops.resolve_alert.
-- Locks    New objects only. Rollback: drop them; alerts raised so far are lost.

create table ops.alerts (
  id bigint generated always as identity primary key,
  kind text not null,
  dedupe_key text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  title text not null,
  message text not null default '',
  details jsonb not null default '{}',
  status text not null default 'active' check (
    status in ('pending', 'active', 'acknowledged', 'snoozed', 'silenced', 'resolved')
  ),
  count integer not null default 1,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  resolved_at timestamptz,
  check ((status = 'resolved') = (resolved_at is not null))
);
comment on table ops.alerts is 'The truth about what is wrong; GitHub issues are a projection of it.';
create unique index alerts_active_dedupe_key on ops.alerts (dedupe_key) where resolved_at is null;
select ops.restrict_table('ops.alerts', 'select', 'insert', 'update');

create function ops.raise_alert(
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
      last_seen_at = excluded.last_seen_at
  returning a.id
$$;
comment on function ops.raise_alert(text, text, text, text, text, jsonb) is
  'Raise an alert, or refresh and count the active one with the same dedupe key. Returns its id.';
select ops.restrict_function('ops.raise_alert(text, text, text, text, text, jsonb)', 'service_role');

create function ops.resolve_alert(p_dedupe_key text)
returns boolean
language sql
set search_path = ''
as $$
  with resolved as (
    update ops.alerts
    set status = 'resolved', resolved_at = now()
    where dedupe_key = p_dedupe_key and resolved_at is null
    returning id
  )
  select exists (select from resolved)
$$;
comment on function ops.resolve_alert(text) is
  'Resolve the active alert with this dedupe key. False when there was none.';
select ops.restrict_function('ops.resolve_alert(text)', 'service_role');
