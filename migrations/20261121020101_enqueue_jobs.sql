-- Why      Work is queued one by one and by the thousand, in the caller's transaction.
-- Objects  functions ops.promote_serial_jobs, ops.keep_serial_order (and its trigger), ops.enqueue_job, ops.enqueue_lines,
--          ops.enqueue_jobs;
--          ops.enqueue_call (replaced).
-- Locks    None. Rollback: drop them; nothing can be queued.

create function ops.promote_serial_jobs(p_serial_keys text[])
returns integer
language plpgsql
set search_path = ''
as $$
declare
  v_key text;
  v_task_type text;
  v_count integer := 0;
begin
  for v_key in select distinct k.serial_key from unnest(p_serial_keys) k (serial_key) order by 1 loop
    begin
      update ops.queued_jobs q
      set blocked = false
      where q.id = (
          select w.id from ops.queued_jobs w where w.serial_key = v_key and w.blocked and w.status = 'pending' order by w.id limit 1
        )
        and q.blocked
        and not exists (
          select from ops.queued_jobs h where h.serial_key = v_key and not h.blocked and h.status = 'pending'
        )
      returning q.task_type into v_task_type;
      if found then
        v_count := v_count + 1;
        perform pg_notify('ops_job_queue', v_task_type);
      end if;
    exception
      -- Another session made a job of this key the first in line at this moment.
      when unique_violation then null;
    end;
  end loop;
  return v_count;
end
$$;
comment on function ops.promote_serial_jobs(text[]) is
  'Let the next job of each serial key go when none of it is open any more. Returns how many went.';
select ops.restrict_function('ops.promote_serial_jobs(text[])', 'service_role');

create function ops.keep_serial_order()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- Waits for whoever is just ending the job before; when that has committed there is no row to lock, and it is our turn.
  perform from ops.queued_jobs h
  where h.serial_key = new.serial_key and not h.blocked and h.status = 'pending'
  for share;
  if not found then
    perform ops.promote_serial_jobs(array[new.serial_key]);
  end if;
  return null;
end
$$;
comment on function ops.keep_serial_order() is
  'At commit: a job with a serial key starts when none before it is open. Deferred, so that a long transaction that queues holds up nobody.';
select ops.restrict_function('ops.keep_serial_order()', 'service_role');

create constraint trigger queued_jobs_serial_order
after insert or update of blocked on ops.queued_jobs
deferrable initially deferred
for each row
when (new.blocked)
execute function ops.keep_serial_order();

