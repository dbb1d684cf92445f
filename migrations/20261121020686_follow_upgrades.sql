-- Why      An upgrade is done when the build that carries it out has succeeded, and its advice goes with it, not a night later. One that
--          was tried and failed still waits.
-- Objects  functions ops.waiting_upgrades, ops.follow_upgrade_builds, ops.settle_upgrade_advice; ops.scan_advisories (replaced); triggers on
--          ops.builds and ops.upgrades.
-- Locks    SHARE ROW EXCLUSIVE on ops.builds and ops.upgrades for a moment. Rollback: drop the new, restore ops.scan_advisories of
--          20261121020440.

create function ops.waiting_upgrades(p_waited interval default '0', p_project_id uuid default null)
returns table (
  project_id uuid, component text, id uuid, from_version text, to_version text, status text, build_id uuid, created_at timestamptz,
  planned_for timestamptz
)
language sql
stable
set search_path = ''
as $$
  select distinct on (u.project_id, u.component)
    u.project_id, u.component, u.id, u.from_version, u.to_version, u.status, u.build_id, u.created_at, u.planned_for
  from ops.upgrades u
  join ops.projects p on p.id = u.project_id and p.archived_at is null
  where (p_project_id is null or u.project_id = p_project_id)
    and u.status in ('available', 'planned', 'running', 'failed')
    and coalesce(u.planned_for, u.created_at) <= now() - p_waited
    -- Who runs a later version needs no earlier one.
    and not exists (
      select from ops.upgrades later
      where later.project_id = u.project_id and later.component = u.component and later.branch_id is not distinct from u.branch_id
        and later.status = 'succeeded' and later.id > u.id
    )
  order by u.project_id, u.component, u.id desc
$$;
comment on function ops.waiting_upgrades(interval, uuid) is
  'The newest upgrade of each project and component that nobody has carried out for so long since it was known, or since the day it was planned for.';
select ops.restrict_function('ops.waiting_upgrades(interval, uuid)', 'service_role');

create function ops.follow_upgrade_builds()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  update ops.upgrades u
  set status = case new.status
        when 'succeeded' then 'succeeded' when 'almost' then 'succeeded' when 'cancelled' then 'planned' else 'failed' end,
      finished_at = case when new.status <> 'cancelled' then new.finished_at end,
      updated_at = now()
  where u.build_id = new.id and u.status = 'running';
  return null;
end
$$;
comment on function ops.follow_upgrade_builds() is
  'Trigger: the upgrades a build carries out end as it does; of a build that was cancelled they are planned again.';
select ops.restrict_function('ops.follow_upgrade_builds()');
create trigger follow_upgrade_builds after update of status on ops.builds
  for each row
  when (new.status <> old.status and new.status in ('succeeded', 'almost', 'failed', 'cancelled', 'lost'))
  execute function ops.follow_upgrade_builds();

create function ops.settle_upgrade_advice()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  update ops.advisories a
  set resolved_at = now(), snoozed_until = null
  where a.project_id = new.project_id and a.cache_key = 'unapplied_upgrade:' || new.component and a.resolved_at is null
    -- What else waits is for the nightly look to weigh.
    and not exists (select from ops.waiting_upgrades('0', new.project_id) w where w.component = new.component);
  return null;
end
$$;
comment on function ops.settle_upgrade_advice() is
  'Trigger: when nothing of a component waits any more, the advice that asked for it is resolved.';
select ops.restrict_function('ops.settle_upgrade_advice()');
create trigger settle_advice after update of status on ops.upgrades
  for each row
  when (new.status <> old.status and new.status in ('succeeded', 'dismissed'))
  execute function ops.settle_upgrade_advice();
create trigger settle_advice_of_new after insert on ops.upgrades
  for each row when (new.status = 'succeeded') execute function ops.settle_upgrade_advice();

create or replace function ops.scan_advisories(p_quiet_days integer default 7, p_failures integer default 3, p_upgrade_days integer default 14)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_quiet uuid[] := '{}';
  v_failing uuid[] := '{}';
  v_upgrades uuid[] := '{}';
  v_after uuid;
  v_before uuid;
  v_id uuid;
  v_row record;
  v_resolved integer;
