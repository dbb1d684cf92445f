-- Why      A job ends well, is tried again later, becomes a dead letter somebody hears of, or is taken from a worker that fell silent.
-- Objects  functions ops.error_fingerprint, ops.retry_backoff, ops.shrink_lease, ops.raise_dead_letters, ops.end_jobs,
--          ops.complete_jobs, ops.end_failed_jobs, ops.fail_jobs, ops.release_jobs, ops.release_unknown_jobs,
--          ops.heartbeat_jobs, ops.rescue_jobs; ops.collect_queued_work (replaced).
-- Locks    A lease, then its jobs. Rollback: drop the functions; claimed jobs never end.

-- Dead letters show what the worker said: the same care as for the errors of runs.
select ops.restrict_function('ops.redact_text(text)', 'service_role');

create function ops.error_fingerprint(p_error text)
returns text
language sql
immutable
set search_path = ''
as $$
  select left(md5(
    regexp_replace(
      regexp_replace(
        regexp_replace(
          regexp_replace(
            left(substring(coalesce(p_error, '') from '\S[^\r\n]*'), 1000),
            '"[^"]*"|''[^'']*''|`[^`]*`', '?', 'g'
          ),
          '\m[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\M', '?', 'gi'
        ),
        '\m(0x[0-9a-f]+|(?=[0-9a-f]*[0-9])[0-9a-f]{8,})\M', '?', 'gi'
      ),
      '[0-9]+([.,:][0-9]+)*', '?', 'g'
    )
  ), 16)
$$;
comment on function ops.error_fingerprint(text) is
  'What errors of one cause have in common: the first line with quoted texts, uuids, hex and numbers left out, as 16 hex digits.';
select ops.restrict_function('ops.error_fingerprint(text)', 'service_role');

create function ops.retry_backoff(p_attempts integer, p_base interval, p_cap interval)
returns interval
language sql
volatile
set search_path = ''
as $$
  select least(
    coalesce(p_base, '10 seconds') * power(2, least(greatest(p_attempts, 1), 30) - 1) * (0.8 + 0.4 * random()),
    coalesce(p_cap, '1 hour')
  )
$$;
comment on function ops.retry_backoff(integer, interval, interval) is
  'How long a job waits after this many tries: base (10 seconds) doubled after each, plus or minus a fifth, at most cap (one hour).';
select ops.restrict_function('ops.retry_backoff(integer, interval, interval)', 'service_role');

create function ops.shrink_lease(p_token bigint, p_ended int8multirange)
returns void
language plpgsql
set search_path = ''
as $$
begin
  delete from ops.job_leases l where l.token = p_token and l.held <@ p_ended;
  if not found then
    update ops.job_leases l set held = l.held - p_ended where l.token = p_token;
  end if;
end
$$;
comment on function ops.shrink_lease(bigint, int8multirange) is 'A lease does not hold these jobs any more; with the last one it goes.';
select ops.restrict_function('ops.shrink_lease(bigint, int8multirange)', 'service_role');

create function ops.id_set(p_ids bigint[])
returns int8multirange
language plpgsql
immutable
set search_path = ''
as $$
begin
  if cardinality(p_ids) = 1 then
    return int8multirange(int8range(p_ids[1], p_ids[1], '[]'));
  end if;
  return (select coalesce(range_agg(int8range(i.id, i.id, '[]')), '{}') from unnest(p_ids) i (id));
end
$$;
comment on function ops.id_set(bigint[]) is 'Ids as a set; neighbours take no more room than one.';
select ops.restrict_function('ops.id_set(bigint[])', 'service_role');

