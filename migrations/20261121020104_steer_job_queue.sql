-- Why      People look at the queue, try again, cancel, pause a type; what has ended is forgotten in time.
-- Objects  functions ops.retry_job_now, ops.cancel_job, ops.pause_task_type, ops.resume_task_type, ops.list_jobs, ops.get_job,
--          ops.queue_overview; ops.cancel_run, ops.prune_history, ops.prune_job_queue (replaced).
-- Locks    One job, one type, or old rows in batches. Rollback: drop the functions.

create function ops.retry_job_now(p_id bigint)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_type text;
begin
  update ops.queued_jobs q
  set status = 'pending',
      run_at = clock_timestamp(),
      updated_at = clock_timestamp(),
      finished_at = null,
      attempts = case when q.finished_at is null then q.attempts else 0 end,
      rescues = case when q.finished_at is null then q.rescues else 0 end,
      error_fingerprint = null,
      blocked = case when q.finished_at is null then q.blocked else q.serial_key is not null end
  where q.id = p_id
    and q.status in ('pending', 'failed', 'cancelled')
    and not exists (select from ops.job_leases l where l.held @> p_id)
  returning q.task_type into v_type;
  if not found then
    return false;
  end if;
  perform pg_notify('ops_job_queue', v_type);
  return true;
exception
  when unique_violation then
    raise exception 'another open job has the unique key of job %', p_id
      using errcode = 'unique_violation', hint = 'Cancel the other one first, or leave the work to it.';
end
$$;
comment on function ops.retry_job_now(bigint) is
  'Run a waiting job now, or a dead letter or cancelled one again with all its tries. False when it runs, has succeeded or is not there.';
select ops.restrict_function('ops.retry_job_now(bigint)', 'service_role');

create function ops.cancel_job(p_id bigint)
returns text
language plpgsql
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_job record;
begin
  -- Whoever is ending the job holds its row until that is committed; what we ask next is then true.
  select q.serial_key, q.blocked into v_job from ops.queued_jobs q where q.id = p_id and q.status = 'pending' for update;
  if not found then
    return null;
  end if;
  if exists (select from ops.job_leases l where l.held @> p_id) then
    update ops.queued_jobs q
    set cancel_requested_at = coalesce(q.cancel_requested_at, v_now), updated_at = v_now
    where q.id = p_id;
    return 'cancelling';
  end if;
  -- Somebody may be claiming it at this very moment: then it is cancelled all the same, and its worker hears so.
  update ops.queued_jobs q set status = 'cancelled', finished_at = v_now, updated_at = v_now where q.id = p_id;
  if v_job.serial_key is not null and not v_job.blocked then
    perform ops.promote_serial_jobs(array[v_job.serial_key]);
  end if;
  return 'cancelled';
end
$$;
comment on function ops.cancel_job(bigint) is
  'Cancel a job: one that waits at once (cancelled); one that runs when its worker, told by its next heartbeat, stops (cancelling). Null when it had ended.';
select ops.restrict_function('ops.cancel_job(bigint)', 'service_role');

create function ops.pause_task_type(p_task_type text)
returns void
language sql
set search_path = ''
as $$
  insert into ops.job_types as t (task_type, paused)
  values (p_task_type, true)
  on conflict (task_type) do update set paused = true, updated_at = now() where not t.paused
$$;
comment on function ops.pause_task_type(text) is 'Claim nothing of this type until ops.resume_task_type; what runs goes on.';
select ops.restrict_function('ops.pause_task_type(text)', 'service_role');

