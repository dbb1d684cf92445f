-- Why      cron.job_run_details says "succeeded" once a request is queued. A run of ours ends only when its outcome is known.
-- Objects  tables ops.cron_runs, ops.cron_attempts, ops.run_tokens, ops.crash_epoch, ops.scheduler_ticks, ops.collector_state.
-- Locks    New tables only. Rollback: drop them; the history of runs is lost, jobs stop until ops.fire is dropped too.

create table ops.cron_runs (
  id bigint generated always as identity primary key,
  job text not null,
  scheduled_for timestamptz not null,
  trigger text not null check (trigger in ('schedule', 'manual', 'misfire', 'queued')),
  status text not null check (
    status in ('queued', 'fired', 'delivered', 'succeeded', 'failed', 'timed_out', 'lost', 'skipped', 'cancelled')
  ),
  call_kind text check (call_kind in ('http', 'sql', 'enqueue')),
  attempt integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  fired_at timestamptz,
  delivered_at timestamptz,
  reported_at timestamptz,
  finished_at timestamptz,
  deadline timestamptz,
  next_attempt_at timestamptz,
  http_status integer,
  error_code text check (
    error_code in (
      'secret_missing', 'secret_invalid', 'url_invalid', 'extension_missing', 'http_4xx', 'http_5xx', 'http_other',
      'timeout', 'network', 'lost', 'sql_error', 'report_failed', 'not_reported', 'overlap', 'misfire',
      'definition_missing', 'definition_invalid', 'scheduler_failed', 'cancelled'
    )
  ),
  error text,
  result jsonb,
  actor text,
  definition_digest text,
  retry_of bigint,
  scheduler_run_id bigint,
  check ((finished_at is not null) = (status not in ('queued', 'fired', 'delivered')))
);
comment on table ops.cron_runs is
  'One row per run of a job, with three truths: fired, delivered (an HTTP answer arrived), reported (the function said how it went).';
comment on column ops.cron_runs.scheduled_for is 'The slot this run is for: the due minute, not the moment it started.';
comment on column ops.cron_runs.deadline is 'When the collector gives up on what the run is waiting for (answer, report or queue).';
comment on column ops.cron_runs.next_attempt_at is 'Set while the run waits to be started (queued) or tried again (fired).';
comment on column ops.cron_runs.scheduler_run_id is 'cron.job_run_details.runid, for failures the scheduler had before ops.fire could write a row.';

-- A slot runs once, whoever fires it.
create unique index cron_runs_slot on ops.cron_runs (job, scheduled_for) where trigger in ('schedule', 'misfire', 'queued');
-- queue_one: at most one waits.
create unique index cron_runs_one_queued on ops.cron_runs (job) where trigger = 'queued' and status = 'queued';
-- Overlap, and everything the collector watches: only the few runs that are not final.
create index cron_runs_open on ops.cron_runs (job) where status in ('queued', 'fired', 'delivered');
-- History of a job, newest first.
create index cron_runs_job on ops.cron_runs (job, id desc);
create unique index cron_runs_scheduler_run on ops.cron_runs (scheduler_run_id) where scheduler_run_id is not null;
select ops.restrict_table('ops.cron_runs', 'select');

create table ops.cron_attempts (
  run_id bigint not null references ops.cron_runs (id) on delete cascade,
  attempt integer not null,
  request_id bigint,
  epoch uuid,
  awaiting_response boolean not null default false,
  fired_at timestamptz not null default clock_timestamp(),
  deadline timestamptz,
  delivered_at timestamptz,
  http_status integer,
  timed_out boolean,
  error_code text,
  error text,
  response_excerpt text check (length(response_excerpt) <= 1024),
  primary key (run_id, attempt)
);
comment on table ops.cron_attempts is 'One row per try that sent a request, or that failed. A SQL job that succeeds needs none.';
comment on column ops.cron_attempts.epoch is 'ops.crash_epoch at the time; request ids of another epoch mean other requests.';
comment on column ops.cron_attempts.awaiting_response is 'True while an answer may still arrive, also for a while after the attempt counts as lost.';
create index cron_attempts_awaiting on ops.cron_attempts (request_id) where awaiting_response;
select ops.restrict_table('ops.cron_attempts', 'select');

create table ops.run_tokens (
  token_hash bytea primary key,
  run_id bigint not null references ops.cron_runs (id) on delete cascade,
  attempt integer not null,
  job text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  redeemed_at timestamptz,
  reported_at timestamptz
);
comment on table ops.run_tokens is 'One-time run tokens, as sha256 only. A token opens one job, once.';
create index run_tokens_run on ops.run_tokens (run_id, attempt);
select ops.restrict_table('ops.run_tokens');

-- Unlogged on purpose: a crash or failover empties this table together with pg_net's, whose request ids then start again.
create unlogged table ops.crash_epoch (
  singleton boolean primary key default true check (singleton),
  epoch uuid not null default gen_random_uuid()
);
comment on table ops.crash_epoch is
  'A new value after each crash. Requests of an older epoch are known to be lost, and their ids are never matched to newer answers.';
select ops.restrict_table('ops.crash_epoch');

create table ops.scheduler_ticks (
  ticked_at timestamptz primary key
);
comment on table ops.scheduler_ticks is 'One row per pass of the collector. A gap means the scheduler was away: see misfire.';
select ops.restrict_table('ops.scheduler_ticks', 'select');

create table ops.collector_state (
  singleton boolean primary key default true check (singleton),
  last_scheduler_run_id bigint not null default 0,
  unfinished_scheduler_run_ids bigint[] not null default '{}'
);
comment on table ops.collector_state is 'How far the collector has read cron.job_run_details, and which rows before that had not ended.';
select ops.restrict_table('ops.collector_state');
