-- Why      A run that says nothing any more is asked about at GitHub, and its build ends in what GitHub says.
-- Objects  functions ops.silent_builds, ops.settle_silent_build, ops.extra_runs, ops.forget_extra_run, ops.watch_dispatches; ops.rescue_builds (replaced).
-- Locks    The build, then its order, then its job. Rollback: drop the new, restore ops.rescue_builds of 20261121020210.

create function ops.silent_builds(p_limit integer default 100, p_repositories text[] default null)
returns table (
  build_id uuid, attempt integer, status text, repository text, workflow text, ref text, github_run_id bigint, github_run_attempt integer,
  silent_since timestamptz, posted_at timestamptz, cancel_requested_at timestamptz
)
language sql
stable
set search_path = ''
as $$
  select b.id, b.attempt, b.status, d.repository, d.workflow, d.ref, coalesce(b.github_run_id, d.github_run_id), b.github_run_attempt,
    l.expires_at, coalesce(d.posted_at, b.dispatched_at, b.created_at), b.cancel_requested_at
  from ops.builds b
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  left join ops.build_leases l on l.build_id = b.id
  where b.status in ('dispatched', 'running') and d.state = 'sent'
    -- Whoever was asked to stop and has not is asked about at once.
    and (coalesce(l.expires_at, b.updated_at) < clock_timestamp() or b.cancel_requested_at is not null)
    and (p_repositories is null or lower(d.repository) in (select lower(r) from unnest(p_repositories) r))
  order by l.expires_at nulls first
  limit least(greatest(p_limit, 1), 1000)
$$;
comment on function ops.silent_builds(integer, text[]) is
  'Dispatched builds whose run says nothing any more, or was asked to stop: GitHub knows what became of them.';
