-- Why      A trigger becomes a build, and a build is in exactly one state until it ends.
-- Objects  tables ops.builds, ops.build_leases; functions ops.build_is_final, ops.build_may_become, ops.count_builds.
-- Locks    New objects only. Rollback: drop them; the history of builds is lost.

create function ops.build_is_final(p_status text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select p_status in ('succeeded', 'almost', 'failed', 'cancelled', 'lost')
$$;
comment on function ops.build_is_final(text) is 'Whether a build in this state has ended. A lost one may still turn out otherwise.';
select ops.restrict_function('ops.build_is_final(text)', 'authenticated', 'service_role');

create function ops.build_may_become(p_from text, p_to text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select (p_from, p_to) in (
    ('queued', 'dispatched'), ('queued', 'running'), ('queued', 'failed'), ('queued', 'cancelled'),
    -- Back to queued: the dispatch did not arrive, or the lease ran out with tries left.
    ('dispatched', 'queued'), ('dispatched', 'running'),
    -- A short run may end before its start was reported.
    ('dispatched', 'succeeded'), ('dispatched', 'almost'), ('dispatched', 'failed'), ('dispatched', 'cancelled'),
    ('dispatched', 'lost'),
    ('running', 'queued'), ('running', 'succeeded'), ('running', 'almost'), ('running', 'failed'), ('running', 'cancelled'),
    ('running', 'lost'),
    -- GitHub knew the truth after all.
    ('lost', 'succeeded'), ('lost', 'almost'), ('lost', 'failed'), ('lost', 'cancelled')
  )
$$;
comment on function ops.build_may_become(text, text) is
  'The table of allowed changes of a build''s state. Trying again is ops.retry_build, not a change of state.';
select ops.restrict_function('ops.build_may_become(text, text)', 'authenticated', 'service_role');

create table ops.builds (
  -- Events find their partition by the time inside this id.
  id uuid primary key default ops.new_id() check (substr(id::text, 15, 1) = '7'),
  org_id uuid not null,
  project_id uuid not null references ops.projects (id) on delete cascade,
  branch_id uuid not null references ops.branches (id) on delete cascade,
  status text not null default 'queued' check (
    status in ('queued', 'dispatched', 'running', 'succeeded', 'almost', 'failed', 'cancelled', 'lost')
  ),
  trigger text not null default 'manual' check (
    trigger in ('manual', 'api', 'push', 'dispatch', 'schedule', 'rebuild', 'rollback')
  ),
  actor text,
  requested_by uuid,
  idempotency_key text check (idempotency_key <> ''),
  commit_sha text check (commit_sha ~ '^[0-9a-f]{7,64}$'),
  commit_message text,
  commit_author text,
  inputs jsonb not null default '{}' check (jsonb_typeof(inputs) = 'object'),
  attempt integer not null default 0 check (attempt >= 0),
  queue_id bigint,
  github_run_id bigint,
  github_run_attempt integer,
  github_run_url text,
  environment_url text,
  error text,
  result jsonb,
  cancel_requested_at timestamptz,
  created_at timestamptz not null default now(),
  queued_at timestamptz,
  dispatched_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null default now(),
  check ((finished_at is not null) = (status in ('succeeded', 'almost', 'failed', 'cancelled', 'lost')))
);
comment on table ops.builds is 'One row a build of a branch. Written by functions only, which keep to ops.build_may_become.';
comment on column ops.builds.org_id is 'Of the branch, like project_id; filled by a trigger.';
comment on column ops.builds.status is 'almost: succeeded with warnings. lost: its runner fell silent, and nobody knows better yet.';
comment on column ops.builds.actor is 'Who or what asked for it, as people say it: a name, a workflow, a schedule.';
comment on column ops.builds.requested_by is 'The signed-in user behind the trigger, if any.';
comment on column ops.builds.idempotency_key is 'A trigger sent twice with the same key is one build of the project.';
comment on column ops.builds.attempt is 'Number of the current try; 0 until somebody took the build. Lines of earlier tries stay in the log.';
comment on column ops.builds.queue_id is 'ops.job_queue.id of the current or last try. No foreign key: the queue forgets what is done.';
comment on column ops.builds.cancel_requested_at is
  'Somebody wants the running build to stop; its runner hears of it with the next heartbeat, and its end says what came of it.';
comment on column ops.builds.error is 'Why it failed, was cancelled or counts as lost.';
create unique index builds_idempotency_key on ops.builds (project_id, idempotency_key) where idempotency_key is not null;
create index builds_branch on ops.builds (branch_id, id desc);
create index builds_project on ops.builds (project_id, id desc);
create index builds_open on ops.builds (project_id, id) where status in ('queued', 'dispatched', 'running');
create index builds_queue_id on ops.builds (queue_id) where queue_id is not null;
create index builds_github_run on ops.builds (github_run_id) where github_run_id is not null;
select ops.restrict_table('ops.builds', 'select');
select ops.allow_read('ops.builds', 'org_id = any (array(select ops.my_org_ids()))');
create trigger inherit_org before insert or update of org_id, project_id, branch_id on ops.builds
  for each row execute function ops.inherit_from_branch();

-- Apart from the build: members read builds and not tokens, and a heartbeat is no news for who follows the builds.
create table ops.build_leases (
  build_id uuid primary key references ops.builds (id) on delete cascade,
  attempt integer not null,
  token bigint not null,
  runner_id text not null,
  expires_at timestamptz not null,
  heartbeat_at timestamptz not null default now()
);
comment on table ops.build_leases is
  'Who may write to a build now. A writer with another token, or whose lease ran out, changes nothing.';
comment on column ops.build_leases.token is 'The fencing token of the queue (ops.job_leases.token): it grows with every claim.';
comment on column ops.build_leases.expires_at is 'Moved on by ops.heartbeat_build. After the end, an hour in which the last lines may still come.';
create index build_leases_expires_at on ops.build_leases (expires_at);
select ops.restrict_table('ops.build_leases', 'select');

create function ops.count_builds()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    update ops.branches b
    set build_count = b.build_count + n.builds
    from (select a.branch_id, count(*) as builds from added a group by a.branch_id) n
    where b.id = n.branch_id;
  else
    update ops.branches b
    set build_count = b.build_count - n.builds
    from (select r.branch_id, count(*) as builds from removed r group by r.branch_id) n
    where b.id = n.branch_id;
  end if;
  return null;
end
$$;
comment on function ops.count_builds() is 'Trigger: keeps ops.branches.build_count, once a statement.';
select ops.restrict_function('ops.count_builds()');
create trigger count_added after insert on ops.builds
  referencing new table as added for each statement execute function ops.count_builds();
create trigger count_removed after delete on ops.builds
  referencing old table as removed for each statement execute function ops.count_builds();
