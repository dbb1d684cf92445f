-- Why      Workers take due jobs in batches, each job to one worker, under a lease that ends by itself.
-- Objects  functions ops.claimable_jobs, ops.complete_and_claim_jobs, ops.claim_jobs.
-- Locks    One advisory lock per task type until the claim commits. No row of a job. Rollback: drop the functions; nothing runs.

create function ops.claimable_jobs(p_task_types text[], p_now timestamptz)
returns table (task_type text, priority smallint)
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_paused text[] := (select array_agg(t.task_type) from ops.job_types t where t.paused);
  v_priority smallint := 32767;
  v_busy int8multirange;
begin
  -- Almost every worker of a busy queue asks for one type: a probe for each of its priorities.
  if cardinality(p_task_types) = 1 then
    if p_task_types[1] = any (v_paused) then
      return;
    end if;
    task_type := p_task_types[1];
    loop
      priority := (
        select q.priority
        from ops.queued_jobs q
        where q.status = 'pending' and not q.blocked and q.task_type = p_task_types[1] and q.priority <= v_priority
        order by q.priority desc
        limit 1
      );
      exit when priority is null;
      return next;
      exit when priority = -32768;
      v_priority := priority - 1;
    end loop;
    return;
  end if;

  v_busy := coalesce((select range_agg(l.held) from ops.job_leases l), '{}');
  return query
  with recursive types (task_type) as (
    (
      select q.task_type
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and p_task_types is null
      order by q.task_type
      limit 1
    )
    union all
    select (
      select q.task_type
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type > t.task_type
      order by q.task_type
      limit 1
    )
    from types t
    where t.task_type is not null
  ), wanted as (
    select t.task_type from types t where t.task_type is not null
    union
    select u.task_type from unnest(p_task_types) u (task_type)
  ), groups (task_type, priority) as (
    select w.task_type, (
      select q.priority
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type = w.task_type
      order by q.priority desc
      limit 1
    )
    from wanted w
    where w.task_type <> all (coalesce(v_paused, '{}'))
    union all
    select g.task_type, (
      select q.priority
      from ops.queued_jobs q
      where q.status = 'pending' and not q.blocked and q.task_type = g.task_type and q.priority < g.priority
      order by q.priority desc
      limit 1
    )
    from groups g
    where g.priority is not null
  )
  select g.task_type, g.priority
  from groups g
  cross join lateral (
    select q.run_at
    from ops.queued_jobs q
    where q.status = 'pending'
      and not q.blocked
      and q.task_type = g.task_type
      and q.priority = g.priority
      and q.run_at <= p_now
      and not v_busy @> q.id
    order by q.run_at, q.id
    limit 1
  ) head
  where g.priority is not null
  order by g.priority desc, head.run_at, g.task_type;
end
$$;
comment on function ops.claimable_jobs(text[], timestamptz) is
  'Where there may be due work: types that are not paused and their priorities, first to run first. A few index probes for each, however much is queued.';
select ops.restrict_function('ops.claimable_jobs(text[], timestamptz)', 'service_role');

create function ops.complete_and_claim_jobs(
  p_token bigint, p_ids bigint[], p_results jsonb, p_worker text, p_limit integer, p_lease interval default '1 minute',
  p_task_types text[] default null
)
returns table (
  id bigint, task_type text, payload jsonb, attempts integer, max_attempts integer, lease_token bigint, run_at timestamptz
)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_token bigint := p_token;
  v_ended int8multirange := '{}';
  v_lost bigint[];
  v_left integer := p_limit;
  v_count integer;
  v_busy int8multirange;
  v_waited boolean := false;
  v_group record;