select ops.restrict_function('ops.silent_builds(integer, text[])', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.settle_silent_build(
  p_build_id uuid, p_attempt integer, p_truth text, p_why text default null, p_extend interval default '4 minutes',
  p_environment_url text default null
)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_lease record;
  v_why text := left(ops.redact_text(p_why), 2000);
begin
  if p_truth not in ('alive', 'succeeded', 'failed', 'cancelled', 'gone') then
    raise exception 'a run is alive, succeeded, failed, cancelled or gone, not %', p_truth using errcode = 'invalid_parameter_value';
  end if;
  select b.id, b.status, b.attempt, b.cancel_requested_at, b.org_id, h.manual into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  where b.id = p_build_id
  for no key update of b;
  if not found or v_build.attempt <> p_attempt or v_build.status not in ('dispatched', 'running') then
    return 'stale';
  end if;
  select l.token, l.expires_at into v_lease from ops.build_leases l where l.build_id = p_build_id and l.attempt = p_attempt;
  if p_truth = 'alive' then
    -- What its recorder could not say in time it may still say.
    update ops.build_leases l
    set expires_at = greatest(l.expires_at, clock_timestamp() + p_extend)
    where l.build_id = p_build_id and l.attempt = p_attempt;
    -- What it waits for is worth a line, once.
    if v_why is distinct from (
      select e.message from ops.build_events e where e.build_id = p_build_id and e.attempt = 0 and e.kind = 'github' order by e.seq desc limit 1
    ) and v_why is not null then
      perform ops.note_build(p_build_id, v_build.org_id, 'github', v_why);
    end if;
    return 'alive';
  elsif v_lease.expires_at > clock_timestamp() and p_truth <> 'cancelled' then
    -- It spoke meanwhile; what it says itself is better than what we concluded.
    return 'spoke';
  end if;
  if p_environment_url is not null then
    update ops.builds b set environment_url = left(p_environment_url, 2000) where b.id = p_build_id and b.environment_url is null;
  end if;
  if p_truth in ('succeeded', 'failed', 'cancelled') then
    perform ops.change_build(p_build_id, p_truth, case when p_truth <> 'succeeded' then v_why end);
    return p_truth;
  elsif v_build.cancel_requested_at is not null then
    perform ops.change_build(p_build_id, 'cancelled', v_why);
    return 'cancelled';
  elsif p_attempt >= 3 or v_build.manual then
    perform ops.change_build(p_build_id, 'lost', v_why);
    perform ops.raise_alert(
      'build_lost', 'build_lost:' || p_build_id, 'warning', 'A build vanished from GitHub', coalesce(v_why, ''),
      jsonb_build_object('build_id', p_build_id, 'attempt', p_attempt, 'remediation', case when v_build.manual
        then 'Nobody knows how far it came. Look at what it deploys to, then `opsroom build` again.'
        else 'Its runs end without a word, three times: look at the runner, then `opsroom build` again.' end)
    );
    return 'lost';
  end if;
  -- Its place in the queue goes with this attempt; the next one takes a new one at the end.
  perform ops.close_build_job(p_build_id, 'lost');
  update ops.builds b set queue_id = null where b.id = p_build_id;
  perform ops.change_build(p_build_id, 'queued', coalesce(v_why, 'its run fell silent'));
  perform ops.enqueue_build(p_build_id);
  return 'queued';
end
$$;
comment on function ops.settle_silent_build(uuid, integer, text, text, interval, text) is
  'What GitHub says of a silent run: alive (its lease goes on; p_why, what it waits for, is noted once), a conclusion, or gone (tried again; lost with an alert after the third time, and at once where builds begin by hand). Returns what the build is now, spoke when the run was heard meanwhile, stale for another attempt.';
select ops.restrict_function('ops.settle_silent_build(uuid, integer, text, text, interval, text)', 'service_role');

create function ops.extra_runs(p_limit integer default 100, p_repositories text[] default null)
returns table (build_id uuid, attempt integer, repository text, github_run_id bigint)
language sql
stable
set search_path = ''
as $$
  select d.build_id, d.attempt, d.repository, e.id
  from ops.build_dispatches d
  cross join lateral unnest(d.extra_runs) e (id)
  where d.extra_runs <> '{}' and (p_repositories is null or lower(d.repository) in (select lower(r) from unnest(p_repositories) r))
  order by d.build_id, e.id
  limit least(greatest(p_limit, 1), 1000)
$$;
comment on function ops.extra_runs(integer, text[]) is 'Runs that claimed to be a build''s and are not: to be cancelled on GitHub.';
select ops.restrict_function('ops.extra_runs(integer, text[])', 'service_role');

-- Security definer, as ops.enqueue_build.
create function ops.forget_extra_run(p_build_id uuid, p_attempt integer, p_github_run_id bigint)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  update ops.build_dispatches d
  set extra_runs = array_remove(d.extra_runs, p_github_run_id)
  where d.build_id = p_build_id and d.attempt = p_attempt and p_github_run_id = any (d.extra_runs);
  if found then
    perform from ops.builds b where b.id = p_build_id for no key update;
    perform ops.note_build(
      p_build_id, (select b.org_id from ops.builds b where b.id = p_build_id), 'dispatch',
      'run ' || p_github_run_id || ' was one too many and was cancelled', 'warning', jsonb_build_object('run_id', p_github_run_id)
    );
  end if;
end
$$;
comment on function ops.forget_extra_run(uuid, integer, bigint) is 'GitHub was told to stop a run that is no build''s, or has none of it.';
select ops.restrict_function('ops.forget_extra_run(uuid, integer, bigint)', 'service_role');

-- Two ways in which nobody would hear of a build again: no dispatcher comes by, or nobody asks about silent ones.
create function ops.watch_dispatches(p_patience interval default '15 minutes')
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_found record;
begin
  select count(*) as builds, min(q.run_at) as since, min(b.id::text) as example into v_found
  from ops.queued_jobs q
  join ops.builds b on b.queue_id = q.id and b.status = 'queued'
  where q.task_type = 'build_dispatch' and q.status = 'pending' and not q.blocked and q.run_at < v_now - p_patience
    and not exists (select from ops.job_types t where t.task_type = 'build_dispatch' and t.paused);
  if v_found.builds = 0 then
    perform ops.resolve_alert('builds_wait');
  elsif not exists (select from ops.alerts a where a.dedupe_key = 'builds_wait' and a.resolved_at is null) then
    perform ops.raise_alert(
      'build_dispatch', 'builds_wait', 'warning', 'Builds wait, and no dispatcher takes them',
      v_found.builds || ' since ' || to_char(v_found.since at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC',
      jsonb_build_object('builds', v_found.builds, 'build_id', v_found.example,
        'remediation', 'Is the workflow dispatch-builds enabled, and may its token start runs of the repository?')
    );
  end if;
  select count(*) as builds, min(l.expires_at) as since, min(b.id::text) as example into v_found
  from ops.builds b
  join ops.build_leases l on l.build_id = b.id
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  where b.status in ('dispatched', 'running') and l.expires_at < v_now - p_patience;
  if v_found.builds = 0 then
    perform ops.resolve_alert('builds_silent');
  elsif not exists (select from ops.alerts a where a.dedupe_key = 'builds_silent' and a.resolved_at is null) then
    perform ops.raise_alert(
      'build_dispatch', 'builds_silent', 'warning', 'Runs of builds are silent, and nobody asks GitHub about them',
      v_found.builds || ' since ' || to_char(v_found.since at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC',
      jsonb_build_object('builds', v_found.builds, 'build_id', v_found.example,
        'remediation', 'Is the workflow dispatch-builds enabled, and may its token read runs of the repository?')
    );
  end if;
end
$$;
comment on function ops.watch_dispatches(interval) is
  'Alerts when builds wait for a dispatcher, or silent ones for somebody who asks GitHub, longer than this; resolves them when that is over.';
select ops.restrict_function('ops.watch_dispatches(interval)');

create or replace function ops.rescue_builds(p_limit integer default 100)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
  v_count integer := 0;
begin
  -- First the queue says what becomes of the jobs whose lease ended.
  perform ops.rescue_jobs();
  for v_build in
    select b.id, b.error, b.cancel_requested_at, q.status as job_status, q.last_error
    from ops.build_leases l
    join ops.builds b on b.id = l.build_id
    left join ops.job_queue q on q.id = b.queue_id
    where l.expires_at < clock_timestamp() and b.status in ('dispatched', 'running') and q.status is distinct from 'running'
      -- Of a run on GitHub it is GitHub that knows (ops.settle_silent_build).
      and not exists (select from ops.build_dispatches d where d.build_id = b.id and d.attempt = b.attempt)
    order by l.expires_at
    limit p_limit
    for no key update of b skip locked
  loop
    v_count := v_count + 1;
    if v_build.cancel_requested_at is not null then
      perform ops.change_build(v_build.id, 'cancelled', v_build.error);
    elsif v_build.job_status = 'pending' then
      perform ops.change_build(v_build.id, 'queued', 'its runner fell silent');
    else
      perform ops.change_build(v_build.id, 'lost', coalesce(v_build.last_error, 'its runner fell silent'));
    end if;
  end loop;
  perform ops.watch_dispatches();
  return v_count;
end
$$;
comment on function ops.rescue_builds(integer) is
  'Builds whose own runner fell silent: queued again while the queue has tries left, cancelled when that was asked, else lost. Those that run on GitHub are asked about there; when nobody does, there is an alert. Returns how many.';
