-- Schema ops after all migrations. Generated; the test that compares it says how to update it.

create schema ops;
comment on schema ops is 'Ops Control Room: declared jobs, what became of their runs, alerts and the reconcile ledger.';
grant usage on schema ops to service_role;

create table ops.alerts (
  id bigint not null generated always as identity,
  kind text not null,
  dedupe_key text not null,
  severity text not null,
  title text not null,
  message text not null default ''::text,
  details jsonb not null default '{}'::jsonb,
  status text not null default 'active'::text,
  count integer not null default 1,
  first_seen_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  resolved_at timestamp with time zone,
  constraint alerts_pkey PRIMARY KEY (id),
  constraint alerts_check CHECK (((status = 'resolved'::text) = (resolved_at IS NOT NULL))),
  constraint alerts_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  constraint alerts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'acknowledged'::text, 'snoozed'::text, 'silenced'::text, 'resolved'::text])))
);
comment on table ops.alerts is 'The truth about what is wrong; GitHub issues are a projection of it.';
CREATE UNIQUE INDEX alerts_active_dedupe_key ON ops.alerts USING btree (dedupe_key) WHERE (resolved_at IS NULL);
alter table ops.alerts enable row level security;
create policy service_role_insert on ops.alerts for insert to service_role with check (true);
create policy service_role_select on ops.alerts for select to service_role using (true);
create policy service_role_update on ops.alerts for update to service_role using (true) with check (true);
grant insert, select, update on table ops.alerts to service_role;

create table ops.collector_state (
  singleton boolean not null default true,
  last_scheduler_run_id bigint not null default 0,
  unfinished_scheduler_run_ids bigint[] not null default '{}'::bigint[],
  constraint collector_state_pkey PRIMARY KEY (singleton),
  constraint collector_state_singleton_check CHECK (singleton)
);
comment on table ops.collector_state is 'How far the collector has read cron.job_run_details, and which rows before that had not ended.';
alter table ops.collector_state enable row level security;

create unlogged table ops.crash_epoch (
  singleton boolean not null default true,
  epoch uuid not null default gen_random_uuid(),
  constraint crash_epoch_pkey PRIMARY KEY (singleton),
  constraint crash_epoch_singleton_check CHECK (singleton)
);
comment on table ops.crash_epoch is 'A new value after each crash. Requests of an older epoch are known to be lost, and their ids are never matched to newer answers.';
alter table ops.crash_epoch enable row level security;

create table ops.cron_attempts (
  run_id bigint not null,
  attempt integer not null,
  request_id bigint,
  epoch uuid,
  awaiting_response boolean not null default false,
  fired_at timestamp with time zone not null default clock_timestamp(),
  deadline timestamp with time zone,
  delivered_at timestamp with time zone,
  http_status integer,
  timed_out boolean,
  error_code text,
  error text,
  response_excerpt text,
  constraint cron_attempts_pkey PRIMARY KEY (run_id, attempt),
  constraint cron_attempts_response_excerpt_check CHECK ((length(response_excerpt) <= 1024)),
  constraint cron_attempts_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.cron_runs(id) ON DELETE CASCADE
);
comment on table ops.cron_attempts is 'One row per try that sent a request, or that failed. A SQL job that succeeds needs none.';
comment on column ops.cron_attempts.epoch is 'ops.crash_epoch at the time; request ids of another epoch mean other requests.';
comment on column ops.cron_attempts.awaiting_response is 'True while an answer may still arrive, also for a while after the attempt counts as lost.';
CREATE INDEX cron_attempts_awaiting ON ops.cron_attempts USING btree (request_id) WHERE awaiting_response;
alter table ops.cron_attempts enable row level security;
create policy service_role_select on ops.cron_attempts for select to service_role using (true);
grant select on table ops.cron_attempts to service_role;

create table ops.cron_runs (
  id bigint not null generated always as identity,
  job text not null,
  scheduled_for timestamp with time zone not null,
  trigger text not null,
  status text not null,
  call_kind text,
  attempt integer not null default 0,
  created_at timestamp with time zone not null default clock_timestamp(),
  fired_at timestamp with time zone,
  delivered_at timestamp with time zone,
  reported_at timestamp with time zone,
  finished_at timestamp with time zone,
  deadline timestamp with time zone,
  next_attempt_at timestamp with time zone,
  http_status integer,
  error_code text,
  error text,
  result jsonb,
  actor text,
  definition_digest text,
  retry_of bigint,
  scheduler_run_id bigint,
  constraint cron_runs_pkey PRIMARY KEY (id),
  constraint cron_runs_call_kind_check CHECK ((call_kind = ANY (ARRAY['http'::text, 'sql'::text, 'enqueue'::text]))),
  constraint cron_runs_check CHECK (((finished_at IS NOT NULL) = (status <> ALL (ARRAY['queued'::text, 'fired'::text, 'delivered'::text])))),
  constraint cron_runs_error_code_check CHECK ((error_code = ANY (ARRAY['secret_missing'::text, 'secret_invalid'::text, 'url_invalid'::text, 'extension_missing'::text, 'http_4xx'::text, 'http_5xx'::text, 'http_other'::text, 'timeout'::text, 'network'::text, 'lost'::text, 'sql_error'::text, 'report_failed'::text, 'not_reported'::text, 'overlap'::text, 'misfire'::text, 'definition_missing'::text, 'definition_invalid'::text, 'scheduler_failed'::text, 'cancelled'::text]))),
  constraint cron_runs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'fired'::text, 'delivered'::text, 'succeeded'::text, 'failed'::text, 'timed_out'::text, 'lost'::text, 'skipped'::text, 'cancelled'::text]))),
  constraint cron_runs_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'misfire'::text, 'queued'::text])))
);
comment on table ops.cron_runs is 'One row per run of a job, with three truths: fired, delivered (an HTTP answer arrived), reported (the function said how it went).';
comment on column ops.cron_runs.scheduled_for is 'The slot this run is for: the due minute, not the moment it started.';
comment on column ops.cron_runs.deadline is 'When the collector gives up on what the run is waiting for (answer, report or queue).';
comment on column ops.cron_runs.next_attempt_at is 'Set while the run waits to be started (queued) or tried again (fired).';
comment on column ops.cron_runs.scheduler_run_id is 'cron.job_run_details.runid, for failures the scheduler had before ops.fire could write a row.';
CREATE INDEX cron_runs_job ON ops.cron_runs USING btree (job, id DESC);
CREATE UNIQUE INDEX cron_runs_one_queued ON ops.cron_runs USING btree (job) WHERE ((trigger = 'queued'::text) AND (status = 'queued'::text));
CREATE INDEX cron_runs_open ON ops.cron_runs USING btree (job) WHERE (status = ANY (ARRAY['queued'::text, 'fired'::text, 'delivered'::text]));
CREATE UNIQUE INDEX cron_runs_scheduler_run ON ops.cron_runs USING btree (scheduler_run_id) WHERE (scheduler_run_id IS NOT NULL);
CREATE UNIQUE INDEX cron_runs_slot ON ops.cron_runs USING btree (job, scheduled_for) WHERE (trigger = ANY (ARRAY['schedule'::text, 'misfire'::text, 'queued'::text]));
alter table ops.cron_runs enable row level security;
create policy service_role_select on ops.cron_runs for select to service_role using (true);
grant select on table ops.cron_runs to service_role;

create table ops.job_definitions (
  name text not null,
  definition jsonb not null,
  digest text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint job_definitions_pkey PRIMARY KEY (name),
  constraint job_definitions_definition_check CHECK ((jsonb_typeof(definition) = 'object'::text)),
  constraint job_definitions_name_check CHECK ((name <> ''::text))
);
comment on table ops.job_definitions is 'What each declared job does, compiled from runbooks/cron by reconcile. Holds names of Vault secrets, never values.';
comment on column ops.job_definitions.created_at is 'A slot before this moment was never missed: the job did not exist yet.';
alter table ops.job_definitions enable row level security;
create policy service_role_select on ops.job_definitions for select to service_role using (true);
grant select on table ops.job_definitions to service_role;

create table ops.job_queue (
  id uuid not null default gen_random_uuid(),
  task_type text not null,
  payload jsonb not null default '{}'::jsonb,
  status text not null default 'pending'::text,
  run_at timestamp with time zone not null default now(),
  attempts integer not null default 0,
  max_attempts integer not null default 5,
  last_error text,
  run_id bigint,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint job_queue_pkey PRIMARY KEY (id),
  constraint job_queue_max_attempts_check CHECK ((max_attempts >= 1)),
  constraint job_queue_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text]))),
  constraint job_queue_task_type_check CHECK ((task_type <> ''::text))
);
comment on table ops.job_queue is 'Durable work. A row outlives the run that queued it.';
comment on column ops.job_queue.run_id is 'ops.cron_runs.id of the scheduled run that queued this, if any.';
CREATE INDEX job_queue_ended ON ops.job_queue USING btree (updated_at) WHERE (status = 'succeeded'::text);
CREATE INDEX job_queue_pending ON ops.job_queue USING btree (run_at) WHERE (status = 'pending'::text);
CREATE INDEX job_queue_run ON ops.job_queue USING btree (run_id) WHERE (run_id IS NOT NULL);
alter table ops.job_queue enable row level security;
create policy service_role_insert on ops.job_queue for insert to service_role with check (true);
create policy service_role_select on ops.job_queue for select to service_role using (true);
create policy service_role_update on ops.job_queue for update to service_role using (true) with check (true);
grant insert, select, update on table ops.job_queue to service_role;

create table ops.managed_objects (
  kind text not null,
  name text not null,
  digest text not null,
  applied jsonb not null default '{}'::jsonb,
  source_path text,
  commit_sha text,
  reconciliation_id bigint,
  applied_at timestamp with time zone not null default now(),
  constraint managed_objects_pkey PRIMARY KEY (kind, name)
);
comment on table ops.managed_objects is 'Ledger of what reconcile made. Prune is this list minus the declared one; anything not listed is never touched.';
comment on column ops.managed_objects.applied is 'The fields last applied, to tell drift from a changed declaration. Never a secret value.';
alter table ops.managed_objects enable row level security;
create policy service_role_select on ops.managed_objects for select to service_role using (true);
grant select on table ops.managed_objects to service_role;

create table ops.reconciliations (
  id bigint not null generated always as identity,
  environment text not null,
  actor text not null,
  commit_sha text,
  run_url text,
  plan_digest text,
  counts jsonb not null default '{}'::jsonb,
  result text not null,
  error text,
  started_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  duration_ms integer,
  constraint reconciliations_pkey PRIMARY KEY (id),
  constraint reconciliations_result_check CHECK ((result = ANY (ARRAY['applied'::text, 'nothing_to_do'::text, 'blocked'::text, 'plan_moved'::text, 'deletion_guard'::text, 'locked'::text, 'connection_lost'::text, 'failed'::text])))
);
comment on table ops.reconciliations is 'Audit: one row per apply, written in the transaction it describes. Who, which commit, which plan, how it ended.';
alter table ops.reconciliations enable row level security;
create policy service_role_select on ops.reconciliations for select to service_role using (true);
grant select on table ops.reconciliations to service_role;

