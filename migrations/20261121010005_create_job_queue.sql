-- Why      A job may hand its work to a queue in the transaction that records the run. Workers come with their own migration.
-- Objects  table ops.job_queue; function ops.enqueue_job.
-- Locks    New objects only. Rollback: drop them; queued work is lost.

create table ops.job_queue (
  id uuid primary key default gen_random_uuid(),
  task_type text not null check (task_type <> ''),
  payload jsonb not null default '{}',
  status text not null default 'pending' check (status in ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  run_at timestamptz not null default now(),
  attempts integer not null default 0,
  max_attempts integer not null default 5 check (max_attempts >= 1),
  last_error text,
  run_id bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table ops.job_queue is 'Durable work. A row outlives the run that queued it.';
comment on column ops.job_queue.run_id is 'ops.cron_runs.id of the scheduled run that queued this, if any.';
create index job_queue_pending on ops.job_queue (run_at) where status = 'pending';
create index job_queue_run on ops.job_queue (run_id) where run_id is not null;
select ops.restrict_table('ops.job_queue', 'select', 'insert', 'update');

create function ops.enqueue_job(
  p_task_type text,
  p_payload jsonb default '{}',
  p_max_attempts integer default 5,
  p_run_at timestamptz default now()
)
returns uuid
language sql
set search_path = ''
as $$
  insert into ops.job_queue (task_type, payload, max_attempts, run_at)
  values (p_task_type, coalesce(p_payload, '{}'), coalesce(p_max_attempts, 5), coalesce(p_run_at, now()))
  returning id
$$;
comment on function ops.enqueue_job(text, jsonb, integer, timestamptz) is 'Queue one piece of work. Returns its id.';
select ops.restrict_function('ops.enqueue_job(text, jsonb, integer, timestamptz)', 'service_role');
