-- Why      A batch migration that fails every minute must be seen: each batch says what it moved and what not, and a card shows how
--          far it is, how fast, and whether it still lives.
-- Objects  tables ops.migration_logs, ops.migration_batches; view public.migration_logs; functions ops.sum_migration_logs (trigger),
--          ops.record_migration_log, ops.batch_progress.
-- Locks    One row of ops.migration_batches a batch. Rollback: drop the view, the functions and the tables.

create table ops.migration_logs (
  id uuid primary key default ops.new_id(),
  created_at timestamptz not null default now(),
  batch text not null check (batch <> ''),
  migrated integer not null default 0 check (migrated >= 0),
  failed integer not null default 0 check (failed >= 0),
  remaining integer not null default 0 check (remaining >= 0),
  total integer check (total >= 0),
  elapsed_s numeric not null default 0 check (elapsed_s >= 0),
  errors text[] not null default '{}',
  status text not null default 'success' check (status in ('success', 'error', 'auth_error'))
);
comment on table ops.migration_logs is 'One row per batch of a migration: on success, when it was not let in (auth_error), and when it crashed (error).';
comment on column ops.migration_logs.batch is 'The job whose batches these are.';
comment on column ops.migration_logs.remaining is 'What is left to do after this batch; believed when the batch succeeded.';
comment on column ops.migration_logs.total is 'How many there are in all, where the writer knows it.';
create index migration_logs_batch on ops.migration_logs (batch, id desc);
select ops.restrict_table('ops.migration_logs', 'select', 'insert');
select ops.allow_read('ops.migration_logs', '(select ops.is_admin())');
select ops.expose_table('ops.migration_logs', 'select', 'insert');
-- The function that writes these rows since before there were others does not say which batch it is.
alter view public.migration_logs alter column batch set default 'archive-odoo-files-batch';

create table ops.migration_batches (
  batch text primary key,
  migrated bigint not null default 0,
  failed bigint not null default 0,
  remaining integer,
  total integer,
  logs bigint not null default 0,
  last_status text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  last_success_at timestamptz,
  last_failure_at timestamptz
);
comment on table ops.migration_batches is 'Sums over ops.migration_logs, kept by its trigger: they outlive the pruning of the logs, and a card needs no scan.';
select ops.restrict_table('ops.migration_batches', 'select');
select ops.allow_read('ops.migration_batches', '(select ops.is_admin())');

-- Security definer: whoever may add a log moves the sums and the alert with it, and can do neither alone.
create function ops.sum_migration_logs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_batch record;
begin
  insert into ops.migration_batches as b (
    batch, migrated, failed, remaining, total, logs, last_status, first_at, last_at, last_success_at, last_failure_at
  )
  select l.batch, sum(l.migrated), sum(l.failed),
    (array_agg(l.remaining order by l.id desc) filter (where l.status = 'success'))[1],
    (array_agg(l.total order by l.id desc) filter (where l.total is not null))[1],
    count(*), (array_agg(l.status order by l.id desc))[1], min(l.created_at), max(l.created_at),
    max(l.created_at) filter (where l.status = 'success'), max(l.created_at) filter (where l.status <> 'success')
  from new_logs l
  group by l.batch
  order by l.batch
  on conflict (batch) do update
  set migrated = b.migrated + excluded.migrated,
      failed = b.failed + excluded.failed,
      remaining = coalesce(excluded.remaining, b.remaining),
      total = coalesce(excluded.total, b.total),
      logs = b.logs + excluded.logs,
      last_status = excluded.last_status,
      last_at = greatest(b.last_at, excluded.last_at),
      last_success_at = greatest(b.last_success_at, excluded.last_success_at),
      last_failure_at = greatest(b.last_failure_at, excluded.last_failure_at);

  for v_batch in
    select distinct on (l.batch) l.batch, l.status, l.failed, l.errors
    from new_logs l
    order by l.batch, l.id desc
  loop
    if v_batch.status = 'success' then
      perform ops.resolve_alert('migration:' || v_batch.batch);
    else
      perform ops.raise_alert(
        'migration_failed', 'migration:' || v_batch.batch,
        case v_batch.status when 'auth_error' then 'critical' else 'warning' end,
        v_batch.batch || case v_batch.status when 'auth_error' then ': it was not let in' else ': a batch failed' end,
        left(ops.redact_text(coalesce(v_batch.errors[1], 'it gave no reason')), 1000),
        jsonb_build_object('batch', v_batch.batch, 'status', v_batch.status)
      );
    end if;
  end loop;
  return null;