create table ops.run_tokens (
  token_hash bytea not null,
  run_id bigint not null,
  attempt integer not null,
  job text not null,
  created_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  redeemed_at timestamp with time zone,
  reported_at timestamp with time zone,
  constraint run_tokens_pkey PRIMARY KEY (token_hash),
  constraint run_tokens_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.cron_runs(id) ON DELETE CASCADE
);
comment on table ops.run_tokens is 'One-time run tokens, as sha256 only. A token opens one job, once.';
CREATE INDEX run_tokens_run ON ops.run_tokens USING btree (run_id, attempt);
alter table ops.run_tokens enable row level security;

create table ops.scheduler_ticks (
  ticked_at timestamp with time zone not null,
  constraint scheduler_ticks_pkey PRIMARY KEY (ticked_at)
);
comment on table ops.scheduler_ticks is 'One row per pass of the collector. A gap means the scheduler was away: see misfire.';
alter table ops.scheduler_ticks enable row level security;
create policy service_role_select on ops.scheduler_ticks for select to service_role using (true);
grant select on table ops.scheduler_ticks to service_role;

CREATE OR REPLACE FUNCTION ops.admit_run(p_job text, p_definition jsonb, p_digest text, p_slot timestamp with time zone, p_trigger text, p_actor text, p_now timestamp with time zone, OUT run_id bigint, OUT verdict text)
 RETURNS record
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_overlap text := coalesce(p_definition ->> 'overlap', 'skip');
  v_kind text := p_definition #>> '{call,kind}';
  v_is_free boolean;
  v_is_open boolean;
  v_is_busy boolean;
begin
  if v_kind not in ('http', 'sql', 'enqueue') then
    v_kind := null;
  end if;
  -- Another session at this very slot may hold its row uncommitted for minutes (SQL jobs): do not wait for it.
  if p_trigger <> 'manual' and (
    not ops.try_lock('slot', ops.slot_key(p_job, p_slot))
    or exists (
      select from ops.cron_runs r
      where r.job = p_job and r.scheduled_for = p_slot and r.trigger in ('schedule', 'misfire', 'queued')
    )
  ) then
    verdict := 'duplicate';
    return;
  end if;

  v_is_free := v_overlap = 'allow';
  if not v_is_free and ops.try_lock('job', p_job) then
    -- A run the collector should have ended a quarter of an hour ago says nothing about its job, only about the collector.
    select count(*) > 0, coalesce(bool_or(w.since > p_now - interval '15 minutes'), false)
    into v_is_open, v_is_busy
    from ops.cron_runs r
    cross join lateral (select coalesce(r.deadline, r.next_attempt_at, r.created_at) as since) w
    where r.job = p_job and r.status in ('queued', 'fired', 'delivered');
    v_is_free := not v_is_busy;
    if v_is_open and v_is_free then
      perform ops.raise_alert(
        'collector', 'collector:silent', 'critical', 'Runs are not being followed',
        'A run of ' || p_job || ' is long past its deadline and nobody ended it: is the job ops_collect scheduled, active and well?',
        jsonb_build_object('job', p_job)
      );
    end if;
  end if;

  if v_is_free then
    verdict := 'start';
    insert into ops.cron_runs (
      job, scheduled_for, trigger, status, call_kind, attempt, created_at, fired_at, actor, definition_digest
    )
    values (p_job, p_slot, p_trigger, 'fired', v_kind, 1, p_now, p_now, p_actor, p_digest)
    on conflict do nothing
    returning id into run_id;
  else
    if v_overlap = 'queue_one' then
      verdict := 'queued';
      insert into ops.cron_runs (
        job, scheduled_for, trigger, status, call_kind, created_at, next_attempt_at, actor, definition_digest
      )
      values (p_job, p_slot, 'queued', 'queued', v_kind, p_now, p_now, p_actor, p_digest)
      on conflict do nothing
      returning id into run_id;
    end if;
    if run_id is null then
      verdict := 'skipped';
      insert into ops.cron_runs (
        job, scheduled_for, trigger, status, call_kind, created_at, finished_at, error_code, error, actor, definition_digest
      )
      values (
        p_job, p_slot, p_trigger, 'skipped', v_kind, p_now, p_now, 'overlap',
        'overlap - the run before it has not ended' || case v_overlap when 'queue_one' then ' and one is waiting' else '' end,
        p_actor, p_digest
      )
      on conflict do nothing
      returning id into run_id;
    end if;
  end if;
  if run_id is null then
    verdict := 'duplicate';
  end if;
end
$function$;
comment on function ops.admit_run(text,jsonb,text,timestamp with time zone,text,text,timestamp with time zone) is 'Write the row of a run and say what to do with it: start, queued, skipped (overlap), or duplicate (this slot has one already).';