begin
  loop
    v_before := v_after;
    for v_row in
      select p.project_id, p.name, p.last_build_id, p.last_build_at
      from ops.idle_projects(make_interval(days => p_quiet_days), v_after, 10000) p
    loop
      select r.advisory_id into v_id
      from ops.raise_advisory(
        v_row.project_id, 'no_recent_build', 'no_recent_build',
        case when v_row.last_build_at is null then 'Never built' else format('No build for %s days', p_quiet_days) end,
        'warning',
        'A project nobody builds gets no fixes, and nobody notices when its build breaks.',
        case when v_row.last_build_at is null then 'This project has no build.'
          else 'The last build was queued ' || to_char(v_row.last_build_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC.' end,
        'Trigger a build, or archive the project.',
        '{builds}',
        jsonb_build_object('last_build_id', v_row.last_build_id, 'last_build_at', v_row.last_build_at, 'quiet_days', p_quiet_days)
      ) r;
      v_quiet := v_quiet || v_id;
      v_after := v_row.project_id;
    end loop;
    exit when v_after is not distinct from v_before;
  end loop;

  for v_row in
    select b.project_id, b.id as branch_id, b.name, b.lane, last.builds
    from ops.branches b
    join ops.projects p on p.id = b.project_id and p.archived_at is null
    cross join lateral (
      select jsonb_agg(jsonb_build_object('build_id', e.id, 'status', e.status, 'finished_at', e.finished_at)) as builds,
             count(*) as ended, bool_and(e.status in ('failed', 'lost')) as all_bad
      from (
        select x.id, x.status, x.finished_at
        from ops.builds x
        where x.branch_id = b.id
        order by x.id desc
        limit p_failures
      ) e
    ) last
    where b.archived_at is null and last.ended = p_failures and last.all_bad
    limit 100000
  loop
    select r.advisory_id into v_id
    from ops.raise_advisory(
      v_row.project_id, 'failing_branch:' || v_row.branch_id, 'failing_branch',
      format('The last %s builds of %s failed', p_failures, v_row.name),
      case v_row.lane when 'production' then 'error' else 'warning' end,
      'A branch that keeps failing hides the next defect behind the first.',
      format('Branch %s, lane %s.', v_row.name, v_row.lane),
      'Read the log of the last build and mend it, or pause the branch.',
      '{builds}', jsonb_build_object('builds', v_row.builds), v_row.branch_id
    ) r;
    v_failing := v_failing || v_id;
  end loop;

  for v_row in
    select w.* from ops.waiting_upgrades(make_interval(days => p_upgrade_days)) w limit 100000
  loop
    select r.advisory_id into v_id
    from ops.raise_advisory(
      v_row.project_id, 'unapplied_upgrade:' || v_row.component, 'unapplied_upgrade',
      format('%s %s is waiting to be applied', v_row.component, v_row.to_version),
      'info',
      'The longer an upgrade waits, the more of them have to be done at once.',
      format('It runs %s; %s is known since %s.', v_row.from_version, v_row.to_version, v_row.created_at::date)
        || case v_row.status when 'failed' then ' The last try failed.' when 'running' then ' It is being tried.' else '' end,
      case v_row.status when 'failed' then 'Read the log of the build that tried, and build it again, or dismiss the upgrade.'
        else 'Plan the upgrade on a staging branch, or dismiss it.' end,
      '{upgrades}',
      jsonb_strip_nulls(jsonb_build_object(
        'upgrade_id', v_row.id, 'status', v_row.status, 'build_id', v_row.build_id, 'planned_for', v_row.planned_for
      ))
    ) r;
    v_upgrades := v_upgrades || v_id;
    update ops.upgrades u set advisory_id = v_id where u.id = v_row.id and u.advisory_id is distinct from v_id;
  end loop;

  v_resolved := ops.settle_advisories('no_recent_build', v_quiet)
    + ops.settle_advisories('failing_branch', v_failing)
    + ops.settle_advisories('unapplied_upgrade', v_upgrades);
  return jsonb_build_object(
    'raised', cardinality(v_quiet) + cardinality(v_failing) + cardinality(v_upgrades),
    'resolved', v_resolved,
    'projects', (select count(*) from ops.projects)
  );
end
$$;
