-- Why      People answer an issue by what they write in it, and by closing or reopening it.
-- Objects  functions ops.alert_of_issue, ops.note_issue_closed, ops.note_issue_reopened, ops.prune_alert_issues.
-- Locks    Rows of ops.alerts in the order of their dedupe keys. Rollback: drop the functions.

create function ops.alert_of_issue(p_repository text, p_number integer)
returns setof ops.alerts
language sql
stable
set search_path = ''
as $$
  select a.*
  from ops.alerts a
  where a.issue_number = p_number and a.issue_repository = p_repository
  order by a.resolved_at desc nulls first, ops.severity_rank(a.severity) desc, a.id
  limit 1000
$$;
comment on function ops.alert_of_issue(text, integer) is
  'The alerts an issue shows: one, or several when it is a group or a storm; those that are not resolved first. None when it is no issue of ours.';
select ops.restrict_function('ops.alert_of_issue(text, integer)', 'service_role');

create function ops.note_issue_closed(p_repository text, p_number integer, p_actor text, p_changed_at timestamptz default null)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
  v_answered integer;
begin
  update ops.alert_issues i
  set state = 'closed',
      closed_by_people = true,
      closed_at = clock_timestamp(),
      changed_at = greatest(i.changed_at, p_changed_at),
      attempt = null,
      attempted_at = null
  where i.repository = p_repository and i.number = p_number and i.state = 'open'
  returning i.id into v_id;
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.issue_id = v_id and a.resolved_at is null and a.status = 'active'
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set status = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = p_actor, note = 'closed the issue'
  from due
  where a.id = due.id and a.status = 'active';
  get diagnostics v_answered = row_count;
  return v_answered;
end
$$;
comment on function ops.note_issue_closed(text, integer, text, timestamptz) is
  'A person closed the issue: its alerts are acknowledged until they are over or worse. Returns how many; zero when it is known already.';
select ops.restrict_function('ops.note_issue_closed(text, integer, text, timestamptz)', 'service_role');

create function ops.note_issue_reopened(p_repository text, p_number integer, p_actor text, p_changed_at timestamptz default null)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
  v_closed_at timestamptz;
  v_answered integer;
begin
  select i.id, i.closed_at into v_id, v_closed_at
  from ops.alert_issues i
  where i.repository = p_repository and i.number = p_number and i.state = 'closed'
  for update;
  update ops.alert_issues i
  set state = 'open',
      closed_by_people = false,
      closed_at = null,
      changed_at = greatest(i.changed_at, p_changed_at),
      attempt = null,
      attempted_at = null
  where i.id = v_id;
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.issue_id = v_id and a.resolved_at is null and a.status = 'acknowledged' and a.acknowledged_at >= v_closed_at
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set status = 'active', note = 'issue reopened by ' || p_actor
  from due
  where a.id = due.id and a.status = 'acknowledged';
  get diagnostics v_answered = row_count;
  return v_answered;
end
$$;
comment on function ops.note_issue_reopened(text, integer, text, timestamptz) is
  'A person reopened the issue: what closing it acknowledged is active again. Returns how many; zero when it is known already.';
select ops.restrict_function('ops.note_issue_reopened(text, integer, text, timestamptz)', 'service_role');

create function ops.prune_alert_issues(p_keep interval default '180 days', p_batch integer default 10000)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_pruned integer;
begin
  delete from ops.alert_issues i
  where i.id in (
    select x.id
    from ops.alert_issues x
    where (x.state = 'closed' and x.closed_at < now() - p_keep or x.state = 'none' and x.retired_at < now() - p_keep)
      and not exists (select from ops.alerts a where a.issue_id = x.id and a.resolved_at is null)
    limit p_batch
  );
  get diagnostics v_pruned = row_count;
  delete from ops.silences s
  where s.id in (select x.id from ops.silences x where least(x.until, x.ended_at) < now() - p_keep limit p_batch);
  return v_pruned;
end
$$;
comment on function ops.prune_alert_issues(interval, integer) is
  'Forget issues closed, and silences over, for longer than p_keep. Called by cron. Returns how many issues.';
select ops.restrict_function('ops.prune_alert_issues(interval, integer)');