CREATE OR REPLACE FUNCTION ops.build_headers(p_call jsonb, OUT headers jsonb, OUT wants_token boolean, OUT problem text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_auth jsonb;
  v_value text;
begin
  wants_token := false;
  headers := coalesce(p_call -> 'headers', '{}');
  -- pg_net refuses two content types and knows one.
  if not exists (select from jsonb_object_keys(headers) as h (key) where lower(h.key) = 'content-type') then
    headers := headers || '{"Content-Type": "application/json"}';
  end if;
  for v_auth in
    select a.value from jsonb_array_elements(coalesce(p_call -> 'auth', '[]')) as a (value)
  loop
    if v_auth ->> 'kind' = 'run_token' then
      wants_token := true;
      continue;
    end if;
    select s.value, s.problem into v_value, problem from ops.read_secret(v_auth ->> 'secret') s;
    if problem is null and v_auth ->> 'kind' in ('bearer', 'apikey') and v_value ~ '\s' then
      problem := 'secret_invalid:' || (v_auth ->> 'secret');
    end if;
    if problem is not null then
      headers := null;
      return;
    end if;
    headers := headers || case v_auth ->> 'kind'
      when 'bearer' then jsonb_build_object('Authorization', 'Bearer ' || v_value)
      when 'apikey' then jsonb_build_object('apikey', v_value)
      when 'header' then jsonb_build_object(v_auth ->> 'header', v_value)
    end;
  end loop;
  -- An unknown kind of authentication must not become a request without any.
  if headers is null then
    problem := 'definition_invalid:call.auth';
  end if;
end
$function$;
comment on function ops.build_headers(jsonb) is 'The headers of a call with its secrets, or why they cannot be built. A missing secret never becomes a request without it.';

CREATE OR REPLACE FUNCTION ops.build_url(p_call jsonb, OUT url text, OUT problem text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_secret text := p_call ->> 'url_secret';
begin
  if v_secret is null then
    url := p_call ->> 'url';
  else
    select s.value, s.problem into url, problem from ops.read_secret(v_secret) s;
    if problem is not null then
      return;
    end if;
    if url ~ '\s' then
      problem := 'secret_invalid:' || v_secret;
    end if;
  end if;
  if problem is null and (url is null or url !~* '^https?://[^\s/?#]') then
    problem := 'url_invalid:' || coalesce(v_secret, 'call.url');
  end if;
  if problem is not null then
    url := null;
  elsif v_secret is not null then
    url := rtrim(url, '/') || coalesce('/' || ltrim(p_call ->> 'path', '/'), '');
  end if;
end
$function$;
comment on function ops.build_url(jsonb) is 'Where a call goes, or why that cannot be said (names the secret, never its value).';

CREATE OR REPLACE FUNCTION ops.cancel_overdue_sql(p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_pid integer;
  v_count integer := 0;
begin
  for v_pid in
    select l.pid
    from ops.list_running() l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid and a.usename = current_user
    where l.deadline < p_now - interval '5 seconds' and l.pid <> pg_backend_pid()
  loop
    if pg_cancel_backend(v_pid) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$function$;
comment on function ops.cancel_overdue_sql(timestamp with time zone) is 'Cancel SQL jobs past their timeout; ops.execute_sql then records timed_out. The second net under statement_timeout.';

CREATE OR REPLACE FUNCTION ops.cancel_run(p_run_id bigint, p_actor text DEFAULT NULL::text, p_reason text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
  update ops.job_queue
  set status = 'cancelled', updated_at = now()
  where run_id = p_run_id and status = 'pending';
  update ops.cron_runs
  set status = 'cancelled', finished_at = clock_timestamp(), next_attempt_at = null, deadline = null,
      error_code = 'cancelled',
      error = left(concat_ws(': ', 'cancelled - by ' || coalesce(p_actor, session_user), ops.redact_text(p_reason)), 1000)
  where id = p_run_id;
  return true;
end
$function$;
comment on function ops.cancel_run(bigint,text,text) is 'End a run that has not ended: nothing is tried again, a request not yet sent is taken back. False when it had ended. For running SQL see ops.cancel_running.';
grant execute on function ops.cancel_run(bigint,text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.cancel_running(p_job text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_pid integer;
  v_count integer := 0;
begin
  for v_pid in
    select l.pid
    from ops.list_running() l
    join pg_catalog.pg_stat_activity a on a.pid = l.pid and a.usename = current_user
    where starts_with(p_job, l.job) and l.job <> '' and l.pid <> pg_backend_pid()
  loop
    if pg_cancel_backend(v_pid) then
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$function$;
comment on function ops.cancel_running(text) is 'Cancel the running SQL of a job; its run then ends as cancelled. Returns how many were told.';

CREATE OR REPLACE FUNCTION ops.collect(p_now timestamp with time zone DEFAULT clock_timestamp(), p_limit integer DEFAULT 5000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_last_tick timestamptz;
  v_step text;
  v_count integer;
  v_done jsonb := '{}';
begin
  if not ops.try_lock('collector', '') then
    return '{"busy": true}';
  end if;
  v_last_tick := ops.record_tick(p_now);
  perform ops.resolve_alert('collector:silent');
  foreach v_step in array array[
    'cancel_overdue_sql', 'responses', 'lost', 'queued_work', 'unreported', 'scheduler_failures', 'misfires', 'started',
    'overdue_sql'
  ] loop
    v_count := ops.collect_step(v_step, v_last_tick, p_now, p_limit);
    v_done := v_done || jsonb_build_object(v_step, v_count);
    if v_count is not null then
      perform ops.resolve_alert('collector:' || v_step);
    end if;
  end loop;
  return v_done;
end
$function$;
comment on function ops.collect(timestamp with time zone,integer) is 'Turn answers, silence, reports, queued work and scheduler failures into outcomes; start what waits. Bounded per call; returns counts per step, null for a step that failed.';

CREATE OR REPLACE FUNCTION ops.collect_lost(p_now timestamp with time zone, p_limit integer)
 RETURNS text[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch uuid := ops.current_epoch();
  v_stuck_after interval := interval '10 minutes';
  v_jobs text[] := '{}';
  v_silent record;
  v_unsent boolean;
begin
  -- Answers are kept for six hours; nothing can arrive later.
  update ops.cron_attempts
  set awaiting_response = false
  where awaiting_response and error_code is not null and fired_at < p_now - interval '6 hours';

  if to_regclass('net.http_request_queue') is null then
    v_epoch := null;
  end if;

  for v_silent in
    select a.run_id, a.attempt, a.request_id, a.deadline, a.epoch is distinct from v_epoch as crashed,
      r.job, t.redeemed_at,
      r.attempt = a.attempt and r.status = 'fired' and r.next_attempt_at is null as is_waiting,
      coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report,
      ops.report_deadline(d.definition, r.fired_at) as report_deadline
    from ops.cron_attempts a
    join ops.cron_runs r on r.id = a.run_id
    left join ops.job_definitions d on d.name = r.job
    left join ops.run_tokens t on t.run_id = a.run_id and t.attempt = a.attempt
    where a.awaiting_response and a.error_code is null and (a.deadline < p_now or a.epoch is distinct from v_epoch)
    order by a.deadline
    limit p_limit
    for update of r skip locked
  loop
    v_unsent := false;
    if not v_silent.crashed then
      if v_silent.deadline < p_now - v_stuck_after then
        -- Still unsent this late: take the request back, unless pg_net is sending it right now.
        delete from net.http_request_queue q
        where q.id in (
          select w.id from net.http_request_queue w where w.id = v_silent.request_id for update skip locked
        );
        v_unsent := found;
      end if;
      if not v_unsent and exists (select from net.http_request_queue q where q.id = v_silent.request_id) then
        continue;
      end if;
    end if;

    update ops.cron_attempts
    set error_code = case when v_unsent then 'timeout' else 'lost' end,
        error = 'no answer',
        awaiting_response = not (v_silent.crashed or v_unsent)
    where run_id = v_silent.run_id and attempt = v_silent.attempt;

    if not v_silent.is_waiting then
      continue;
    end if;
    if v_silent.must_report and v_silent.redeemed_at is not null then
      -- It arrived, for its token was used: wait for its own word.
      update ops.cron_runs
      set status = 'delivered', delivered_at = v_silent.redeemed_at, deadline = v_silent.report_deadline
      where id = v_silent.run_id;
    elsif v_unsent then
      perform ops.fail_run(
        v_silent.run_id, 'timeout',
        'timeout - pg_net never sent the request; its worker is stuck or dead: select net.worker_restart()', p_now
      );
    elsif v_silent.crashed then
      perform ops.fail_run(
        v_silent.run_id, 'lost',
        'lost - the server crashed or failed over before the answer came, and pg_net keeps nothing through that', p_now
      );
    else
      perform ops.fail_run(v_silent.run_id, 'lost', 'lost - the request left the queue of pg_net and no answer came', p_now);
    end if;
    v_jobs := v_jobs || v_silent.job;
  end loop;
  return v_jobs;
end
$function$;
comment on function ops.collect_lost(timestamp with time zone,integer) is 'End or retry runs whose answer will not come: lost in a crash, lost after the deadline, or never sent. Returns the jobs concerned.';

CREATE OR REPLACE FUNCTION ops.collect_queued_work(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_done record;
  v_count integer := 0;
begin
  for v_done in
    select r.id, q.status, q.last_error
    from ops.cron_runs r
    join ops.job_queue q on q.run_id = r.id
    where r.status in ('queued', 'fired', 'delivered') -- as in the index
      and r.status = 'fired'
      and r.call_kind = 'enqueue'
      and q.status in ('succeeded', 'failed', 'cancelled')
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
$function$;
comment on function ops.collect_queued_work(timestamp with time zone,integer) is 'Carry the outcome of queued work over to the runs that wait for it. Returns how many.';

CREATE OR REPLACE FUNCTION ops.collect_responses(p_now timestamp with time zone, p_limit integer)
 RETURNS text[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch uuid := ops.current_epoch();
  v_jobs text[];
begin
  if to_regclass('net._http_response') is null
    or not exists (select from ops.cron_attempts a where a.awaiting_response)
  then
    return '{}';
  end if;

  with open_attempts as materialized (
    -- Ids start again after a crash: an id means the newest attempt of this epoch that has it.
    select distinct on (a.request_id) a.run_id, a.attempt, a.request_id, a.fired_at
    from ops.cron_attempts a
    where a.awaiting_response and a.epoch = v_epoch
    order by a.request_id, a.fired_at desc
  ), answers as materialized (
    select distinct on (o.run_id, o.attempt)
      o.run_id, o.attempt, greatest(h.created, o.fired_at) as delivered_at, h.status_code, h.timed_out, h.error_msg,
      left(h.content, 20000) as content,
      ops.response_error(h.status_code, h.timed_out, h.error_msg) as error_code
    from open_attempts o
    join net._http_response h on h.id = o.request_id and h.created >= o.fired_at - interval '1 minute'
    where h.created >= (select min(fired_at) from open_attempts) - interval '1 minute'
    order by o.run_id, o.attempt, h.created
    limit p_limit
  ), judged as materialized (
    select n.*, r.status, r.job,
      coalesce((d.definition #>> '{expect,report}')::boolean, false) as must_report,
      ops.report_deadline(d.definition, r.fired_at) as report_deadline,
      t.redeemed_at,
      case when n.error_code is not null and r.status = 'fired'
        then ops.retry_delay(d.definition, n.attempt, n.error_code, n.status_code) end as retry_delay,
      left(ops.redact_values(n.content, ops.secret_names(d.definition)), 1000) as excerpt,
      case n.error_code
        when 'network' then 'network - ' || left(ops.redact_text(n.error_msg), 500)
        when 'timeout' then 'timeout - ' || left(ops.redact_text(coalesce(n.error_msg, 'no answer in time')), 500)
        else n.error_code || ' - the answer was HTTP ' || coalesce(n.status_code::text, 'without a status')
      end as error
    from answers n
    join ops.cron_runs r on r.id = n.run_id
    left join ops.job_definitions d on d.name = r.job
    left join ops.run_tokens t on t.run_id = n.run_id and t.attempt = n.attempt
    -- The order of locks everywhere: run, then attempt.
    for update of r
  ), attempts as (
    update ops.cron_attempts a
    set awaiting_response = false, delivered_at = j.delivered_at, http_status = j.status_code, timed_out = j.timed_out,
        error_code = j.error_code, error = j.error, response_excerpt = j.excerpt
    from judged j
    where a.run_id = j.run_id and a.attempt = j.attempt
  ), runs as (
    update ops.cron_runs r
    set status = o.status,
        delivered_at = case when j.error_code is null or j.status_code is not null then j.delivered_at else j.redeemed_at end,
        http_status = j.status_code,
        deadline = case when o.status = 'delivered' then j.report_deadline end,
        next_attempt_at = case when o.status = 'fired' then p_now + j.retry_delay end,
        finished_at = case when o.status not in ('fired', 'delivered') then p_now end,
        error_code = case when o.status not in ('succeeded', 'delivered') then j.error_code end,
        error = case when o.status not in ('succeeded', 'delivered') then j.error end
    from judged j
    cross join lateral (
      select case
        when j.error_code is null and j.must_report then 'delivered'
        when j.error_code is null then 'succeeded'
        -- The function took its token, so it runs; it may outlive the request and report.
        when j.error_code in ('timeout', 'network') and j.must_report and j.redeemed_at is not null then 'delivered'
        when j.retry_delay is not null then 'fired'
        else ops.final_status(j.error_code)
      end as status
    ) o
    where r.id = j.run_id
      and r.attempt = j.attempt
      -- "lost" means we did not know; a late answer to the last try says so after all, but starts nothing again.
      and (
        (r.status = 'fired' and r.next_attempt_at is null)
        or (r.status = 'lost' and o.status not in ('fired', 'delivered'))
      )
    returning r.job
  )
  select coalesce(array_agg(distinct runs.job), '{}') into v_jobs from runs;

  return v_jobs;
end
$function$;
comment on function ops.collect_responses(timestamp with time zone,integer) is 'Join new answers of pg_net to their runs: delivered, succeeded, failed, timed_out, or a retry to come. Returns the jobs concerned.';

CREATE OR REPLACE FUNCTION ops.collect_scheduler_failures(p_now timestamp with time zone, p_limit integer)
 RETURNS text[]
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_seen bigint;
  v_upto bigint;
  v_unfinished bigint[];
  v_jobs text[];
begin
  if to_regclass('cron.job_run_details') is null then
    return '{}';
  end if;
  -- A database with years of history starts near its end.
  if not exists (select from ops.collector_state) then
    insert into ops.collector_state (last_scheduler_run_id)
    select greatest(coalesce(max(c.runid), 0) - 1000, 0) from cron.job_run_details c
    on conflict do nothing;
  end if;
  select s.last_scheduler_run_id, s.unfinished_scheduler_run_ids into v_seen, v_unfinished from ops.collector_state s;

  with batch as materialized (
    (
      select c.runid, c.command, c.status, c.return_message, c.start_time, c.end_time
      from cron.job_run_details c
      where c.runid > v_seen
      order by c.runid
      limit p_limit
    )
    union all
    select c.runid, c.command, c.status, c.return_message, c.start_time, c.end_time
    from cron.job_run_details c
    where c.runid = any (v_unfinished)
  ), failures as (
    select b.runid, f.job, d.definition,
      coalesce(b.start_time, b.end_time, p_now) as at,
      coalesce(b.end_time, b.start_time, p_now) as until,
      left('scheduler_failed - ' || ops.redact_text(rtrim(split_part(coalesce(b.return_message, 'no message'), 'CONTEXT:', 1))), 500)
        as error
    from batch b
    cross join lateral (select ops.fired_job(b.command) as job) f
    join ops.job_definitions d on d.name = f.job
    where b.status = 'failed'
  ), missed as (
    select f.*, coalesce(s.slot, case when f.definition #>> '{schedule,kind}' <> 'cron' then date_trunc('second', f.at) end) as slot
    from failures f
    left join lateral ops.known_slots(f.definition, f.at - interval '29 minutes', f.at, 1) as s (slot) on true
    where not exists (
      select from ops.cron_runs r
      where r.job = f.job
        and r.trigger in ('schedule', 'queued')
        and r.created_at between f.at - interval '1 second' and f.until + interval '1 second'
    )
  ), recorded as (
    insert into ops.cron_runs (
      job, scheduled_for, trigger, status, call_kind, created_at, finished_at, error_code, error, scheduler_run_id
    )
    select m.job, m.slot, 'schedule', 'failed', m.definition #>> '{call,kind}', m.at, p_now, 'scheduler_failed', m.error, m.runid
    from missed m
    where m.slot is not null
      -- Somebody is running it after all, uncommitted; inserting would wait for that to end.
      and not ops.is_slot_running(m.job, m.slot)
    on conflict do nothing
    returning job
  )
  select
    (select coalesce(array_agg(distinct job), '{}') from recorded),
    (select max(b.runid) from batch b),
    -- Some rows stay "connecting" for ever, so only the newest are asked again.
    (
      select coalesce(array_agg(u.runid), '{}')
      from (
        select b.runid from batch b where b.status not in ('succeeded', 'failed') order by b.runid desc limit 1000
      ) u
    )
  into v_jobs, v_upto, v_unfinished;

  update ops.collector_state
  set last_scheduler_run_id = greatest(last_scheduler_run_id, v_upto), unfinished_scheduler_run_ids = v_unfinished
  where singleton;
  return v_jobs;
end
$function$;
comment on function ops.collect_scheduler_failures(timestamp with time zone,integer) is 'Write a failed run (scheduler_failed) for each command of ours that pg_cron could not run at all. Returns the jobs concerned.';

CREATE OR REPLACE FUNCTION ops.collect_step(p_step text, p_last_tick timestamp with time zone, p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_jobs text[];
  v_state text;
  v_message text;
begin
  begin
    case p_step
      when 'cancel_overdue_sql' then
        return ops.cancel_overdue_sql(p_now);
      when 'responses' then
        v_jobs := ops.collect_responses(p_now, p_limit);
        perform ops.judge_jobs(v_jobs);
        return cardinality(v_jobs);
      when 'lost' then
        return cardinality(ops.collect_lost(p_now, p_limit));
      when 'queued_work' then
        return ops.collect_queued_work(p_now, p_limit);
      when 'unreported' then
        return ops.collect_unreported(p_now, p_limit);
      when 'scheduler_failures' then
        v_jobs := ops.collect_scheduler_failures(p_now, p_limit * 10);
        perform ops.judge_jobs(v_jobs);
        return cardinality(v_jobs);
      when 'misfires' then
        return ops.queue_misfires(p_last_tick, p_now);
      when 'started' then
        -- Each holds an advisory lock until the end, and the lock table of a small server has a few thousand places.
        return ops.start_waiting(array['http', 'enqueue'], least(p_limit, 1000), interval '20 seconds', p_now);
      when 'overdue_sql' then
        -- Somebody else's work (ops.run_pending_sql); done here only when nobody does it.
        return ops.start_waiting(array['sql'], 1, interval '1 second', p_now, null, interval '5 minutes');
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  perform ops.raise_alert(
    'collector', 'collector:' || p_step, 'critical', 'The collector fails at ' || p_step,
    left(format('%s %s', v_state, ops.redact_text(v_message)), 1000),
    jsonb_build_object('step', p_step, 'sqlstate', v_state)
  );
  return null;
end
$function$;
comment on function ops.collect_step(text,timestamp with time zone,timestamp with time zone,integer) is 'One step of the collector. A step that fails raises an alert, is undone alone, and leaves the others to go on (returns null).';

CREATE OR REPLACE FUNCTION ops.collect_unreported(p_now timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_id bigint;
  v_count integer := 0;
begin
  for v_id in
    select r.id
    from ops.cron_runs r
    where r.status in ('queued', 'fired', 'delivered')
      and (r.status = 'delivered' or (r.status = 'fired' and r.call_kind = 'enqueue'))
      and r.deadline < p_now
    order by r.deadline
    limit p_limit
    for update skip locked
  loop
    v_count := v_count + 1;
    perform ops.fail_run(
      v_id, 'not_reported', 'not_reported - the call arrived and nobody said how it went before the deadline', p_now
    );
  end loop;
  return v_count;
end
$function$;
comment on function ops.collect_unreported(timestamp with time zone,integer) is 'Fail runs that promised a report and did not give one in time. Returns how many.';

CREATE OR REPLACE FUNCTION ops.current_epoch()
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_epoch uuid;
begin
  select e.epoch into v_epoch from ops.crash_epoch e;
  if not found then
    insert into ops.crash_epoch default values on conflict do nothing;
    select e.epoch into v_epoch from ops.crash_epoch e;
  end if;
  return v_epoch;
end
$function$;
comment on function ops.current_epoch() is 'The epoch since the last crash, starting one when the crash emptied the table.';

CREATE OR REPLACE FUNCTION ops.due_slots(p_definition jsonb, p_after timestamp with time zone, p_until timestamp with time zone, p_limit integer)
 RETURNS SETOF timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_hours bigint := (p_definition #>> '{schedule,match,hours}')::bigint;
  v_zone text := coalesce(p_definition #>> '{schedule,timezone}', 'UTC');
  v_at timestamptz := date_trunc('minute', p_until);
  v_local timestamp;
  v_found integer := 0;
begin
  if p_definition #>> '{schedule,kind}' is distinct from 'cron' then
    return;
  end if;
  while v_at > p_after and v_found < p_limit loop
    v_local := v_at at time zone v_zone;
    -- An hour the schedule never names is skipped whole, unless the clocks changed near it.
    if (v_hours >> extract(hour from v_local)::integer) & 1 = 0
      and (v_zone = 'UTC' or (v_at - interval '4 hours') at time zone v_zone = v_local - interval '4 hours')
    then
      v_at := v_at - make_interval(mins => extract(minute from v_local)::integer + 1);
      continue;
    end if;
    if ops.is_due(p_definition, v_at) then
      v_found := v_found + 1;
      return next v_at;
    end if;
    v_at := v_at - interval '1 minute';
  end loop;
end
$function$;
comment on function ops.due_slots(jsonb,timestamp with time zone,timestamp with time zone,integer) is 'The due minutes after p_after up to and including p_until, newest first, at most p_limit. Nothing for intervals.';
grant execute on function ops.due_slots(jsonb,timestamp with time zone,timestamp with time zone,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.enqueue_call(p_run_id bigint, p_definition jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_call jsonb := p_definition -> 'call';
  v_id uuid;
begin
  insert into ops.job_queue (task_type, payload, max_attempts, run_at, run_id)
  values (
    v_call ->> 'task_type', coalesce(v_call -> 'payload', '{}'), coalesce((v_call ->> 'max_attempts')::integer, 5), p_now, p_run_id
  )
  returning id into v_id;
  if coalesce((v_call ->> 'await_report')::boolean, false) then
    update ops.cron_runs
    set status = 'fired', deadline = ops.report_deadline(p_definition, p_now), result = jsonb_build_object('queue_id', v_id)
    where id = p_run_id;
  else
    perform ops.succeed_run(p_run_id, jsonb_build_object('queue_id', v_id), p_now);
  end if;
end
$function$;
comment on function ops.enqueue_call(bigint,jsonb,timestamp with time zone) is 'Queue the work of a run in this transaction.';

CREATE OR REPLACE FUNCTION ops.enqueue_job(p_task_type text, p_payload jsonb DEFAULT '{}'::jsonb, p_max_attempts integer DEFAULT 5, p_run_at timestamp with time zone DEFAULT now())
 RETURNS uuid
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.job_queue (task_type, payload, max_attempts, run_at)
  values (p_task_type, coalesce(p_payload, '{}'), coalesce(p_max_attempts, 5), coalesce(p_run_at, now()))
  returning id
$function$;
comment on function ops.enqueue_job(text,jsonb,integer,timestamp with time zone) is 'Queue one piece of work. Returns its id.';
grant execute on function ops.enqueue_job(text,jsonb,integer,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.execute_sql(p_run_id bigint, p_job text, p_definition jsonb, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_timeout interval := make_interval(secs => (p_definition #>> '{call,timeout_ms}')::numeric / 1000.0);
  v_limit interval := current_setting('statement_timeout')::interval;
  v_application text := current_setting('application_name');
  v_started timestamptz := clock_timestamp();
  v_elapsed interval;
  v_rows bigint;
  v_state text;
  v_message text;
begin
  perform set_config('application_name', ops.sql_label(p_job, v_started + v_timeout), true);
  begin
    v_rows := ops.run_sql(p_definition #>> '{call,sql}');
  exception
    -- statement_timeout (set by the command in cron.job), the collector's second net, or a person.
    when query_canceled then
      v_state := sqlstate;
    -- Only the message: detail, hint and context may quote rows and parameters.
    when assert_failure or others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  perform set_config('application_name', v_application, true);
  v_elapsed := clock_timestamp() - v_started;

  if v_state is null then
    perform ops.succeed_run(
      p_run_id,
      jsonb_build_object('rows', v_rows, 'duration_ms', round(extract(epoch from v_elapsed) * 1000)),
      p_now + v_elapsed
    );
  elsif v_state <> '57014' then
    perform ops.fail_run(
      p_run_id, 'sql_error',
      left(format('sql_error:%s %s', v_state, ops.redact_vault(left(v_message, 20000))), 1000),
      p_now + v_elapsed
    );
  elsif v_elapsed >= v_timeout or (v_limit > interval '0' and clock_timestamp() - statement_timestamp() >= v_limit) then
    perform ops.fail_run(
      p_run_id, 'timeout',
      format(
        'timeout:%s ms - the SQL was cancelled; raise call.timeout or make it do less at a time',
        round(extract(epoch from v_elapsed) * 1000)
      ),
      p_now + v_elapsed
    );
  else
    perform ops.fail_run(p_run_id, 'cancelled', 'cancelled: somebody cancelled the statement', p_now + v_elapsed);
  end if;
end
$function$;
comment on function ops.execute_sql(bigint,text,jsonb,timestamp with time zone) is 'Run a SQL job now and record how it ended: rows, sql_error, timeout or cancelled.';

CREATE OR REPLACE FUNCTION ops.fail_run(p_run_id bigint, p_error_code text, p_error text, p_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_job text;
  v_attempt integer;
  v_fired_at timestamptz;
  v_delay interval;
begin
  select r.job, r.attempt, coalesce(r.fired_at, p_at), ops.retry_delay(d.definition, r.attempt, p_error_code, r.http_status)
  into v_job, v_attempt, v_fired_at, v_delay
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id;

  -- A try that never left the database has no row yet.
  insert into ops.cron_attempts as a (run_id, attempt, fired_at, error_code, error)
  values (p_run_id, v_attempt, v_fired_at, p_error_code, p_error)
  on conflict (run_id, attempt) do update
  set error_code = excluded.error_code, error = excluded.error
  where a.error_code is null;

  update ops.cron_runs
  set status = case when v_delay is null then ops.final_status(p_error_code) else 'fired' end,
      finished_at = case when v_delay is null then p_at end,
      next_attempt_at = p_at + v_delay,
      deadline = null,
      error_code = p_error_code,
      error = p_error
  where id = p_run_id;

  if v_delay is null then
    perform ops.judge_jobs(array[v_job]);
  end if;
end
$function$;
comment on function ops.fail_run(bigint,text,text,timestamp with time zone) is 'The current try of a run failed: schedule the next one if its definition says so, else end the run and judge the job.';

CREATE OR REPLACE FUNCTION ops.final_status(p_error_code text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case p_error_code
    when 'timeout' then 'timed_out'
    when 'lost' then 'lost'
    when 'cancelled' then 'cancelled'
    else 'failed'
  end
$function$;
comment on function ops.final_status(text) is 'The status a run ends in for this error code.';

CREATE OR REPLACE FUNCTION ops.find_slot(p_definition jsonb, p_created_at timestamp with time zone, p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_minute timestamptz := date_trunc('minute', p_now);
begin
  if p_definition #>> '{schedule,kind}' in ('interval', 'reboot') then
    return date_trunc('second', p_now);
  end if;
  if ops.is_due(p_definition, v_minute) then
    return v_minute;
  end if;
  -- The scheduler may be late (all its slots taken). In UTC every tick is meant, so look back a day. In other zones
  -- pg_cron ticks at more minutes than are due, half an hour apart at least, so a late tick is one of the last 29 minutes.
  return (
    select s.slot
    from ops.due_slots(
      p_definition,
      greatest(
        v_minute - case coalesce(p_definition #>> '{schedule,timezone}', 'UTC')
          when 'UTC' then interval '24 hours'
          else interval '29 minutes'
        end,
        p_created_at
      ),
      v_minute, 1
    ) as s (slot)
  );
end
$function$;
comment on function ops.find_slot(jsonb,timestamp with time zone,timestamp with time zone) is 'The slot a tick at this moment is for: the latest due minute, or null when the tick means nothing in the time zone of the job.';

CREATE OR REPLACE FUNCTION ops.fire(p_job text, p_now timestamp with time zone DEFAULT clock_timestamp())
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_definition jsonb;
  v_digest text;
  v_created_at timestamptz;
  v_slot timestamptz;
  v_problem text;
  v_run record;
begin
  select d.definition, d.digest, d.created_at
  into v_definition, v_digest, v_created_at
  from ops.job_definitions d
  where d.name = p_job;

  if not found then
    v_problem := 'definition_missing:' || p_job;
    v_definition := '{"overlap": "allow"}';
  else
    begin
      v_slot := ops.find_slot(v_definition, v_created_at, p_now);
      if v_slot is null then
        if v_definition #> '{schedule,match}' is null then
          v_problem := 'definition_invalid:schedule';
        else
          return 'not due';
        end if;
      end if;
    exception
      when others then
        v_problem := 'definition_invalid:schedule';
    end;
  end if;

  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    p_job, v_definition, v_digest, coalesce(v_slot, date_trunc('minute', p_now)), 'schedule', null, p_now
  ) a;
  if v_run.verdict = 'duplicate' then
    return 'not due';
  end if;
  if v_run.verdict = 'start' then
    if v_problem is null then
      perform ops.start_attempt(v_run.run_id, p_job, v_definition, v_slot, 1, p_now);
    else
      perform ops.fail_run(
        v_run.run_id, split_part(v_problem, ':', 1), v_problem || ' - ' || ops.problem_remedy(v_problem), p_now
      );
    end if;
  end if;
  return ops.run_word(v_run.run_id);
end
$function$;
comment on function ops.fire(text,timestamp with time zone) is 'What cron.job calls. Starts the run of the current slot, or says why not ("not due", "skipped 42 overlap"). Records a job''s own faults instead of raising them.';

CREATE OR REPLACE FUNCTION ops.fire_now(p_job text, p_actor text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_definition jsonb;
  v_digest text;
  v_now timestamptz := clock_timestamp();
  v_run record;
begin
  select d.definition, d.digest into v_definition, v_digest from ops.job_definitions d where d.name = p_job;
  if not found then
    raise exception 'there is no job named %', quote_literal(p_job)
      using errcode = 'no_data_found', hint = 'See ops.job_definitions for the declared jobs.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(p_job, v_definition, v_digest, v_now, 'manual', coalesce(p_actor, session_user), v_now) a;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, p_job, v_definition, v_now, 1, v_now);
  end if;
  return v_run.run_id;
end
$function$;
comment on function ops.fire_now(text,text) is 'Run a declared job now, whatever its schedule says; overlap still counts. Returns the run id; a SQL job has ended by then. Raises for an unknown name.';
grant execute on function ops.fire_now(text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.fired_job(p_command text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select replace((regexp_match(p_command, 'select ops\.fire\(''((?:[^'']|'''')+)''\)\s*;?\s*$', 'i'))[1], '''''', '''')
$function$;
comment on function ops.fired_job(text) is 'The job a command in cron.job fires; null when the command is not ours.';

CREATE OR REPLACE FUNCTION ops.get_run(p_run_id bigint)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select to_jsonb(r) || jsonb_build_object('attempts', (
    select coalesce(jsonb_agg(to_jsonb(a) - 'run_id' order by a.attempt), '[]')
    from ops.cron_attempts a
    where a.run_id = r.id
  ))
  from ops.cron_runs r
  where r.id = p_run_id
$function$;
comment on function ops.get_run(bigint) is 'One run with all its attempts; null when there is none.';
grant execute on function ops.get_run(bigint) to service_role;

CREATE OR REPLACE FUNCTION ops.is_due(p_definition jsonb, p_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_match jsonb := p_definition #> '{schedule,match}';
  v_zone text := coalesce(p_definition #>> '{schedule,timezone}', 'UTC');
  v_utc timestamp;
  v_local timestamp;
  v_offset interval;
  v_former_offset interval;
  v_change interval;
begin
  if p_definition #>> '{schedule,kind}' in ('interval', 'reboot') then
    return true;
  end if;
  v_local := p_at at time zone v_zone;
  if v_zone = 'UTC' or not coalesce((v_match ->> 'fixed_time')::boolean, false) then
    return ops.schedule_matches(v_match, v_local);
  end if;

  -- A job at a fixed local time runs once a local day: look for a clock change in the last three hours.
  v_utc := p_at at time zone 'UTC';
  v_offset := v_local - v_utc;
  v_former_offset := ((p_at - interval '3 hours') at time zone v_zone) - (v_utc - interval '3 hours');
  v_change := v_offset - v_former_offset;
  if v_change < interval '0' then
    -- Clocks went back: this wall-clock minute has been before.
    if ((p_at + v_change) at time zone v_zone) - (v_utc + v_change) = v_former_offset then
      return false;
    end if;
  elsif v_change > interval '0' then
    -- Clocks went forward: minutes that do not exist are due when the old clock would have shown them.
    if ((p_at - v_change) at time zone v_zone) - (v_utc - v_change) = v_former_offset
      and ops.schedule_matches(v_match, v_utc + v_former_offset)
    then
      return true;
    end if;
  end if;
  return ops.schedule_matches(v_match, v_local);
end
$function$;
comment on function ops.is_due(jsonb,timestamp with time zone) is 'Whether a job is due in this minute. Fixed local times run once a day through daylight saving, both ways; jobs with * in minute or hour follow the wall clock. Intervals are always due.';
grant execute on function ops.is_due(jsonb,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION ops.is_slot_running(p_job text, p_slot timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select exists (
    select
    from pg_catalog.pg_locks l
    join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
      and (l.classid::bigint << 32 | l.objid::bigint) = ops.lock_key('slot', ops.slot_key(p_job, p_slot))
  )
$function$;
comment on function ops.is_slot_running(text,timestamp with time zone) is 'Whether another session fires this slot right now; asked without taking its lock, because thousands may be asked for.';

CREATE OR REPLACE FUNCTION ops.iso_instant(p_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select to_char(
    p_at at time zone 'UTC',
    case when p_at = date_trunc('second', p_at) then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end
  )
$function$;
comment on function ops.iso_instant(timestamp with time zone) is 'An instant in ISO 8601, UTC, with a fraction only when there is one.';

CREATE OR REPLACE FUNCTION ops.issue_run_token(p_run_id bigint, p_attempt integer, p_job text, p_expires_at timestamp with time zone)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  -- Two version 4 UUIDs: 244 bits from the server's strong random source, without pgcrypto.
  v_token text := 'ort_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  insert into ops.run_tokens (token_hash, run_id, attempt, job, expires_at)
  values (sha256(convert_to(v_token, 'UTF8')), p_run_id, p_attempt, p_job, p_expires_at);
  return v_token;
end
$function$;
comment on function ops.issue_run_token(bigint,integer,text,timestamp with time zone) is 'A new one-time token for one try of one job. Only its sha256 is stored.';

CREATE OR REPLACE FUNCTION ops.judge_jobs(p_jobs text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  perform ops.resolve_alert('job:' || j.job)
  from unnest(p_jobs) as j (job)
  cross join lateral (
    select r.status
    from ops.cron_runs r
    where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
    order by r.id desc
    limit 1
  ) last_run
  where last_run.status = 'succeeded';

  perform ops.raise_alert(
    case when f.error_code in ('secret_missing', 'extension_missing') then f.error_code else 'job_failed' end,
    'job:' || f.job,
    coalesce(f.definition #>> '{alert,severity}', 'warning'),
    f.job || ': ' || f.error_code,
    coalesce(f.error, f.error_code),
    jsonb_strip_nulls(jsonb_build_object(
      'job', f.job,
      'run_id', f.id,
      'scheduled_for', f.scheduled_for,
      'status', f.status,
      'error_code', f.error_code,
      'http_status', f.http_status,
      'attempts', f.attempt,
      'failures_before_alert', f.after,
      'owner', f.definition ->> 'owner',
      'runbook', f.definition #>> '{alert,runbook}'
    ))
  )
  from (
    select last_run.*, d.definition, p.after
    from unnest(p_jobs) as j (job)
    left join ops.job_definitions d on d.name = j.job
    cross join lateral (select greatest(1, coalesce((d.definition #>> '{alert,after}')::integer, 1)) as after) p
    cross join lateral (
      select r.*
      from ops.cron_runs r
      where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
      order by r.id desc
      limit 1
    ) last_run
    where last_run.status <> 'succeeded'
      and (
        -- What no retry can heal is said at once.
        last_run.error_code in (
          'secret_missing', 'secret_invalid', 'url_invalid', 'extension_missing', 'definition_missing', 'definition_invalid'
        )
        or p.after = (
          select count(*) filter (where recent.status <> 'succeeded')
          from (
            select r.status
            from ops.cron_runs r
            where r.job = j.job and r.status in ('succeeded', 'failed', 'timed_out', 'lost')
            order by r.id desc
            limit p.after
          ) recent
        )
      )
  ) f;
end
$function$;
comment on function ops.judge_jobs(text[]) is 'Raise or resolve the alert of each job (dedupe key job:<name>) after its latest finished run. Skipped and cancelled runs say nothing.';

CREATE OR REPLACE FUNCTION ops.known_slots(p_definition jsonb, p_after timestamp with time zone, p_until timestamp with time zone, p_limit integer)
 RETURNS SETOF timestamp with time zone
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  return query select s.slot from ops.due_slots(p_definition, p_after, p_until, p_limit) as s (slot);
exception
  -- One schedule that cannot be understood must not stop the collector for all others; ops.fire says so for its own job.
  when others then
    return;
end
$function$;
comment on function ops.known_slots(jsonb,timestamp with time zone,timestamp with time zone,integer) is 'ops.due_slots, or nothing for a definition that cannot be understood.';

CREATE OR REPLACE FUNCTION ops.list_running()
 RETURNS TABLE(job text, pid integer, started_at timestamp with time zone, deadline timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select l.parts[2], a.pid, a.query_start, to_timestamp(l.parts[1]::double precision)
  from pg_catalog.pg_stat_activity a
  cross join lateral (select regexp_match(a.application_name, '^ops:(\d{1,12}):(.*)$')) as l (parts)
  where a.datname = current_database() and a.state = 'active' and l.parts is not null
$function$;
comment on function ops.list_running() is 'SQL jobs running in this moment, with their process and deadline. Long names are cut to what application_name holds.';
grant execute on function ops.list_running() to service_role;

CREATE OR REPLACE FUNCTION ops.list_runs(p_job text DEFAULT NULL::text, p_only_failed boolean DEFAULT false, p_before_id bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50)
 RETURNS SETOF ops.cron_runs
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select r.*
  from ops.cron_runs r
  where (p_job is null or r.job = p_job)
    and (not p_only_failed or r.status in ('failed', 'timed_out', 'lost'))
    and (p_before_id is null or r.id < p_before_id)
  order by r.id desc
  limit least(greatest(p_limit, 1), 1000)
$function$;
comment on function ops.list_runs(text,boolean,bigint,integer) is 'Runs, newest first, of one job or all. The next page: pass the smallest id seen as p_before_id.';
grant execute on function ops.list_runs(text,boolean,bigint,integer) to service_role;

CREATE OR REPLACE FUNCTION ops.lock_key(p_kind text, p_key text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select hashtextextended('ops.' || p_kind || ':' || p_key, 0)
$function$;
comment on function ops.lock_key(text,text) is 'The number of an advisory lock of the control room.';

CREATE OR REPLACE FUNCTION ops.plan_cron_jobs()
 RETURNS TABLE(jobid bigint, jobname text, schedule text, command text, database text, username text, active boolean, owner_exists boolean)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if to_regclass('cron.job') is null then
    return;
  end if;
  return query execute $query$
    select j.jobid, j.jobname::text, j.schedule,
      -- What people schedule by hand often carries keys; our own commands carry nothing but a name.
      case
        when j.command ~ '^(set local statement_timeout = \d+; )?select ops\.fire\(''([^'']|'''')*''\)$' then j.command
        else '(written by hand, not shown to a role that may only read)'
      end,
      j.database, j.username, j.active, r.rolname is not null
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    order by j.jobid
  $query$;
end
$function$;
comment on function ops.plan_cron_jobs() is 'Every row of cron.job, for a role that may plan and not schedule; commands that are not ours are hidden. Empty without pg_cron.';

CREATE OR REPLACE FUNCTION ops.plan_secrets()
 RETURNS TABLE(id uuid, name text, description text, updated_at timestamp with time zone)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if to_regclass('vault.secrets') is null then
    return;
  end if;
  return query execute $query$
    select s.id, s.name, s.description, s.updated_at from vault.secrets s where s.name is not null order by s.name
  $query$;
end
$function$;
comment on function ops.plan_secrets() is 'Names, descriptions and dates of Vault secrets, never a value, for a role that may plan. Empty without Vault.';

CREATE OR REPLACE FUNCTION ops.problem_remedy(p_problem text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case split_part(p_problem, ':', 1)
    when 'secret_missing' then 'Vault has no secret of this name; declare it in runbooks/secrets.yaml, set its value and apply'
    when 'secret_invalid' then 'this secret is empty, cannot be decrypted, or holds white space or a line break; set it again and apply'
    when 'url_invalid' then 'this is not a URL with http:// or https:// and a host; correct it and apply'
    when 'extension_missing' then 'this extension is not installed (or too old) in this database; enable it'
    when 'definition_missing' then 'ops.job_definitions has no row for this job; apply runbooks/ again or unschedule it'
    else 'the definition of this job cannot be understood; run validate and apply runbooks/ again'
  end
$function$;
comment on function ops.problem_remedy(text) is 'What to do about a problem word such as secret_missing:project_url.';

CREATE OR REPLACE FUNCTION ops.prune_history(p_keep interval DEFAULT '30 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS jsonb
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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

  delete from ops.job_queue q
  where q.id in (
    select x.id from ops.job_queue x
    where x.status in ('succeeded', 'failed', 'cancelled') and x.updated_at < v_cutoff
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
$function$;
comment on function ops.prune_history(interval,integer) is 'Delete what is older than p_keep, at most p_batch rows per table and call: ended runs with attempts and tokens, ticks, ended queue rows, our rows of cron.job_run_details. Returns counts.';

CREATE OR REPLACE FUNCTION ops.prune_job_queue(p_keep interval DEFAULT '14 days'::interval, p_batch integer DEFAULT 10000)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_deleted integer;
begin
  delete from ops.job_queue q
  where q.id in (
    select x.id
    from ops.job_queue x
    where x.status = 'succeeded' and x.updated_at < now() - p_keep
    order by x.updated_at
    limit p_batch
    for update skip locked
  );
  get diagnostics v_deleted = row_count;
  return v_deleted;
end
$function$;
comment on function ops.prune_job_queue(interval,integer) is 'Delete work that succeeded longer than p_keep ago, oldest first, at most p_batch rows. Returns how many.';

CREATE OR REPLACE FUNCTION ops.queue_misfires(p_from timestamp with time zone, p_now timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_count integer;
begin
  if p_from is null or p_now - p_from < interval '150 seconds' or to_regclass('cron.job') is null then
    return 0;
  end if;
  insert into ops.cron_runs (
    job, scheduled_for, trigger, status, call_kind, created_at, next_attempt_at, definition_digest
  )
  select d.name, s.slot, 'misfire', 'queued', d.definition #>> '{call,kind}', p_now, p_now, d.digest
  from ops.job_definitions d
  cross join lateral ops.known_slots(
    d.definition,
    -- From the minute of the last tick on, but never more than a day.
    greatest(date_trunc('minute', p_from) - interval '1 second', d.created_at, p_now - interval '24 hours'),
    -- The minute that has just begun is the scheduler's own.
    date_trunc('minute', p_now) - interval '1 minute',
    case d.definition ->> 'misfire' when 'all' then 100 else 1 end
  ) as s (slot)
  where d.definition ->> 'misfire' in ('once', 'all')
    and exists (select from cron.job j where j.active and j.jobname::text = d.name and ops.fired_job(j.command) = d.name)
    and not exists (
      select from ops.cron_runs r
      where r.job = d.name and r.scheduled_for = s.slot and r.trigger in ('schedule', 'misfire', 'queued')
    )
    and (d.definition #>> '{call,kind}' <> 'sql' or not ops.is_slot_running(d.name, s.slot))
  order by s.slot
  on conflict do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end
$function$;
comment on function ops.queue_misfires(timestamp with time zone,timestamp with time zone) is 'After a gap of more than 150 seconds since p_from, queue the missed slots of active jobs: the latest (once) or up to 100 of the last day (all). Returns how many.';

CREATE OR REPLACE FUNCTION ops.raise_alert(p_kind text, p_dedupe_key text, p_severity text, p_title text, p_message text DEFAULT ''::text, p_details jsonb DEFAULT '{}'::jsonb)
 RETURNS bigint
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  insert into ops.alerts as a (kind, dedupe_key, severity, title, message, details)
  values (p_kind, p_dedupe_key, p_severity, p_title, coalesce(p_message, ''), coalesce(p_details, '{}'))
  on conflict (dedupe_key) where resolved_at is null do update
  set kind = excluded.kind,
      severity = excluded.severity,
      title = excluded.title,
      message = excluded.message,
      details = excluded.details,
      count = a.count + 1,
      last_seen_at = excluded.last_seen_at
  returning a.id
$function$;
comment on function ops.raise_alert(text,text,text,text,text,jsonb) is 'Raise an alert, or refresh and count the active one with the same dedupe key. Returns its id.';
grant execute on function ops.raise_alert(text,text,text,text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION ops.read_secret(p_name text, OUT value text, OUT problem text)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if to_regclass('vault.decrypted_secrets') is null then
    problem := 'extension_missing:supabase_vault';
    return;
  end if;
  select s.decrypted_secret into value from vault.decrypted_secrets s where s.name = p_name;
  if value is null then
    problem := 'secret_missing:' || p_name;
  elsif value = '' or value ~ '^\s|\s$|[[:cntrl:]]' then
    value := null;
    problem := 'secret_invalid:' || p_name;
  end if;
exception
  -- Whatever decryption says may quote what it was given: keep the name only.
  when others then
    value := null;
    problem := 'secret_invalid:' || p_name;
end
$function$;
comment on function ops.read_secret(text) is 'One Vault secret, or why it cannot be used (extension_missing, secret_missing, secret_invalid and a name). Never raises, never says the value.';

CREATE OR REPLACE FUNCTION ops.record_tick(p_now timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_last timestamptz;
begin
  select max(t.ticked_at) into v_last from ops.scheduler_ticks t where t.ticked_at < p_now;
  insert into ops.scheduler_ticks (ticked_at) values (p_now) on conflict do nothing;
  return v_last;
end
$function$;
comment on function ops.record_tick(timestamp with time zone) is 'Note that the scheduler is alive now. Returns the tick before; null on the first.';

CREATE OR REPLACE FUNCTION ops.redact_result(p_result jsonb, p_secret_names text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if length(p_result::text) > 32768 then
    return jsonb_build_object('truncated', true, 'characters', length(p_result::text));
  end if;
  return ops.redact_values(p_result::text, p_secret_names)::jsonb;
exception
  when others then
    return '{"redacted": true}';
end
$function$;
comment on function ops.redact_result(jsonb,text[]) is 'A reported result without tokens and secrets, or how long it was when that is more than 32 kB.';

CREATE OR REPLACE FUNCTION ops.redact_text(p_text text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select
    regexp_replace(
      regexp_replace(
        regexp_replace(
          p_text,
          '\m(eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?|(sb_secret_|sbp_|ort_|gh[pousr]_|github_pat_)[A-Za-z0-9_-]{6,}|sk-[A-Za-z0-9_-]{16,})',
          '[redacted]', 'g'
        ),
        -- A word after "basic" or "bearer" is one of ours only when it looks like a credential.
        '\m(bearer|basic)(\s+|%20)(?=[^\s"''\\,;]*[0-9=_.])[^\s"''\\,;]+', '\1 [redacted]', 'gi'
      ),
      '://[^\s:/@"''\\]+:[^\s@"''\\]+@', '://[redacted]@', 'g'
    )
$function$;
comment on function ops.redact_text(text) is 'Replace what looks like a token (JWT, API key, run token, authorization header, password in a URL) by [redacted].';

CREATE OR REPLACE FUNCTION ops.redact_values(p_text text, p_secret_names text[])
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
declare
  v_name text;
  v_value text;
begin
  foreach v_name in array coalesce(p_secret_names, '{}') loop
    v_value := (ops.read_secret(v_name)).value;
    -- Shorter values are words that occur by chance.
    if length(v_value) >= 6 then
      p_text := replace(p_text, v_value, '[redacted]');
    end if;
  end loop;
  return ops.redact_text(p_text);
end
$function$;
comment on function ops.redact_values(text,text[]) is 'ops.redact_text, and the values of these Vault secrets replaced too.';

CREATE OR REPLACE FUNCTION ops.redact_vault(p_text text)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
begin
  if to_regclass('vault.secrets') is null then
    return ops.redact_text(p_text);
  end if;
  return ops.redact_values(p_text, (select array_agg(s.name) from vault.secrets s where s.name is not null));
end
$function$;
comment on function ops.redact_vault(text) is 'ops.redact_text, and the values of all Vault secrets replaced: for messages of SQL, which may read any of them.';

CREATE OR REPLACE FUNCTION ops.redeem_run_token(p_token text, p_job text)
 RETURNS jsonb
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_run record;
begin
  update ops.run_tokens t
  set redeemed_at = clock_timestamp()
  from ops.cron_runs r
  where t.token_hash = sha256(convert_to(p_token, 'UTF8'))
    and t.job = p_job
    and t.redeemed_at is null
    and t.expires_at > clock_timestamp()
    -- A request that arrives after its run was given up, or tried again, must not run as well.
    and r.id = t.run_id
    and r.attempt = t.attempt
    and r.status = 'fired'
    and r.next_attempt_at is null
  returning t.run_id, t.attempt, t.job, r.scheduled_for into v_run;
  return jsonb_build_object(
    'ok', v_run.run_id is not null,
    'run_id', v_run.run_id,
    'attempt', v_run.attempt,
    'job', v_run.job,
    'scheduled_for', v_run.scheduled_for
  );
end
$function$;
comment on function ops.redeem_run_token(text,text) is 'Use a run token: {ok, run_id, attempt, job, scheduled_for}. The second use, another job, an expired or superseded try all answer the same {ok: false}.';
grant execute on function ops.redeem_run_token(text,text) to service_role;

CREATE OR REPLACE FUNCTION ops.report_deadline(p_definition jsonb, p_fired_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select p_fired_at + make_interval(secs => greatest(
    coalesce(
      (p_definition #>> '{expect,max_duration_ms}')::numeric,
      (p_definition #>> '{expect,within_ms}')::numeric,
      case p_definition #>> '{call,kind}' when 'enqueue' then 3600000 else 300000 end
    ),
    coalesce((p_definition #>> '{call,timeout_ms}')::numeric, 0)
  ) / 1000.0)
$function$;
comment on function ops.report_deadline(jsonb,timestamp with time zone) is 'Until when a run that must report may do so: expect.max_duration, else expect.within, else five minutes (one hour for queued work).';

CREATE OR REPLACE FUNCTION ops.report_run(p_token text, p_ok boolean, p_result jsonb DEFAULT NULL::jsonb, p_error text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_token record;
  v_run record;
begin
  select t.token_hash, t.run_id, t.attempt
  into v_token
  from ops.run_tokens t
  where t.token_hash = sha256(convert_to(p_token, 'UTF8')) and t.reported_at is null and t.expires_at > v_now
  for update;
  if not found or p_ok is null then
    return false;
  end if;
  select r.job, r.status, d.definition
  into v_run
  from ops.cron_runs r
  left join ops.job_definitions d on d.name = r.job
  where r.id = v_token.run_id and r.attempt = v_token.attempt and r.status not in ('queued', 'skipped', 'cancelled')
  for update of r;
  if not found then
    return false;
  end if;

  update ops.run_tokens
  set reported_at = v_now, redeemed_at = coalesce(redeemed_at, v_now)
  where token_hash = v_token.token_hash;
  -- What the job says of itself outranks what we concluded from its answer or its silence.
  update ops.cron_runs
  set reported_at = v_now,
      delivered_at = coalesce(delivered_at, v_now),
      result = coalesce(ops.redact_result(p_result, ops.secret_names(v_run.definition)), result)
  where id = v_token.run_id;
  if p_ok then
    perform ops.succeed_run(v_token.run_id, null, v_now);
  else
    perform ops.fail_run(
      v_token.run_id, 'report_failed',
      left(
        'report_failed - ' || coalesce(ops.redact_values(left(p_error, 20000), ops.secret_names(v_run.definition)), 'the job reported a failure'),
        1000
      ),
      v_now
    );
  end if;
  -- The next in line need not wait for the collector.
  perform ops.start_waiting(array['http', 'enqueue'], 1, interval '5 seconds', v_now, v_run.job);
  return true;
end
$function$;
comment on function ops.report_run(text,boolean,jsonb,text) is 'The result a job gives of itself, once per token and only for the latest try. It decides the run, also after a timeout or a lost answer.';
grant execute on function ops.report_run(text,boolean,jsonb,text) to service_role;

CREATE OR REPLACE FUNCTION ops.resolve_alert(p_dedupe_key text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  with resolved as (
    update ops.alerts
    set status = 'resolved', resolved_at = now()
    where dedupe_key = p_dedupe_key and resolved_at is null
    returning id
  )
  select exists (select from resolved)
$function$;
comment on function ops.resolve_alert(text) is 'Resolve the active alert with this dedupe key. False when there was none.';
grant execute on function ops.resolve_alert(text) to service_role;

CREATE OR REPLACE FUNCTION ops.response_error(p_status_code integer, p_timed_out boolean, p_error_message text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select case
    -- pg_net before 0.19.6 left timed_out null.
    when p_timed_out or p_error_message ilike 'timeout%' then 'timeout'
    when p_error_message is not null then 'network'
    when p_status_code between 200 and 299 then null
    when p_status_code between 400 and 499 then 'http_4xx'
    when p_status_code between 500 and 599 then 'http_5xx'
    else 'http_other'
  end
$function$;
comment on function ops.response_error(integer,boolean,text) is 'The error code of a row of net._http_response; null for 2xx.';

CREATE OR REPLACE FUNCTION ops.restrict_function(p_function regprocedure, VARIADIC p_roles text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_role text;
begin
  execute format('revoke all on function %s from public', p_function);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on function %s from %I', p_function, v_role);
    if v_role = any (p_roles) then
      execute format('grant execute on function %s to %I', p_function, v_role);
    end if;
  end loop;
end
$function$;
comment on function ops.restrict_function(regprocedure,text[]) is 'Migrations only: take EXECUTE from public and the API roles, then give it to the named roles that exist.';

CREATE OR REPLACE FUNCTION ops.restrict_table(p_table regclass, VARIADIC p_service_role_verbs text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_role text;
  v_verb text;
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('revoke all on table %s from public', p_table);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on table %s from %I', p_table, v_role);
  end loop;
  if not exists (select from pg_catalog.pg_roles r where r.rolname = 'service_role') then
    return;
  end if;
  foreach v_verb in array p_service_role_verbs loop
    execute format('grant %s on table %s to service_role', v_verb, p_table);
    execute format(
      'create policy %I on %s for %s to service_role %s',
      'service_role_' || v_verb, p_table, v_verb,
      case v_verb
        when 'insert' then 'with check (true)'
        when 'update' then 'using (true) with check (true)'
        else 'using (true)'
      end
    );
  end loop;
end
$function$;
comment on function ops.restrict_table(regclass,text[]) is 'Migrations only: row level security on, nothing for public and the API roles, one grant and one policy per verb for service_role.';

CREATE OR REPLACE FUNCTION ops.retry_delay(p_definition jsonb, p_attempt integer, p_error_code text, p_http_status integer)
 RETURNS interval
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select least(
    make_interval(secs =>
      coalesce((p_definition #>> '{retry,backoff_ms}')::numeric, 30000) / 1000.0
      * power(2::numeric, least(p_attempt, 20) - 1) * (0.8 + 0.4 * random()::numeric)
    ),
    interval '24 hours'
  )
  where p_attempt < coalesce((p_definition #>> '{retry,attempts}')::integer, 1)
    and (p_definition #> '{retry,on}') ?| case p_error_code
      when 'http_4xx' then case when p_http_status = 429 then array['429', '4xx'] else array['4xx'] end
      when 'http_5xx' then array['5xx']
      when 'timeout' then array['timeout']
      when 'network' then array['network']
      when 'lost' then array['lost']
      when 'sql_error' then array['sql']
      when 'report_failed' then array['report']
      when 'not_reported' then array['report']
      else array[]::text[]
    end
$function$;
comment on function ops.retry_delay(jsonb,integer,text,integer) is 'How long to wait before the next try (backoff_ms doubled per try, plus or minus a fifth), or null when the run ends here.';

CREATE OR REPLACE FUNCTION ops.retry_run(p_run_id bigint, p_actor text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_former record;
  v_run record;
begin
  select r.id, r.job, r.scheduled_for, d.definition, d.digest
  into v_former
  from ops.cron_runs r
  join ops.job_definitions d on d.name = r.job
  where r.id = p_run_id and r.finished_at is not null;
  if not found then
    raise exception 'there is no ended run % of a declared job', p_run_id
      using errcode = 'no_data_found', hint = 'See ops.list_runs; a run that has not ended can be cancelled first.';
  end if;
  select a.run_id, a.verdict
  into v_run
  from ops.admit_run(
    v_former.job, v_former.definition, v_former.digest, v_former.scheduled_for, 'manual', coalesce(p_actor, session_user), v_now
  ) a;
  update ops.cron_runs set retry_of = v_former.id where id = v_run.run_id;
  if v_run.verdict = 'start' then
    perform ops.start_attempt(v_run.run_id, v_former.job, v_former.definition, v_former.scheduled_for, 1, v_now);
  end if;
  return v_run.run_id;
end
$function$;
comment on function ops.retry_run(bigint,text) is 'Run the slot of an ended run again, as a new run with the same idempotency key (retry_of names the former). Returns its id.';
grant execute on function ops.retry_run(bigint,text) to service_role;

CREATE OR REPLACE FUNCTION ops.run_pending_sql(p_limit integer DEFAULT 100, p_now timestamp with time zone DEFAULT clock_timestamp())
 RETURNS integer
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select ops.start_waiting(array['sql'], p_limit, interval '20 seconds', p_now)
$function$;
comment on function ops.run_pending_sql(integer,timestamp with time zone) is 'Run waiting SQL jobs (retries, followers, catch-ups), apart from the collector so that a long one does not hold up outcomes. A declared job of its own.';

CREATE OR REPLACE FUNCTION ops.run_sql(p_sql text)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'public', 'extensions', 'pg_temp'
AS $function$
declare
  v_rows bigint;
begin
  execute p_sql;
  get diagnostics v_rows = row_count;
  -- A deferred constraint must fail here, as the job's own error, not at commit, where it would take the record along.
  set constraints all immediate;
  return v_rows;
end
$function$;
comment on function ops.run_sql(text) is 'Run the SQL of a job as the caller, with search_path public, extensions. Returns the row count of its last statement.';

CREATE OR REPLACE FUNCTION ops.run_word(p_run_id bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  select concat_ws(
    ' ',
    case when r.next_attempt_at is not null and r.status = 'fired' then 'retrying' else r.status end,
    r.id,
    rtrim(split_part(coalesce(r.error, r.error_code), ' ', 1), ':')
  )
  from ops.cron_runs r
  where r.id = p_run_id
$function$;
comment on function ops.run_word(bigint) is 'A run in a few words, for the return message of a fire: "failed 42 secret_missing:project_url".';

CREATE OR REPLACE FUNCTION ops.schedule_matches(p_match jsonb, p_local timestamp without time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
declare
  v_minute integer := extract(minute from p_local);
  v_day integer;
  v_day_matches boolean;
  v_weekday_matches boolean;
begin
  if v_minute < 30 then
    if ((p_match ->> 'minutes_low')::bigint >> v_minute) & 1 = 0 then
      return false;
    end if;
  elsif ((p_match ->> 'minutes_high')::bigint >> (v_minute - 30)) & 1 = 0 then
    return false;
  end if;
  if ((p_match ->> 'hours')::bigint >> extract(hour from p_local)::integer) & 1 = 0
    or ((p_match ->> 'months')::bigint >> extract(month from p_local)::integer) & 1 = 0
  then
    return false;
  end if;
  v_day := extract(day from p_local);
  v_day_matches := ((p_match ->> 'days')::bigint >> v_day) & 1 = 1
    or (coalesce((p_match ->> 'last_day')::boolean, false) and extract(day from p_local + interval '1 day') = 1);
  v_weekday_matches := ((p_match ->> 'weekdays')::bigint >> extract(dow from p_local)::integer) & 1 = 1;
  if coalesce((p_match ->> 'either_day')::boolean, false) then
    v_day_matches := v_day_matches or v_weekday_matches;
  else
    v_day_matches := v_day_matches and v_weekday_matches;
  end if;
  -- Never due and not understood are not the same.
  if v_day_matches is null or p_match ->> 'hours' is null or p_match ->> 'months' is null then
    raise exception 'the compiled schedule is incomplete' using errcode = 'invalid_parameter_value';
  end if;
  return v_day_matches;
end
$function$;
comment on function ops.schedule_matches(jsonb,timestamp without time zone) is 'Whether a wall-clock minute matches a compiled schedule. pg_cron''s rule for days: either_day means one of day and weekday suffices.';

CREATE OR REPLACE FUNCTION ops.secret_names(p_definition jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select array_agg(distinct n.name)
  from (
    select a.auth ->> 'secret' as name
    from jsonb_array_elements(
      case jsonb_typeof(p_definition #> '{call,auth}') when 'array' then p_definition #> '{call,auth}' else '[]' end
    ) as a (auth)
    union all
    select p_definition #>> '{call,url_secret}'
  ) n
  where n.name is not null
$function$;
comment on function ops.secret_names(jsonb) is 'Names of the Vault secrets a job definition refers to; null when it needs none.';

CREATE OR REPLACE FUNCTION ops.send_request(p_run_id bigint, p_job text, p_definition jsonb, p_slot timestamp with time zone, p_attempt integer, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_call jsonb := p_definition -> 'call';
  v_timeout integer := (v_call ->> 'timeout_ms')::integer;
  -- The request may wait in pg_net's queue behind others; ops.collect also looks whether it still does.
  v_deadline timestamptz := p_now + make_interval(secs => v_timeout / 1000.0 + 60);
  v_url text;
  v_headers jsonb;
  v_wants_token boolean;
  v_problem text;
  v_request_id bigint;
  v_state text;
  v_message text;
begin
  if to_regclass('net.http_request_queue') is null then
    v_problem := 'extension_missing:pg_net';
  end if;
  if v_problem is null then
    select u.url, u.problem into v_url, v_problem from ops.build_url(v_call) u;
  end if;
  if v_problem is null then
    select h.headers, h.wants_token, h.problem into v_headers, v_wants_token, v_problem from ops.build_headers(v_call) h;
  end if;
  if v_problem is not null then
    perform ops.fail_run(p_run_id, split_part(v_problem, ':', 1), v_problem || ' - ' || ops.problem_remedy(v_problem), p_now);
    return;
  end if;

  v_headers := v_headers || jsonb_build_object(
    'Idempotency-Key', p_job || '/' || ops.iso_instant(p_slot),
    'x-ops-job', p_job,
    'x-ops-run-id', p_run_id::text,
    'x-ops-attempt', p_attempt::text
  );
  if v_wants_token then
    v_headers := v_headers || jsonb_build_object('x-ops-run-token', ops.issue_run_token(
      p_run_id, p_attempt, p_job,
      greatest(v_deadline, ops.report_deadline(p_definition, p_now)) + interval '5 minutes'
    ));
  end if;

  begin
    case v_call ->> 'method'
      when 'get' then
        v_request_id := net.http_get(url := v_url, headers := v_headers, timeout_milliseconds := v_timeout);
      when 'delete' then
        if v_call ? 'body' then
          v_request_id := net.http_delete(
            url := v_url, headers := v_headers, timeout_milliseconds := v_timeout, body := v_call -> 'body'
          );
        else
          v_request_id := net.http_delete(url := v_url, headers := v_headers, timeout_milliseconds := v_timeout);
        end if;
      else
        v_request_id := net.http_post(
          url := v_url, body := coalesce(v_call -> 'body', '{}'), headers := v_headers, timeout_milliseconds := v_timeout
        );
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;

  insert into ops.cron_attempts (run_id, attempt, request_id, epoch, awaiting_response, fired_at, deadline)
  values (p_run_id, p_attempt, v_request_id, ops.current_epoch(), v_request_id is not null, p_now, v_deadline);

  if v_state is null then
    update ops.cron_runs set deadline = v_deadline where id = p_run_id;
  elsif v_message ilike 'invalid url%' or v_message ilike 'out of memory%' then
    -- The message quotes the URL, and "Out of memory" is how older pg_net says "no https://".
    v_problem := 'url_invalid:' || coalesce(v_call ->> 'url_secret', 'call.url');
    perform ops.fail_run(p_run_id, 'url_invalid', v_problem || ' - ' || ops.problem_remedy(v_problem), p_now);
  elsif v_state in ('42883', '42P01', '3F000') then
    perform ops.fail_run(
      p_run_id, 'extension_missing', 'extension_missing:pg_net - ' || ops.problem_remedy('extension_missing'), p_now
    );
  else
    perform ops.fail_run(
      p_run_id, 'network',
      left(format('network:%s %s', v_state, ops.redact_values(v_message, ops.secret_names(p_definition))), 1000), p_now
    );
  end if;
end
$function$;
comment on function ops.send_request(bigint,text,jsonb,timestamp with time zone,integer,timestamp with time zone) is 'Hand one HTTP request to pg_net and remember its id. The request leaves when this transaction commits.';

CREATE OR REPLACE FUNCTION ops.slot_key(p_job text, p_slot timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select p_job || '/' || extract(epoch from p_slot)::text
$function$;
comment on function ops.slot_key(text,timestamp with time zone) is 'A slot of a job as the key of a lock of kind "slot".';

CREATE OR REPLACE FUNCTION ops.sql_label(p_job text, p_deadline timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO ''
AS $function$
  select format('ops:%s:%s', ceil(extract(epoch from p_deadline))::bigint, p_job)
$function$;
comment on function ops.sql_label(text,timestamp with time zone) is 'application_name while a SQL job runs: visible to other sessions before anything is committed (ops.list_running, ops.cancel_overdue_sql).';

CREATE OR REPLACE FUNCTION ops.start_attempt(p_run_id bigint, p_job text, p_definition jsonb, p_slot timestamp with time zone, p_attempt integer, p_now timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_state text;
  v_message text;
begin
  begin
    case p_definition #>> '{call,kind}'
      when 'http' then perform ops.send_request(p_run_id, p_job, p_definition, p_slot, p_attempt, p_now);
      when 'sql' then perform ops.execute_sql(p_run_id, p_job, p_definition, p_now);
      when 'enqueue' then perform ops.enqueue_call(p_run_id, p_definition, p_now);
      else
        perform ops.fail_run(
          p_run_id, 'definition_invalid', 'definition_invalid:call.kind - ' || ops.problem_remedy('definition_invalid'), p_now
        );
    end case;
  exception
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
  end;
  if v_state is not null then
    perform ops.fail_run(
      p_run_id, 'definition_invalid',
      left(format('definition_invalid:%s %s', v_state, ops.redact_values(v_message, ops.secret_names(p_definition))), 1000), p_now
    );
  end if;
end
$function$;
comment on function ops.start_attempt(bigint,text,jsonb,timestamp with time zone,integer,timestamp with time zone) is 'Start one try of a run that has a row: HTTP request, SQL, or queued work. Records what goes wrong; does not raise for it.';

CREATE OR REPLACE FUNCTION ops.start_waiting(p_kinds text[], p_limit integer, p_budget interval, p_now timestamp with time zone, p_job text DEFAULT NULL::text, p_late interval DEFAULT '00:00:00'::interval)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_begun timestamptz := clock_timestamp();
  v_run record;
  v_started integer := 0;
begin
  for v_run in
    select r.id, r.job, r.scheduled_for, r.status, r.attempt, d.definition,
      coalesce(d.definition ->> 'overlap', 'skip') = 'allow' as may_overlap
    from ops.cron_runs r
    left join ops.job_definitions d on d.name = r.job
    where r.status in ('queued', 'fired')
      and r.next_attempt_at <= p_now - p_late
      and (p_job is null or r.job = p_job)
      and coalesce(r.call_kind, 'http') = any (p_kinds)
      and (
        r.status = 'fired'
        or coalesce(d.definition ->> 'overlap', 'skip') = 'allow'
        or not exists (
          select from ops.cron_runs o where o.job = r.job and o.status in ('fired', 'delivered')
        )
      )
    order by r.next_attempt_at, r.id
    limit p_limit
    for update of r skip locked
  loop
    exit when clock_timestamp() - v_begun > p_budget;
    if not v_run.may_overlap then
      -- Looked at again under the lock, because the list may hold several waiting runs of one job.
      if not ops.try_lock('job', v_run.job) then
        continue;
      end if;
      if v_run.status = 'queued' and exists (
        select from ops.cron_runs o where o.job = v_run.job and o.status in ('fired', 'delivered')
      ) then
        continue;
      end if;
    end if;
    v_started := v_started + 1;
    update ops.cron_runs
    set status = 'fired', attempt = v_run.attempt + 1, fired_at = p_now, next_attempt_at = null, http_status = null,
        error_code = null, error = null
    where id = v_run.id;
    if v_run.definition is null then
      perform ops.fail_run(
        v_run.id, 'definition_missing',
        'definition_missing:' || v_run.job || ' - ' || ops.problem_remedy('definition_missing'), p_now
      );
    else
      perform ops.start_attempt(
        v_run.id, v_run.job, v_run.definition, v_run.scheduled_for, v_run.attempt + 1, p_now
      );
    end if;
    -- Jobs that share this transaction do not share their way of checking constraints.
    set constraints all deferred;
  end loop;
  return v_started;
end
$function$;
comment on function ops.start_waiting(text[],integer,interval,timestamp with time zone,text,interval) is 'Start runs that wait (queued, retry) and whose time has come, oldest first, at most p_limit and for at most p_budget; with p_late only those overdue that long. Returns how many.';

CREATE OR REPLACE FUNCTION ops.succeed_run(p_run_id bigint, p_result jsonb, p_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
declare
  v_job text;
begin
  update ops.cron_runs
  set status = 'succeeded', result = coalesce(p_result, result), finished_at = p_at, deadline = null,
      next_attempt_at = null, error_code = null, error = null
  where id = p_run_id
  returning job into v_job;
  -- Almost always there is nothing to resolve, and this path is the hot one.
  if exists (select from ops.alerts a where a.dedupe_key = 'job:' || v_job and a.resolved_at is null) then
    perform ops.judge_jobs(array[v_job]);
  end if;
end
$function$;
comment on function ops.succeed_run(bigint,jsonb,timestamp with time zone) is 'End a run well and resolve the alert of its job.';

CREATE OR REPLACE FUNCTION ops.try_lock(p_kind text, p_key text)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO ''
AS $function$
  select pg_try_advisory_xact_lock(ops.lock_key(p_kind, p_key))
$function$;
comment on function ops.try_lock(text,text) is 'Take an advisory lock of the control room until the transaction ends, or say that another session has it.';