begin
  if p_worker is null or p_limit < 1 or p_lease <= '0' then
    raise exception 'a claim needs a worker, a limit and a lease' using errcode = 'invalid_parameter_value';
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'jobs are claimed at isolation level read committed: a claim must see the leases of the one before it'
      using errcode = 'invalid_transaction_state';
  end if;
  if p_token is not null then
    select e.ended, e.lost into v_ended, v_lost from ops.end_jobs(p_token, p_ids, p_results) e;
    if v_ended is null then
      v_token := null;
      v_ended := '{}';
    end if;
    if cardinality(v_lost) > 0 then
      return query
      select l.id, null::text, null::jsonb, null::integer, null::integer, null::bigint, null::timestamptz
      from unnest(v_lost) l (id);
    end if;
  end if;

  for v_group in select c.task_type, c.priority from ops.claimable_jobs(p_task_types, v_now) c loop
    -- Claims of a type wait for each other, until their commit. Who has one such lock does not wait for a second.
    if v_waited then
      continue when not pg_try_advisory_xact_lock(hashtextextended('ops.queue:claim:' || v_group.task_type, 0));
    else
      perform pg_advisory_xact_lock(hashtextextended('ops.queue:claim:' || v_group.task_type, 0));
      v_waited := true;
    end if;
    -- A statement of its own: it sees what was committed before the lock was got.
    v_busy := coalesce((select range_agg(l.held) from ops.job_leases l), '{}');
    v_token := coalesce(v_token, nextval('ops.job_leases_token_seq'));
    return query
    with picked as materialized (
      select q.id, q.payload, q.attempts, q.max_attempts, q.run_at
      from ops.queued_jobs q
      where q.task_type = v_group.task_type
        and q.priority = v_group.priority
        and q.run_at <= v_now
        and q.status = 'pending'
        and not q.blocked
        and not v_busy @> q.id
      order by q.run_at, q.id
      limit v_left
    ), leased as (
      insert into ops.job_leases as l (token, worker, claimed_at, expires_at, held)
      select v_token, p_worker, v_now, v_now + p_lease, range_agg(int8range(p.id, p.id, '[]'))
      from picked p
      having count(*) > 0
      on conflict (token) do update
      set claimed_at = excluded.claimed_at, expires_at = excluded.expires_at, held = l.held - v_ended + excluded.held
    )
    select p.id, v_group.task_type, p.payload, p.attempts + 1, p.max_attempts, v_token, p.run_at
    from picked p;
    get diagnostics v_count = row_count;
    if v_count > 0 then
      v_ended := '{}';
      v_left := v_left - v_count;
      exit when v_left <= 0;
    end if;
  end loop;
  if v_ended <> '{}' then
    perform ops.shrink_lease(v_token, v_ended);
  end if;
end
$$;
comment on function ops.complete_and_claim_jobs(bigint, bigint[], jsonb, text, integer, interval, text[]) is
  'ops.complete_jobs and ops.claim_jobs in one round trip and one commit, under the same lease while it holds anything. A row without lease_token is a job the caller no longer held.';
select ops.restrict_function('ops.complete_and_claim_jobs(bigint, bigint[], jsonb, text, integer, interval, text[])', 'service_role');

create function ops.claim_jobs(
  p_worker text, p_limit integer default 1, p_lease interval default '1 minute', p_task_types text[] default null
)
returns table (
  id bigint, task_type text, payload jsonb, attempts integer, max_attempts integer, lease_token bigint, run_at timestamptz
)
language plpgsql
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  return query
  select c.id, c.task_type, c.payload, c.attempts, c.max_attempts, c.lease_token, c.run_at
  from ops.complete_and_claim_jobs(null, null, null, p_worker, p_limit, p_lease, p_task_types) c;
end
$$;
comment on function ops.claim_jobs(text, integer, interval, text[]) is
  'Take up to p_limit due jobs of these types (null: all) that nobody has, by priority, then by age, under a new lease. They are the caller''s until it ends; see ops.heartbeat_jobs, ops.complete_jobs, ops.fail_jobs, ops.release_jobs.';
select ops.restrict_function('ops.claim_jobs(text, integer, interval, text[])', 'service_role');
