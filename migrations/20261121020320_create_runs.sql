-- Why      A runbook is pressed by a person, an issue comment, a command or a row, and its run is followed to its end: what was asked, who
--          approved what, which executor has it, and every line it said.
-- Objects  tables ops.run_templates, ops.spec_docs, ops.runs, ops.run_events (partitioned by month); functions ops.note_run,
--          ops.follow_run (trigger), ops.upsert_run_template, ops.upsert_spec_doc.
-- Locks    New objects only. Rollback: drop them; the history of runs is lost.

create table ops.run_templates (
  slug text primary key check (slug ~ '^[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?$'),
  title text not null check (title <> ''),
  description text not null default '',
  template_yaml text not null check (template_yaml <> ''),
  kind text not null default 'runbook' check (kind <> ''),
  environments text[],
  approval text[] not null default '{}',
  self_approval boolean not null default false,
  max_attempts smallint not null default 1 check (max_attempts between 1 and 10),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table ops.run_templates is 'Runbooks as YAML, synced from the files of runbooks/. What a run needs to know before YAML is read stands in columns of its own.';
comment on column ops.run_templates.environments is 'Where it may run; null: anywhere.';
comment on column ops.run_templates.approval is 'Environments in which somebody must approve the plan before anything is executed.';
comment on column ops.run_templates.self_approval is 'Whether who started a run may approve it too.';
comment on column ops.run_templates.max_attempts is 'How often a run is begun whose executor dies. 1: steps are not known to be repeatable.';
select ops.restrict_table('ops.run_templates', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.run_templates', 'true');

create table ops.spec_docs (
  slug text primary key check (slug ~ '^[a-z0-9][a-z0-9_./-]{0,199}$'),
  title text not null check (title <> ''),
  content text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table ops.spec_docs is 'Constitution, prd, plan, tasks: Markdown of the repository, synced for people to read beside their runs.';
select ops.restrict_table('ops.spec_docs', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.spec_docs', 'true');

create table ops.runs (
  id uuid primary key default ops.new_id(),
  template text,
  title text not null default '',
  kind text not null default 'runbook' check (kind <> ''),
  env text not null check (env <> ''),
  status text not null default 'queued' check (
    status in ('queued', 'running', 'awaiting_approval', 'success', 'error', 'cancelled')
  ),
  phase text check (phase in ('validate', 'preflight', 'execute', 'verify', 'summarize')),
  inputs jsonb not null default '{}' check (jsonb_typeof(inputs) = 'object'),
  plan jsonb,
  plan_digest text,
  source text not null default 'api' check (source <> ''),
  actor text,
  created_by uuid,
  approval_required boolean not null default false,
  self_approval boolean not null default false,
  approved_at timestamptz,
  approved_by text,
  approved_digest text,
  attempt integer not null default 0 check (attempt >= 0),
  crashes smallint not null default 0 check (crashes >= 0),
  max_attempts smallint not null default 1 check (max_attempts between 1 and 10),
  worker text,
  lease_token bigint not null default 0,
  lease_expires_at timestamptz,
  cancel_requested_at timestamptz,
  url text,
  result jsonb,
  error text,
  retry_of uuid,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  check ((status = 'running') = (lease_expires_at is not null)),
  check ((finished_at is not null) = (status in ('success', 'error', 'cancelled'))),
  check ((approved_at is null) = (approved_by is null)),
  check (status <> 'awaiting_approval' or plan_digest is not null)
);
comment on table ops.runs is 'One row per run of a runbook. Runs of schedules are ops.cron_runs.';
comment on column ops.runs.template is 'ops.run_templates.slug at the time; a run outlives its template.';
comment on column ops.runs.source is 'How it was started: button, comment, cli, row, schedule, api.';
comment on column ops.runs.actor is 'Who started it, in words, where that is no user of this database (github:ada).';
comment on column ops.runs.created_by is 'The user whose run it is: sub of the JWT.';
comment on column ops.runs.plan is 'What preflight found would be done; plan_digest names exactly this.';
comment on column ops.runs.approved_digest is 'The digest that was approved. Nothing is executed under another.';
comment on column ops.runs.attempt is 'Grows with every claim, also with the one after an approval. Events are counted anew in each.';
comment on column ops.runs.crashes is 'Claims that ended in silence; at max_attempts the run is an error.';
comment on column ops.runs.lease_token is 'The fencing token: grows with every claim and with every rescue. Who writes under another changes nothing and is told.';
comment on column ops.runs.url is 'Where it runs, for example the page of the workflow run.';
create index runs_queued on ops.runs (id) where status = 'queued';
create index runs_open on ops.runs (id) where finished_at is null;
create index runs_leased on ops.runs (lease_expires_at) where status = 'running';
create index runs_created_by on ops.runs (created_by, id desc);
create index runs_template on ops.runs (template, id desc);
create index runs_finished on ops.runs (finished_at) where finished_at is not null;
select ops.restrict_table('ops.runs', 'select', 'insert');
select ops.allow_read('ops.runs', 'created_by = (select ops.current_user_id()) or (select ops.is_admin())');

create table ops.run_events (
  run_id uuid not null,
  created_by uuid,
  at timestamptz not null default clock_timestamp(),
  attempt integer not null,
  seq integer not null,
  level text not null default 'info' check (level in ('debug', 'info', 'notice', 'warning', 'error')),
  source text not null default 'executor',
  message text not null,
  data jsonb,
  primary key (run_id, attempt, seq)
) partition by range (run_id);
-- No foreign key, as for ops.build_events: ops.append_run_events has looked.
comment on table ops.run_events is
  'The log of runs, append-only. Partitioned by the time inside the run''s id, so all of a log is in one partition and goes with it.';
comment on column ops.run_events.created_by is 'The user whose run it is, copied: each line is read under row level security without a look at its run.';
comment on column ops.run_events.attempt is 'Claim that wrote it. Attempt 0 is the control room itself: queued, claimed, approved, lost.';
comment on column ops.run_events.seq is 'The writer''s own count. (run_id, attempt, seq) is one line, however often it is sent, and the key a log is paged by.';
select ops.restrict_table('ops.run_events', 'select');
select ops.allow_read('ops.run_events', 'created_by = (select ops.current_user_id()) or (select ops.is_admin())');
select ops.register_partitions('run_events', 'uuid', '1 month', '180 days');

-- Callers hold the lock on the run's row, so that two never take the same number.
create function ops.note_run(p_run_id uuid, p_created_by uuid, p_message text, p_level text default 'info', p_data jsonb default null)
returns void
language sql
set search_path = ''
as $$
  insert into ops.run_events (run_id, created_by, attempt, seq, level, source, message, data)
  select p_run_id, p_created_by, 0, coalesce(max(e.seq), 0) + 1, p_level, 'control-room', p_message, p_data
  from ops.run_events e
  where e.run_id = p_run_id and e.attempt = 0
$$;
comment on function ops.note_run(uuid, uuid, text, text, jsonb) is 'Write what the control room did with a run into its log, as attempt 0.';
select ops.restrict_function('ops.note_run(uuid, uuid, text, text, jsonb)');

-- Security definer: service_role may make a row and so start a run, but writes neither its log nor its job itself.
create function ops.follow_run()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform ops.note_run(
    new.id, new.created_by,
    case new.status
      when 'queued' then case when tg_op = 'INSERT' then 'queued' when new.approved_at is not null and old.status = 'awaiting_approval'
        then 'approved by ' || new.approved_by else 'queued again: its executor went silent' end
      when 'running' then 'claimed by ' || new.worker
      when 'awaiting_approval' then 'waits for approval of plan ' || left(new.plan_digest, 12)
      when 'success' then 'succeeded'
      when 'error' then 'failed: ' || coalesce(left(new.error, 1000), 'no reason was given')
      else 'cancelled' || coalesce(': ' || left(new.error, 1000), '')
    end,
    case new.status when 'error' then 'error' when 'cancelled' then 'warning' when 'awaiting_approval' then 'notice' else 'info' end,
    jsonb_build_object('status', new.status)
  );
  if new.status = 'queued' then
    -- The queue wakes whoever executes runs; who comes first claims the run, and the other finds nothing to do.
    perform ops.enqueue_job('runbook_run', jsonb_build_object('run_id', new.id), p_unique_key => new.id::text);
  end if;
  return null;
end
$$;
comment on function ops.follow_run() is 'Trigger: each new status of a run is a line of its log; a queued run is queued as work of type runbook_run.';
select ops.restrict_function('ops.follow_run()');
create trigger follow_new_run after insert on ops.runs for each row execute function ops.follow_run();
create trigger follow_run after update of status on ops.runs
  for each row when (new.status <> old.status) execute function ops.follow_run();

create function ops.upsert_run_template(
  p_slug text,
  p_title text,
  p_template_yaml text,
  p_description text default '',
  p_kind text default 'runbook',
  p_environments text[] default null,
  p_approval text[] default '{}',
  p_self_approval boolean default false,
  p_max_attempts integer default 1
)
returns boolean
language sql
set search_path = ''
as $$
  with written as (
    insert into ops.run_templates as t (
      slug, title, template_yaml, description, kind, environments, approval, self_approval, max_attempts
    )
    values (
      p_slug, p_title, p_template_yaml, coalesce(p_description, ''), coalesce(p_kind, 'runbook'), p_environments,
      coalesce(p_approval, '{}'), coalesce(p_self_approval, false), coalesce(p_max_attempts, 1)
    )
    on conflict (slug) do update
    set title = excluded.title, template_yaml = excluded.template_yaml, description = excluded.description, kind = excluded.kind,
        environments = excluded.environments, approval = excluded.approval, self_approval = excluded.self_approval,
        max_attempts = excluded.max_attempts, updated_at = now()
    where (t.title, t.template_yaml, t.description, t.kind, t.environments, t.approval, t.self_approval, t.max_attempts)
      is distinct from (
        excluded.title, excluded.template_yaml, excluded.description, excluded.kind, excluded.environments, excluded.approval,
        excluded.self_approval, excluded.max_attempts
      )
    returning t.slug
  )
  select exists (select from written)
$$;
comment on function ops.upsert_run_template(text, text, text, text, text, text[], text[], boolean, integer) is
  'Write a runbook. False when it was exactly so already.';
select ops.restrict_function(
  'ops.upsert_run_template(text, text, text, text, text, text[], text[], boolean, integer)', 'service_role'
);

create function ops.upsert_spec_doc(p_slug text, p_title text, p_content text)
returns boolean
language sql
set search_path = ''
as $$
  with written as (
    insert into ops.spec_docs as d (slug, title, content)
    values (p_slug, p_title, p_content)
    on conflict (slug) do update
    set title = excluded.title, content = excluded.content, updated_at = now()
    where (d.title, d.content) is distinct from (excluded.title, excluded.content)
    returning d.slug
  )
  select exists (select from written)
$$;
comment on function ops.upsert_spec_doc(text, text, text) is 'Write a document. False when it was exactly so already.';
select ops.restrict_function('ops.upsert_spec_doc(text, text, text)', 'service_role');

-- Pages follow a run by Realtime where there is such a thing. Publishing is its owner's to do; a project without it, or with
-- another owner, still has everything but the live view.
do $$
declare
  v_table text;
begin
  if not exists (select from pg_catalog.pg_publication p where p.pubname = 'supabase_realtime' and not p.puballtables) then
    return;
  end if;
  foreach v_table in array array['runs', 'run_events', 'artifacts', 'build_events'] loop
    if to_regclass('ops.' || v_table) is not null and not exists (
      select
      from pg_catalog.pg_publication_rel r
      join pg_catalog.pg_publication p on p.oid = r.prpubid
      where p.pubname = 'supabase_realtime' and r.prrelid = to_regclass('ops.' || v_table)
    ) then
      execute format('alter publication supabase_realtime add table ops.%I', v_table);
    end if;
  end loop;
exception
  when insufficient_privilege then
    raise notice 'publication supabase_realtime is not ours to change: its owner may add ops.runs, run_events, artifacts and build_events';
end
$$;
