-- Why      Nightly advice on builds (S1): one row of ops.advisories a finding, taken back when it no longer holds. And metrics may
--          be sent twice by a collector that did not hear the first answer.
-- Objects  functions ops.scan_advisories, ops.ingest_metrics.
-- Locks    Rows of ops.advisories. Rollback: drop the functions; nobody looks for advice, collectors can't send.

create function ops.scan_advisories(p_quiet_days integer default 7, p_failures integer default 3, p_upgrade_days integer default 14)
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
    where last.ended = p_failures and last.all_bad
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
    select distinct on (u.project_id, u.component)
      u.project_id, u.component, u.id, u.from_version, u.to_version, u.created_at, u.planned_for
    from ops.upgrades u
    where u.status in ('available', 'planned')
      and coalesce(u.planned_for, u.created_at) < now() - make_interval(days => p_upgrade_days)
    order by u.project_id, u.component, u.id desc
    limit 100000
  loop
    select r.advisory_id into v_id
    from ops.raise_advisory(
      v_row.project_id, 'unapplied_upgrade:' || v_row.component, 'unapplied_upgrade',
      format('%s %s is waiting to be applied', v_row.component, v_row.to_version),
      'info',
      'The longer an upgrade waits, the more of them have to be done at once.',
      format('It runs %s; %s is known since %s.', v_row.from_version, v_row.to_version, v_row.created_at::date),
      'Plan the upgrade on a staging branch, or dismiss it.',
      '{upgrades}', jsonb_build_object('upgrade_id', v_row.id, 'planned_for', v_row.planned_for)
    ) r;
    v_upgrades := v_upgrades || v_id;
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
comment on function ops.scan_advisories(integer, integer, integer) is
  'Look for projects nobody builds, branches that keep failing and upgrades that wait: {raised, resolved, projects}. What is not found again is resolved.';
select ops.restrict_function('ops.scan_advisories(integer, integer, integer)', 'service_role');

create function ops.ingest_metrics(
  p_project_id uuid, p_branch_id uuid, p_ts timestamptz, p_samples jsonb, p_idempotency_key text default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_scope text := 'ingest_metrics:' || p_project_id;
  v_earlier jsonb := ops.earlier_answer(v_scope, p_idempotency_key);
begin
  if v_earlier is not null then
    return v_earlier;
  end if;
  return ops.remember_answer(
    v_scope, p_idempotency_key,
    jsonb_build_object('inserted', ops.record_metrics(p_project_id, p_samples, p_branch_id, p_ts))
  );
end
$$;
comment on function ops.ingest_metrics(uuid, uuid, timestamptz, jsonb, text) is
  'ops.record_metrics for a function: {inserted}. The same idempotency key gets the first answer and writes nothing.';
-- Security definer: service_role reads no remembered answers.
select ops.restrict_function('ops.ingest_metrics(uuid, uuid, timestamptz, jsonb, text)', 'service_role');
