-- Why      What a build says while it runs: lines that arrive in batches, sometimes twice, and are never changed.
-- Objects  table ops.build_events (partitioned by month); functions ops.note_build, ops.forget_build_events.
-- Locks    New objects only. Rollback: drop them; logs are lost.

create table ops.build_events (
  build_id uuid not null,
  org_id uuid not null,
  at timestamptz not null default clock_timestamp(),
  attempt integer not null,
  seq integer not null,
  kind text not null default 'log',
  level text not null default 'info' check (level in ('debug', 'info', 'notice', 'warning', 'error')),
  step text,
  message text not null,
  data jsonb,
  primary key (build_id, attempt, seq)
) partition by range (build_id);
-- No foreign key: checking each line against its build would double the price of a log. ops.append_build_events, the only
-- writer, has looked; a trigger takes the log of a deleted build with it.
comment on table ops.build_events is
  'The log of builds, append-only. Partitioned by the time inside the build''s id, so all of a log is in one partition and goes with it.';
comment on column ops.build_events.at is 'When it happened, by the writer''s clock. The order of a log is (attempt, seq).';
comment on column ops.build_events.attempt is
  'Try of the build that wrote it. Attempt 0 is the control room itself: queued, taken, cancelled, lost.';
comment on column ops.build_events.seq is
  'The writer''s own count. (build_id, attempt, seq) is one line, however often it is sent, and the key a log is paged by.';
comment on column ops.build_events.kind is 'log: a line. status: a change of state. Others as their writers agree, for example step or artifact.';
comment on column ops.build_events.step is 'Step of the workflow the line belongs to.';
-- Nobody has UPDATE or DELETE, and INSERT only the function that checks who writes.
select ops.restrict_table('ops.build_events', 'select');
select ops.allow_read('ops.build_events', 'org_id = any (array(select ops.my_org_ids()))');
select ops.register_partitions('build_events', 'uuid', '1 month', '90 days');

create function ops.forget_build_events()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  delete from ops.build_events e using removed r where e.build_id = r.id;
  return null;
end
$$;
comment on function ops.forget_build_events() is
  'Trigger: the log of a deleted build goes with it. Security definer: nobody else may delete events.';
select ops.restrict_function('ops.forget_build_events()');
create trigger forget_events after delete on ops.builds
  referencing old table as removed for each statement execute function ops.forget_build_events();

-- Callers hold the lock on the build's row, so that two never take the same number.
create function ops.note_build(
  p_build_id uuid, p_org_id uuid, p_kind text, p_message text, p_level text default 'info', p_data jsonb default null
)
returns void
language sql
set search_path = ''
as $$
  insert into ops.build_events (build_id, org_id, attempt, seq, kind, level, message, data)
  select p_build_id, p_org_id, 0, coalesce(max(e.seq), 0) + 1, p_kind, p_level, p_message, p_data
  from ops.build_events e
  where e.build_id = p_build_id and e.attempt = 0
$$;
comment on function ops.note_build(uuid, uuid, text, text, text, jsonb) is
  'Write what the control room did with a build into its log, as attempt 0.';
select ops.restrict_function('ops.note_build(uuid, uuid, text, text, text, jsonb)');