create function ops.raise_dead_letters(p_ids bigint[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_dead record;
begin
  for v_dead in
    select q.id, q.task_type, q.error_fingerprint, q.attempts, q.rescues, ops.redact_text(left(q.last_error, 1000)) as error
    from ops.queued_jobs q
    where q.id = any (p_ids) and q.error_fingerprint is not null
    -- One order for everybody: two workers raising the same two alerts wait for each other, never in a circle.
    order by q.task_type, q.error_fingerprint, q.id
  loop
    perform ops.raise_alert(
      'dead_letter',
      'dead_letter:' || v_dead.task_type || ':' || v_dead.error_fingerprint,
      'critical',
      'Jobs of type ' || v_dead.task_type || ' failed for good',
      coalesce(v_dead.error, 'no error was given'),
      jsonb_build_object(
        'task_type', v_dead.task_type, 'fingerprint', v_dead.error_fingerprint, 'job_id', v_dead.id,
        'attempts', v_dead.attempts, 'rescues', v_dead.rescues
      )
    );
  end loop;
end
$$;
comment on function ops.raise_dead_letters(bigint[]) is
  'Raise one alert per task type and fingerprint of these dead letters; it counts them and shows the last.';
select ops.restrict_function('ops.raise_dead_letters(bigint[])', 'service_role');

create function ops.end_jobs(
  p_token bigint, p_ids bigint[], p_results jsonb, out ended int8multirange, out lost bigint[]
)
language plpgsql
set search_path = ''
as $$
declare
  v_held int8multirange;
  v_now timestamptz := clock_timestamp();
  v_asked integer := cardinality(p_ids);
  v_transient text[];
  v_deleted bigint[];
  v_kept bigint[];
  v_serial text[];
  v_serial_kept text[];
  v_count integer := 0;
begin
  -- Whoever takes jobs from this lease waits here until we are done, and the other way round.
  select l.held into v_held from ops.job_leases l where l.token = p_token for update;
  if not found then
    lost := p_ids;
    return;
  end if;
  ended := ops.id_set(p_ids) * v_held;
  select array_agg(t.task_type) into v_transient from ops.job_types t where t.keep_succeeded = '0';
  if v_transient is not null then
    with gone as (
      delete from ops.queued_jobs q
      where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending' and q.run_id is null
        and q.task_type = any (v_transient)
      returning q.id, q.serial_key
    )
    select array_agg(g.id), array_agg(g.serial_key) filter (where g.serial_key is not null), count(*)
    into v_deleted, v_serial, v_count
    from gone g;
  end if;
  if v_count < v_asked then
    with done as (
      update ops.queued_jobs q
      set status = 'succeeded', attempts = q.attempts + 1, finished_at = v_now, updated_at = v_now,
          cancel_requested_at = null, result = p_results -> q.id::text
      where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending'
      returning q.id, q.serial_key
    )
    select array_agg(d.id), array_agg(d.serial_key) filter (where d.serial_key is not null), v_count + count(*)
    into v_kept, v_serial_kept, v_count
    from done d;
  end if;
  if v_serial is not null or v_serial_kept is not null then
    perform ops.promote_serial_jobs(v_serial || v_serial_kept);
  end if;
  if v_count < v_asked then
    lost := array(
      select i.id from unnest(p_ids) i (id) where not ops.id_set(v_deleted || v_kept) @> i.id
    );
  end if;
end
$$;
comment on function ops.end_jobs(bigint, bigint[], jsonb) is
  'Write the ends of jobs a lease holds: ended must then be taken out of the lease, by the same transaction (null: there is no such lease); lost are those that were not written.';
select ops.restrict_function('ops.end_jobs(bigint, bigint[], jsonb)', 'service_role');

create function ops.complete_jobs(p_token bigint, p_ids bigint[], p_results jsonb default null)
returns bigint[]
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_ended int8multirange;
  v_lost bigint[];
begin
  select e.ended, e.lost into v_ended, v_lost from ops.end_jobs(p_token, p_ids, p_results) e;
  perform ops.shrink_lease(p_token, v_ended);
  return coalesce(v_lost, '{}');
end
$$;
comment on function ops.complete_jobs(bigint, bigint[], jsonb) is
  'These jobs of the lease ended well; p_results maps ids to results, which are kept as long as the row. Returns those it no longer holds, which are left alone.';
select ops.restrict_function('ops.complete_jobs(bigint, bigint[], jsonb)', 'service_role');

create function ops.end_failed_jobs(
  p_held int8multirange, p_ids bigint[], p_errors text[], p_final boolean[], p_retry_in interval[], p_rescued boolean
)
returns table (id bigint, status text, run_at timestamptz)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_failed record;
  v_dead bigint[] := '{}';
  v_serial text[] := '{}';
begin
  for v_failed in
    update ops.queued_jobs q
    set status = o.status,
        run_at = case o.status
          when 'pending' then v_now + coalesce(f.retry_in, ops.retry_backoff(q.attempts + 1, t.backoff_base, t.backoff_cap))
          else q.run_at
        end,
        attempts = q.attempts + 1,
        rescues = q.rescues + p_rescued::integer,
        cancel_requested_at = null,
        last_error = left(f.error, 10000),
        error_fingerprint = case o.status when 'failed' then ops.error_fingerprint(f.error) end,
        finished_at = case when o.status <> 'pending' then v_now end,
        updated_at = v_now
    from unnest(p_ids, p_errors, p_final, p_retry_in) f (id, error, final, retry_in)
    join ops.queued_jobs c on c.id = f.id
    left join ops.job_types t on t.task_type = c.task_type
    cross join lateral (
      select case
        when c.cancel_requested_at is not null then 'cancelled'
        when f.final or c.attempts + 1 >= c.max_attempts then 'failed'
        when p_rescued and c.rescues + 1 >= coalesce(t.rescue_cap, 10) then 'failed'
        else 'pending'
      end as status
    ) o
    where q.id = f.id and q.status = 'pending' and p_held @> q.id
    returning q.id, q.status, q.run_at, q.serial_key
  loop
    if v_failed.status = 'failed' then
      v_dead := v_dead || v_failed.id;
    end if;
    if v_failed.status <> 'pending' and v_failed.serial_key is not null then
      v_serial := v_serial || v_failed.serial_key;
    end if;
    return query select v_failed.id, v_failed.status, case when v_failed.status = 'pending' then v_failed.run_at end;
  end loop;
  if cardinality(v_dead) > 0 then
    perform ops.raise_dead_letters(v_dead);
  end if;
  if cardinality(v_serial) > 0 then
    perform ops.promote_serial_jobs(v_serial);
  end if;
end
$$;
comment on function ops.end_failed_jobs(int8multirange, bigint[], text[], boolean[], interval[], boolean) is
  'Write the failed tries of jobs whose lease the caller has locked. Answers for those written.';
select ops.restrict_function('ops.end_failed_jobs(int8multirange, bigint[], text[], boolean[], interval[], boolean)', 'service_role');

create function ops.fail_jobs(
  p_token bigint, p_ids bigint[], p_errors text[], p_final boolean[] default null, p_retry_in interval[] default null
)
returns table (id bigint, status text, run_at timestamptz)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_held int8multirange;
begin
  select l.held into v_held from ops.job_leases l where l.token = p_token for update;
  return query
  with written as materialized (
    select w.id, w.status, w.run_at
    from ops.end_failed_jobs(coalesce(v_held, '{}'), p_ids, p_errors, p_final, p_retry_in, false) w
  )
  select w.id, w.status, w.run_at from written w
  union all
  select i.id, 'lost', null from unnest(p_ids) i (id) where not exists (select from written w where w.id = i.id);
  perform ops.shrink_lease(p_token, ops.id_set(p_ids));
end
$$;
comment on function ops.fail_jobs(bigint, bigint[], text[], boolean[], interval[]) is
  'These jobs of the lease failed, with their errors. Says of each what becomes of it: pending (tried again at run_at, after p_retry_in or the backoff of its type), failed (dead letter: out of tries or p_final), cancelled, or lost (no longer held; left alone).';
select ops.restrict_function('ops.fail_jobs(bigint, bigint[], text[], boolean[], interval[])', 'service_role');

create function ops.release_jobs(p_token bigint, p_ids bigint[])
returns bigint[]
language plpgsql
set search_path = ''
as $$
declare
  v_held int8multirange;
  v_released int8multirange;
  v_serial text[];
  v_type text;
begin
  select l.held into v_held from ops.job_leases l where l.token = p_token for update;
  v_held := coalesce(v_held, '{}');
  v_released := ops.id_set(p_ids) * v_held;
  with cancelled as (
    update ops.queued_jobs q
    set status = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp(), cancel_requested_at = null
    where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending' and q.cancel_requested_at is not null
    returning q.serial_key
  )
  select array_agg(c.serial_key) filter (where c.serial_key is not null) into v_serial from cancelled c;
  perform ops.shrink_lease(p_token, v_released);
  if v_serial is not null then
    perform ops.promote_serial_jobs(v_serial);
  end if;
  for v_type in
    select distinct q.task_type from ops.queued_jobs q where q.id = any (p_ids) and v_held @> q.id and q.status = 'pending'
  loop
    perform pg_notify('ops_job_queue', v_type);
  end loop;
  return array(select i.id from unnest(p_ids) i (id) where not v_held @> i.id);
end
$$;
comment on function ops.release_jobs(bigint, bigint[]) is
  'Give back jobs that were claimed and not begun: due as before, and the try does not count. Returns those the lease no longer holds.';
select ops.restrict_function('ops.release_jobs(bigint, bigint[])', 'service_role');

create function ops.release_unknown_jobs(p_worker text, p_known bigint[])
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_lease record;
  v_unknown bigint[];
  v_count integer := 0;
begin
  for v_lease in select l.token, l.held from ops.job_leases l where l.worker = p_worker order by l.token for update loop
    v_unknown := array(
      select i.id
      from unnest(v_lease.held - ops.id_set(p_known)) r (ids)
      cross join lateral generate_series(lower(r.ids), upper(r.ids) - 1) i (id)
    );
    perform ops.release_jobs(v_lease.token, v_unknown);
    v_count := v_count + cardinality(v_unknown);
  end loop;
  return v_count;
end
$$;
comment on function ops.release_unknown_jobs(text, bigint[]) is
  'Give back what leases of this worker hold and it does not know of: claims whose answer was lost with a connection. Call it when no claim is on its way. Returns how many.';
select ops.restrict_function('ops.release_unknown_jobs(text, bigint[])', 'service_role');

create function ops.heartbeat_jobs(p_token bigint, p_ids bigint[], p_lease interval default '1 minute')
returns table (id bigint, verdict text)
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_held int8multirange;
begin
  update ops.job_leases l set expires_at = clock_timestamp() + p_lease where l.token = p_token returning l.held into v_held;
  return query
  select i.id, case when v_held @> i.id and (q.cancel_requested_at is not null or q.status = 'cancelled') then 'cancel' else 'lost' end
  from unnest(p_ids) i (id)
  left join ops.queued_jobs q on q.id = i.id
  where v_held is null or not v_held @> i.id or q.id is null or q.status <> 'pending' or q.cancel_requested_at is not null;
end
$$;
comment on function ops.heartbeat_jobs(bigint, bigint[], interval) is
  'The worker is well and still has these jobs: move the end of the lease. Returns only what it must act on: lost (not its own any more: stop, write nothing) and cancel (somebody asked: stop and report it as failed).';
select ops.restrict_function('ops.heartbeat_jobs(bigint, bigint[], interval)', 'service_role');

create function ops.rescue_jobs(p_limit integer default 100)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_lease record;
  v_ids bigint[];
  v_count integer := 0;
begin
  for v_lease in
    select l.token, l.worker, l.held
    from ops.job_leases l
    where l.expires_at < clock_timestamp()
    order by l.token
    limit p_limit
    for update skip locked
  loop
    v_ids := array(
      select i.id
      from unnest(v_lease.held) r (ids)
      cross join lateral generate_series(lower(r.ids), upper(r.ids) - 1) i (id)
    );
    v_count := v_count + (
      select count(*)
      from ops.end_failed_jobs(
        v_lease.held, v_ids,
        array_fill(format('lost - worker %L fell silent and its lease ended', v_lease.worker), array[cardinality(v_ids)]),
        null, null, true
      )
    );
    delete from ops.job_leases l where l.token = v_lease.token;
  end loop;
  -- Serial keys whose first job somebody deleted by hand.
  perform ops.promote_serial_jobs(array(
    select distinct w.serial_key
    from ops.queued_jobs w
    where w.blocked and w.status = 'pending' and not exists (
      select from ops.queued_jobs h where h.serial_key = w.serial_key and not h.blocked and h.status = 'pending'
    )
  ));
  return v_count;
end
$$;
comment on function ops.rescue_jobs(integer) is
  'Take jobs from leases that ended (p_limit leases at most): tried again after the backoff, a dead letter when out of tries or rescued too often, cancelled when that was asked. The lost try counts. Returns how many jobs.';
select ops.restrict_function('ops.rescue_jobs(integer)', 'service_role');

create or replace function ops.collect_queued_work(p_now timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_done record;
  v_count integer := 0;
begin
  -- Workers do this too; here it happens when none is left.
  perform ops.rescue_jobs();
  for v_done in
    select r.id, q.status, q.last_error
    from ops.cron_runs r
    join ops.queued_jobs q on q.run_id = r.id
    where r.status in ('queued', 'fired', 'delivered') -- as in the index
      and r.status = 'fired'
      and r.call_kind = 'enqueue'
      and q.finished_at is not null
    limit p_limit
    for update of r skip locked
  loop
    v_count := v_count + 1;
    if v_done.status = 'succeeded' then
      perform ops.succeed_run(v_done.id, null, p_now);
    elsif v_done.status = 'cancelled' then
      perform ops.fail_run(v_done.id, 'cancelled', 'cancelled - the queued work was cancelled', p_now);
    else
      perform ops.fail_run(
        v_done.id, 'report_failed',
        left('report_failed - ' || coalesce(ops.redact_text(v_done.last_error), 'the queued work failed'), 1000), p_now
      );
    end if;
  end loop;
  return v_count;
end
$$;