create function ops.resume_task_type(p_task_type text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update ops.job_types t set paused = false, updated_at = now() where t.task_type = p_task_type and t.paused;
  if found then
    perform pg_notify('ops_job_queue', p_task_type);
  end if;
end
$$;
comment on function ops.resume_task_type(text) is 'Claim work of this type again.';
select ops.restrict_function('ops.resume_task_type(text)', 'service_role');

create function ops.list_jobs(
  p_status text default null, p_task_type text default null, p_before_id bigint default null, p_limit integer default 50
)
returns setof ops.job_queue
language sql
stable
set search_path = ''
as $$
  select q.*
  from ops.job_queue q
  where (p_status is null or q.status = p_status)
    and (p_task_type is null or q.task_type = p_task_type)
    and (p_before_id is null or q.id < p_before_id)
  order by q.id desc
  limit least(greatest(p_limit, 1), 1000)
$$;
comment on function ops.list_jobs(text, text, bigint, integer) is
  'Jobs, newest first, of one status or type or all. The next page: pass the smallest id seen as p_before_id.';
select ops.restrict_function('ops.list_jobs(text, text, bigint, integer)', 'authenticated', 'service_role');

create function ops.get_job(p_id bigint)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(q) || jsonb_build_object('lease', (
    select jsonb_build_object('worker', l.worker, 'claimed_at', l.claimed_at, 'expires_at', l.expires_at)
    from ops.job_leases l
    where l.held @> q.id
  ))
  from ops.job_queue q
  where q.id = p_id
$$;
comment on function ops.get_job(bigint) is 'One job, and who runs it until when; null when there is none.';
select ops.restrict_function('ops.get_job(bigint)', 'authenticated', 'service_role');

create function ops.queue_overview()
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'types', coalesce((
      select jsonb_agg(to_jsonb(c) order by c.task_type)
      from (
        select q.task_type,
          count(*) filter (where q.status = 'pending') as pending,
          count(*) filter (where q.status = 'pending' and q.run_at <= now() and not q.blocked) as due,
          count(*) filter (where q.status = 'running') as running,
          count(*) filter (where q.status = 'succeeded') as succeeded,
          count(*) filter (where q.status = 'failed') as failed,
          count(*) filter (where q.status = 'cancelled') as cancelled,
          extract(epoch from now() - min(q.run_at) filter (
            where q.status = 'pending' and q.run_at <= now() and not q.blocked
          ))::float8 as oldest_due_seconds,
          coalesce((select t.paused from ops.job_types t where t.task_type = q.task_type), false) as paused
        from ops.job_queue q
        group by q.task_type
      ) c
    ), '[]'),
    'leases', coalesce((
      select jsonb_agg(to_jsonb(l) order by l.expires_at)
      from (
        select l.token, l.worker, (select sum(upper(r) - lower(r)) from unnest(l.held) r)::bigint as open_jobs, l.claimed_at, l.expires_at
        from ops.job_leases l
        order by l.expires_at
        limit 100
      ) l
    ), '[]')
  )
$$;
comment on function ops.queue_overview() is
  'The queue in one call: per type the counts by status, the age of the oldest due job and whether it is paused; and who holds leases.';
select ops.restrict_function('ops.queue_overview()', 'authenticated', 'service_role');

-- Security definer: service_role may stop a run, but not write runs.
create or replace function ops.cancel_run(p_run_id bigint, p_actor text default null, p_reason text default null)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from ops.cron_runs r
  where r.id = p_run_id and r.status in ('queued', 'fired', 'delivered')
  for update;
  if not found then
    return false;
  end if;
  if to_regclass('net.http_request_queue') is not null then
    -- Unless pg_net is sending it right now; then its token is refused on arrival.
    delete from net.http_request_queue q
    where q.id in (
      select w.id
      from net.http_request_queue w
      join ops.cron_attempts a on a.request_id = w.id
      where a.run_id = p_run_id and a.awaiting_response and a.epoch = ops.current_epoch()
      for update of w skip locked
    );
  end if;
  update ops.cron_attempts
  set awaiting_response = false, error_code = coalesce(error_code, 'cancelled')
  where run_id = p_run_id and awaiting_response;
  perform ops.cancel_job(q.id) from ops.queued_jobs q where q.run_id = p_run_id and q.status = 'pending';
  update ops.cron_runs
  set status = 'cancelled', finished_at = clock_timestamp(), next_attempt_at = null, deadline = null,
      error_code = 'cancelled',
      error = left(concat_ws(': ', 'cancelled - by ' || coalesce(p_actor, session_user), ops.redact_text(p_reason)), 1000)
  where id = p_run_id;
  return true;
