-- Why      The first page shows everything at once: what is wrong, how scheduler and queue are, what is built, what is advised.
-- Objects  functions ops.alerts_overview, ops.builds_overview, ops.advisories_overview, ops.runs_overview, ops.overview.
-- Locks    None. Rollback: drop the functions.

-- All security invoker: row level security leaves a member the numbers of their own organisations, and of their own runs.
create function ops.alerts_overview()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'active', count(*),
    'by_severity', jsonb_build_object(
      'critical', count(*) filter (where a.severity = 'critical'),
      'warning', count(*) filter (where a.severity = 'warning'),
      'info', count(*) filter (where a.severity = 'info')
    ),
    'unacknowledged', count(*) filter (where a.status = 'active' or a.snoozed_until <= now()),
    'latest', (
      select coalesce(jsonb_agg(to_jsonb(l) order by l.id desc), '[]')
      from (
        select x.id, x.kind, x.dedupe_key, x.severity, x.title, left(x.message, 300) as message, x.status, x.count, x.owner, x.runbook,
          x.first_seen_at, x.last_seen_at
        from ops.alerts x
        where x.resolved_at is null
        order by x.id desc
        limit 20
      ) l
    )
  )
  from ops.alerts a
  where a.resolved_at is null
$$;
comment on function ops.alerts_overview() is 'Alerts that are not resolved: how many, how bad, the latest 20.';
select ops.restrict_function('ops.alerts_overview()', 'authenticated', 'service_role');

create function ops.builds_overview()
returns jsonb
language sql
stable
set search_path = ''
as $$
  -- By project, so that a member's builds are found by the index of their projects and not among everybody's.
  with open as materialized (
    select b.org_id, b.status from ops.builds b where b.status in ('queued', 'dispatched', 'running')
  ), day as materialized (
    select b.org_id, b.status
    from ops.projects p
    join ops.builds b on b.project_id = p.id and b.id >= ops.id_floor(now() - interval '24 hours')
  ), latest as (
    select b.id, p.name as project, b.branch_id, b.status, b.trigger, b.actor, b.created_at, b.finished_at
    from ops.projects p
    cross join lateral (
      select x.* from ops.builds x where x.project_id = p.id order by x.id desc limit 10
    ) b
    order by b.id desc
    limit 10
  )
  select jsonb_build_object(
    'open', jsonb_build_object(
      'queued', (select count(*) from open o where o.status = 'queued'),
      'dispatched', (select count(*) from open o where o.status = 'dispatched'),
      'running', (select count(*) from open o where o.status = 'running')
    ),
    'last_24h', jsonb_build_object(
      'total', (select count(*) from day),
      'succeeded', (select count(*) from day d where d.status in ('succeeded', 'almost')),
      'failed', (select count(*) from day d where d.status in ('failed', 'lost')),
      'cancelled', (select count(*) from day d where d.status = 'cancelled')
    ),
    'orgs', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'org_id', o.id,
        'slug', o.slug,
        'name', o.name,
        'projects', (select count(*) from ops.projects p where p.org_id = o.id),
        'open', (select count(*) from open x where x.org_id = o.id),
        'failed_24h', (select count(*) from day d where d.org_id = o.id and d.status in ('failed', 'lost'))
      ) order by o.slug), '[]')
      from (select x.id, x.slug, x.name from ops.orgs x order by x.slug limit 200) o
    ),
    'latest', (select coalesce(jsonb_agg(to_jsonb(l) order by l.id desc), '[]') from latest l)
  )
$$;
comment on function ops.builds_overview() is
  'Builds of the organisations one may see: open ones, those of the last 24 hours, the same per organisation (up to 200), the latest ten.';
select ops.restrict_function('ops.builds_overview()', 'authenticated', 'service_role');

create function ops.advisories_overview()
returns jsonb
language sql
stable
set search_path = ''
as $$
  with active as materialized (
    select a.id, a.org_id, a.project_id, a.name, a.level, a.title, a.level_rank, a.last_seen_at
    from ops.advisories a
    where a.resolved_at is null and coalesce(a.snoozed_until <= now(), true) and coalesce(a.suppressed_until <= now(), true)
  )
  select jsonb_build_object(
    'active', (select count(*) from active),
    'by_level', jsonb_build_object(
      'error', (select count(*) from active a where a.level = 'error'),
      'warning', (select count(*) from active a where a.level = 'warning'),
      'info', (select count(*) from active a where a.level = 'info')
    ),
    'by_org', (
      select coalesce(jsonb_object_agg(c.org_id, c.count), '{}')
      from (select a.org_id, count(*) as count from active a group by a.org_id) c
    ),
    'worst', (
      select coalesce(jsonb_agg(to_jsonb(w) - 'level_rank' order by w.level_rank desc, w.id desc), '[]')
      from (select a.* from active a order by a.level_rank desc, a.id desc limit 10) w
    )
  )
$$;
comment on function ops.advisories_overview() is
  'Active advice (not resolved, snoozed or suppressed) of the organisations one may see: how much, how bad, the worst ten.';
select ops.restrict_function('ops.advisories_overview()', 'authenticated', 'service_role');

create function ops.runs_overview()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'open', (
      select coalesce(jsonb_agg(to_jsonb(o) order by o.id desc), '[]')
      from (
        select r.id, r.template, r.title, r.env, r.status, r.phase, r.created_at, r.lease_expires_at
        from ops.runs r
        where r.finished_at is null
        order by r.id desc
        limit 50
      ) o
    ),
    'latest', (
      select coalesce(jsonb_agg(to_jsonb(l) order by l.id desc), '[]')
      from (
        select r.id, r.template, r.title, r.env, r.status, r.created_at, r.finished_at
        from ops.list_runs(p_limit => 10) r
      ) l
    )
  )
$$;
comment on function ops.runs_overview() is 'Runs of runbooks one may see: the open ones, the latest ten.';
select ops.restrict_function('ops.runs_overview()', 'authenticated', 'service_role');

create function ops.overview()
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  v_sees_all boolean := current_user <> 'authenticated' or ops.is_admin();
begin
  return jsonb_build_object(
    'at', now(),
    'alerts', case when v_sees_all then ops.alerts_overview() end,
    'cron', case when v_sees_all then ops.cron_health() end,
    'queue', case when v_sees_all then ops.queue_overview() end,
    'batches', case when v_sees_all then (
      select coalesce(jsonb_agg(ops.batch_progress(b.batch) - 'recent_errors' order by b.batch), '[]')
      from (select x.batch from ops.migration_batches x order by x.last_at desc limit 20) b
    ) end,
    'builds', ops.builds_overview(),
    'advisories', ops.advisories_overview(),
    'runs', ops.runs_overview()
  );
end
$$;
comment on function ops.overview() is
  'Everything the first page shows, in one call: alerts, cron, queue and batches for admins and service_role (null for others); builds, advisories and runs, of which everybody gets what they may see.';
select ops.restrict_function('ops.overview()', 'authenticated', 'service_role');