end
$$;
comment on function ops.sum_migration_logs() is
  'Trigger: add new logs to the sums of their batch, and raise or resolve the alert migration:<batch>.';
select ops.restrict_function('ops.sum_migration_logs()');
create trigger sum_migration_logs
  after insert on ops.migration_logs
  referencing new table as new_logs
  for each statement execute function ops.sum_migration_logs();

-- Security definer: what is written down has lost its tokens first, and only functions of the control room may look for them.
create function ops.record_migration_log(
  p_batch text,
  p_status text default 'success',
  p_migrated integer default 0,
  p_failed integer default 0,
  p_remaining integer default 0,
  p_elapsed_s numeric default 0,
  p_errors text[] default '{}',
  p_total integer default null
)
returns uuid
language sql
security definer
set search_path = ''
as $$
  insert into ops.migration_logs (batch, status, migrated, failed, remaining, elapsed_s, errors, total)
  values (
    p_batch, p_status, coalesce(p_migrated, 0), coalesce(p_failed, 0), coalesce(p_remaining, 0), coalesce(p_elapsed_s, 0),
    array(
      select left(ops.redact_text(e.error), 500)
      from unnest(p_errors) with ordinality as e (error, position)
      where e.error is not null
      order by e.position
      limit 50
    ),
    p_total
  )
  returning id
$$;
comment on function ops.record_migration_log(text, text, integer, integer, integer, numeric, text[], integer) is
  'Write down a batch: status success, error or auth_error. At most 50 errors of 500 characters are kept, without tokens. Returns the id.';
select ops.restrict_function(
  'ops.record_migration_log(text, text, integer, integer, integer, numeric, text[], integer)', 'service_role'
);

create function ops.batch_progress(p_batch text)
returns jsonb
language sql
stable
set search_path = ''
as $$
  with recent as materialized (
    select l.id, l.created_at, l.migrated, l.failed, l.status, l.errors
    from ops.migration_logs l
    where l.batch = p_batch
    order by l.id desc
    limit 30
  ), speed as (
    -- What was moved since the oldest of these logs, which itself says nothing about how long it took.
    select (sum(r.migrated) - (array_agg(r.migrated order by r.id))[1])
      / nullif(extract(epoch from max(r.created_at) - min(r.created_at))::numeric / 60, 0) as per_minute
    from recent r
    where r.created_at > now() - interval '1 hour'
  ), card as (
    select b.*,
      case when b.total is null or b.remaining is null then b.migrated else greatest(b.total - b.remaining, 0) end as done,
      coalesce(b.total, b.migrated + b.remaining) as of_all,
      b.last_at > now() - interval '2 minutes' as is_alive,
      round(s.per_minute, 2) as per_minute
    from ops.migration_batches b
    cross join speed s
    where b.batch = p_batch
  )
  select jsonb_build_object(
    'batch', c.batch,
    'total', c.of_all,
    'done', c.done,
    'failed', c.failed,
    'remaining', c.remaining,
    'percent', round(100 * c.done::numeric / nullif(c.of_all, 0), 1),
    'finished', c.remaining = 0,
    'rate_per_minute', c.per_minute,
    'eta_s', case when c.is_alive and c.remaining > 0 then round(60 * c.remaining / nullif(c.per_minute, 0)) end,
    'pulse', case when c.is_alive then 'green' else 'red' end,
    'last_status', c.last_status,
    'last_at', c.last_at,
    'last_success_at', c.last_success_at,
    'last_failure_at', c.last_failure_at,
    'recent_errors', (
      select coalesce(jsonb_agg(jsonb_build_object('at', e.created_at, 'status', e.status, 'error', e.error) order by e.id desc, e.position), '[]')
      from (
        select r.id, r.created_at, r.status, x.error, x.position
        from recent r
        cross join unnest(r.errors) with ordinality as x (error, position)
        order by r.id desc, x.position
        limit 20
      ) e
    )
  )
  from card c
$$;
comment on function ops.batch_progress(text) is
  'How far a batch migration is: total, done, failed, remaining, percent, rate_per_minute and eta_s from its last logs, pulse (green while the last log is under two minutes old, else red), last success and failure, recent errors. Null for an unknown batch, and for who is no admin.';
select ops.restrict_function('ops.batch_progress(text)', 'authenticated', 'service_role');