end
$$;

create or replace function ops.prune_history(p_keep interval default '30 days', p_batch integer default 10000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  v_cutoff timestamptz := now() - p_keep;
  v_runs integer;
  v_tokens integer;
  v_ticks integer;
  v_queue integer;
  v_alerts integer;
  v_audits integer;
  v_details integer := 0;
begin
  -- Ids grow with time, so what is old is at the start of the primary key. The last run of a job is kept for ever.
  delete from ops.cron_runs r
  where r.id in (
    select o.id
    from (select c.id, c.job, c.created_at, c.status from ops.cron_runs c order by c.id limit p_batch * 10) o
    where o.created_at < v_cutoff
      and o.status not in ('queued', 'fired', 'delivered')
      and exists (select from ops.cron_runs n where n.job = o.job and n.id > o.id)
    limit p_batch
  );
  get diagnostics v_runs = row_count;

  delete from ops.run_tokens t
  where t.token_hash in (
    select x.token_hash from ops.run_tokens x where x.expires_at < now() - interval '1 day' limit p_batch
  );
  get diagnostics v_tokens = row_count;

  delete from ops.scheduler_ticks t
  where t.ticked_at in (
    select x.ticked_at from ops.scheduler_ticks x
    where x.ticked_at < least(v_cutoff, now() - interval '2 days')
    order by x.ticked_at limit p_batch
  );
  get diagnostics v_ticks = row_count;

  delete from ops.queued_jobs q
  where q.id in (
    select x.id from ops.queued_jobs x
    where x.finished_at < v_cutoff
    order by x.finished_at
    limit p_batch
  );
  get diagnostics v_queue = row_count;

  -- Alerts and audit rows are few and asked for later: at least half a year, at least two years.
  delete from ops.alerts a
  where a.id in (
    select x.id from ops.alerts x where x.resolved_at < least(v_cutoff, now() - interval '180 days') limit p_batch
  );
  get diagnostics v_alerts = row_count;
  delete from ops.reconciliations a
  where a.id in (
    select x.id from ops.reconciliations x where x.started_at < least(v_cutoff, now() - interval '2 years') limit p_batch
  );
  get diagnostics v_audits = row_count;

  if to_regclass('cron.job_run_details') is not null then
    -- No index on time there; the primary key is in order of time. Rows left half-way have no time at all.
    with oldest as (
      select c.runid, coalesce(c.end_time, c.start_time) as at
      from cron.job_run_details c
      where c.username = current_user
      order by c.runid
      limit p_batch
    )
    delete from cron.job_run_details c
    using oldest o
    where c.runid = o.runid
      and (o.at < v_cutoff or (o.at is null and o.runid < (select max(x.runid) from oldest x where x.at < v_cutoff)));
    get diagnostics v_details = row_count;
  end if;

  return jsonb_build_object(
    'cron_runs', v_runs, 'run_tokens', v_tokens, 'scheduler_ticks', v_ticks, 'job_queue', v_queue, 'alerts', v_alerts,
    'reconciliations', v_audits, 'job_run_details', v_details
  );
end
$$;

create or replace function ops.prune_job_queue(p_keep interval default '14 days', p_batch integer default 10000)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_deleted integer;
begin
  delete from ops.queued_jobs q
  where q.id in (
    select x.id
    from ops.queued_jobs x
    left join ops.job_types t on t.task_type = x.task_type
    where x.finished_at < now() - least(p_keep, (select min(k.keep_succeeded) from ops.job_types k))
      and x.finished_at < now() - coalesce(t.keep_succeeded, p_keep)
      and x.status = 'succeeded'
    order by x.finished_at
    limit p_batch
    for update of x skip locked
  );
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$$;
comment on function ops.prune_job_queue(interval, integer) is
  'Delete work that succeeded longer ago than its type says, or p_keep, oldest first, at most p_batch rows. Returns how many.';
