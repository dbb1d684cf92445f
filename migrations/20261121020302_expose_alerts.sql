-- Why      Functions that raise alerts already do so through versioned RPCs of the exposed schema, by these names and parameters.
-- Objects  functions public.ops_alert_raise_v1, ops_alert_list_active_v1, ops_alert_resolve_v1, ops_alert_resolve_by_dedupe_key_v1,
--          ops_alert_resolve_all_v1: service_role only, with its own rights.
-- Locks    None. Rollback: drop the functions.

create function public.ops_alert_raise_v1(
  p_kind text,
  p_dedupe_key text,
  p_severity text,
  p_title text,
  p_message text default null,
  p_details jsonb default null,
  p_source text default null,
  p_detail text default null,
  p_meta jsonb default null
)
returns bigint
language sql
set search_path = ''
as $$
  select ops.raise_alert(
    p_kind, p_dedupe_key,
    case p_severity when 'warn' then 'warning' when 'error' then 'critical' else p_severity end,
    p_title, coalesce(p_message, p_detail, ''),
    coalesce(p_details, p_meta, '{}') || jsonb_strip_nulls(jsonb_build_object('source', p_source))
  )
$$;
comment on function public.ops_alert_raise_v1(text, text, text, text, text, jsonb, text, text, jsonb) is
  'Raise an alert, or refresh and count the active one with this dedupe key. Severity info, warning (warn) or critical (error); p_detail and p_meta are older names of p_message and p_details. Returns its id.';
select ops.restrict_function(
  'public.ops_alert_raise_v1(text, text, text, text, text, jsonb, text, text, jsonb)', 'service_role'
);

create function public.ops_alert_list_active_v1(
  p_limit integer default 50, p_before_id bigint default null, p_kind text default null
)
returns table (
  id bigint, kind text, dedupe_key text, severity text, title text, message text, details jsonb, status text, count integer,
  owner text, runbook text, acknowledged_by text, snoozed_until timestamptz, note text, issue_repository text,
  issue_number integer, first_seen_at timestamptz, last_seen_at timestamptz
)
language sql
stable
set search_path = ''
as $$
  select a.id, a.kind, a.dedupe_key, a.severity, a.title, a.message, a.details, a.status, a.count, a.owner, a.runbook,
    a.acknowledged_by, a.snoozed_until, a.note, a.issue_repository, a.issue_number, a.first_seen_at, a.last_seen_at
  from ops.list_alerts(true, p_kind, p_before_id, p_limit) a
$$;
comment on function public.ops_alert_list_active_v1(integer, bigint, text) is
  'Alerts that are not resolved, newest first. The next page: pass the smallest id seen as p_before_id.';
select ops.restrict_function('public.ops_alert_list_active_v1(integer, bigint, text)', 'service_role');

create function public.ops_alert_resolve_v1(p_id bigint, p_resolved_by text default null, p_reason text default null)
returns boolean
language sql
set search_path = ''
as $$
  select ops.resolve_alert_by_id(p_id, p_resolved_by, p_reason)
$$;
comment on function public.ops_alert_resolve_v1(bigint, text, text) is
  'Resolve one alert. False when it was resolved already, or never was.';
select ops.restrict_function('public.ops_alert_resolve_v1(bigint, text, text)', 'service_role');

create function public.ops_alert_resolve_by_dedupe_key_v1(
  p_dedupe_key text, p_resolved_by text default null, p_reason text default null
)
returns boolean
language sql
set search_path = ''
as $$
  select ops.resolve_alerts(array[p_dedupe_key], p_resolved_by, p_reason) > 0
$$;
comment on function public.ops_alert_resolve_by_dedupe_key_v1(text, text, text) is
  'Resolve the active alert with this dedupe key. False when there was none.';
select ops.restrict_function('public.ops_alert_resolve_by_dedupe_key_v1(text, text, text)', 'service_role');

create function public.ops_alert_resolve_all_v1(
  p_resolved_by text default null, p_reason text default null, p_kind text default null
)
returns integer
language sql
set search_path = ''
as $$
  select ops.resolve_all_alerts(p_kind, p_resolved_by, p_reason)
$$;
comment on function public.ops_alert_resolve_all_v1(text, text, text) is
  'Resolve every active alert, or every one of a kind. Returns how many there were.';
select ops.restrict_function('public.ops_alert_resolve_all_v1(text, text, text)', 'service_role');