create function ops.enqueue_job(
  p_task_type text,
  p_payload jsonb default '{}',
  p_max_attempts integer default null,
  p_run_at timestamptz default null,
  p_priority integer default 0,
  p_unique_key text default null,
  p_unique_mode text default 'keep',
  p_serial_key text default null
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_run_at timestamptz := coalesce(p_run_at, now());
  v_max_attempts integer := coalesce(
    p_max_attempts, (select t.max_attempts from ops.job_types t where t.task_type = p_task_type), 5
  );
  v_id bigint;
  v_due_at timestamptz;
begin
  if p_unique_key is not null and (p_unique_mode is null or p_unique_mode not in ('keep', 'replace', 'debounce')) then
    raise exception 'unknown unique mode %', coalesce(quote_literal(p_unique_mode), 'null')
      using errcode = 'invalid_parameter_value', hint = 'keep, replace or debounce';
  end if;
  loop
    insert into ops.queued_jobs as q (task_type, payload, max_attempts, run_at, priority, unique_key, serial_key, blocked)
    values (
      p_task_type, coalesce(p_payload, '{}'), v_max_attempts, v_run_at, coalesce(p_priority, 0), p_unique_key, p_serial_key,
      p_serial_key is not null
    )
    on conflict (task_type, unique_key) where unique_key is not null and status = 'pending' do update
    -- A new id: a worker that is just claiming the old job then finds it gone, instead of completing what it has not seen.
    set id = excluded.id,
        payload = excluded.payload,
        max_attempts = excluded.max_attempts,
        priority = excluded.priority,
        run_at = case p_unique_mode when 'debounce' then excluded.run_at else q.run_at end,
        attempts = 0,
        rescues = 0,
        updated_at = now()
    where p_unique_mode <> 'keep' and not exists (select from ops.job_leases l where l.held @> q.id)
    returning q.id, q.run_at into v_id, v_due_at;
    exit when found;

    if p_unique_mode = 'keep' then
      select q.id into v_id
      from ops.queued_jobs q
      where q.task_type = p_task_type and q.unique_key = p_unique_key and q.status = 'pending';
      if found then
        return v_id;
      end if;
    else
      -- It runs already, with the former payload: it lets go of the key, and what is new comes after it.
      update ops.queued_jobs q
      set unique_key = null
      where q.task_type = p_task_type and q.unique_key = p_unique_key and q.status = 'pending'
        and exists (select from ops.job_leases l where l.held @> q.id);
    end if;
  end loop;
  if v_due_at <= now() then
    perform pg_notify('ops_job_queue', p_task_type);
  end if;
  return v_id;
end
$$;
comment on function ops.enqueue_job(text, jsonb, integer, timestamptz, integer, text, text, text) is
  'Queue one piece of work; returns its id. When an open job of the type has the unique key, keep leaves it as it is; replace gives a waiting one the new payload, priority and tries and its old time; debounce the new time too. A running one is kept, or followed by the new one.';
select ops.restrict_function('ops.enqueue_job(text, jsonb, integer, timestamptz, integer, text, text, text)', 'service_role');

create function ops.enqueue_lines(
  p_task_types text[],
  p_payloads text,
  p_max_attempts integer[] default null,
  p_run_at timestamptz[] default null,
  p_priorities integer[] default null,
  p_unique_keys text[] default null,
  p_unique_modes text[] default null,
  p_serial_keys text[] default null
)
returns bigint[]
language plpgsql
set search_path = ''
as $$
declare
  v_ids bigint[];
  v_type text;
  v_defaults jsonb := (
    select jsonb_object_agg(t.task_type, t.max_attempts) from ops.job_types t where t.max_attempts is not null
  );
begin
  if p_unique_keys is not null then
    -- Each may meet an open job, or one of its own call.
    select array_agg(ops.enqueue_job(
      j.task_type, j.payload::jsonb, j.max_attempts, j.run_at, j.priority, j.unique_key, coalesce(j.unique_mode, 'keep'), j.serial_key
    ) order by j.position)
    into v_ids
    from rows from (
      unnest(p_task_types), string_to_table(p_payloads, E'\x1e'), unnest(p_max_attempts), unnest(p_run_at),
      unnest(p_priorities), unnest(p_unique_keys), unnest(p_unique_modes), unnest(p_serial_keys)
    ) with ordinality
      as j (task_type, payload, max_attempts, run_at, priority, unique_key, unique_mode, serial_key, position)
    where j.task_type is not null or j.payload is not null;
    return coalesce(v_ids, '{}');
  end if;

  with queued as (
    insert into ops.queued_jobs (task_type, payload, max_attempts, run_at, priority, serial_key, blocked)
    select j.task_type, coalesce(j.payload, '{}')::jsonb, coalesce(j.max_attempts, (v_defaults ->> j.task_type)::integer, 5),
      coalesce(j.run_at, now()), coalesce(j.priority, 0), j.serial_key, j.serial_key is not null
    from rows from (
      unnest(p_task_types), string_to_table(p_payloads, E'\x1e'), unnest(p_max_attempts), unnest(p_run_at),
      unnest(p_priorities), unnest(p_serial_keys)
    ) as j (task_type, payload, max_attempts, run_at, priority, serial_key)
    returning id
  )
  select array_agg(q.id) into v_ids from queued q;
  for v_type in
    select distinct t.task_type
    from unnest(p_task_types, p_run_at) t (task_type, run_at)
    where t.run_at is null or t.run_at <= now()
  loop
    perform pg_notify('ops_job_queue', v_type);
  end loop;
  return coalesce(v_ids, '{}');
end
$$;
comment on function ops.enqueue_lines(text[], text, integer[], timestamptz[], integer[], text[], text[], text[]) is
  'Queue many as fast as can be: the parameters of ops.enqueue_job as arrays of one length, null for all defaults; the payloads as JSON texts with U+001E between them, which JSON never holds. Returns their ids in the same order.';
select ops.restrict_function(
  'ops.enqueue_lines(text[], text, integer[], timestamptz[], integer[], text[], text[], text[])', 'service_role'
);

create function ops.enqueue_jobs(p_jobs jsonb)
returns bigint[]
language plpgsql
set search_path = ''
as $$
begin
  return (
    select ops.enqueue_lines(
      array_agg(j.task_type order by j.position),
      string_agg(coalesce(j.payload, '{}')::text, E'\x1e' order by j.position),
      array_agg(j.max_attempts order by j.position),
      array_agg(j.run_at order by j.position),
      array_agg(j.priority order by j.position),
      case when count(j.unique_key) > 0 then array_agg(j.unique_key order by j.position) end,
      array_agg(j.unique_mode order by j.position),
      array_agg(j.serial_key order by j.position)
    )
    from rows from (
      jsonb_to_recordset(p_jobs) as (
        task_type text, payload jsonb, max_attempts integer, run_at timestamptz, priority integer, unique_key text,
        unique_mode text, serial_key text
      )
    ) with ordinality
      as j (task_type, payload, max_attempts, run_at, priority, unique_key, unique_mode, serial_key, position)
  );
end
$$;
comment on function ops.enqueue_jobs(jsonb) is
  'Queue many: an array of objects with the parameters of ops.enqueue_job without their p_. Returns their ids in the same order.';
select ops.restrict_function('ops.enqueue_jobs(jsonb)', 'service_role');

create or replace function ops.enqueue_call(p_run_id bigint, p_definition jsonb, p_now timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_call jsonb := p_definition -> 'call';
  v_id bigint;
begin
  insert into ops.queued_jobs (task_type, payload, max_attempts, run_at, run_id)
  values (
    v_call ->> 'task_type', coalesce(v_call -> 'payload', '{}'), coalesce((v_call ->> 'max_attempts')::integer, 5), p_now, p_run_id
  )
  returning id into v_id;
  perform pg_notify('ops_job_queue', v_call ->> 'task_type');
  if coalesce((v_call ->> 'await_report')::boolean, false) then
    update ops.cron_runs
    set status = 'fired', deadline = ops.report_deadline(p_definition, p_now), result = jsonb_build_object('queue_id', v_id)
    where id = p_run_id;
  else
    perform ops.succeed_run(p_run_id, jsonb_build_object('queue_id', v_id), p_now);
  end if;
end
$$;
