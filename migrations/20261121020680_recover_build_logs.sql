-- Why      A story that could not be told while it happened is told afterwards: buffers that recorders left as artifacts of their run, and the logs
--          GitHub has of runs that recorded none of their lines.
-- Objects  tables ops.log_recoveries, ops.buffer_looks; functions ops.recorded_repositories, ops.note_buffers, ops.claim_log_recoveries,
--          ops.settle_log_recovery, ops.build_of_run.
-- Locks    New objects only. Rollback: drop them; buffers stay where they are and `opsroom logs replay` stores them.
--
-- An artifact is what some run of the repository says, and a run of a fork can leave one too. Who stores it asks GitHub whose run it was and
-- ops.build_of_run whose build that is, as ops-record-build does with a token.

create table ops.log_recoveries (
  id uuid primary key default ops.new_id(),
  kind text not null check (kind in ('buffer', 'job_log')),
  repository text not null check (repository = lower(repository)),
  github_run_id bigint not null,
  artifact_id bigint,
  build_id uuid references ops.builds (id) on delete cascade,
  attempt integer,
  state text not null default 'open' check (state in ('open', 'stored', 'nothing', 'stale', 'refused', 'gone')),
  tries integer not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  lines integer,
  error text,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  check ((kind = 'buffer') = (artifact_id is not null)),
  check (kind = 'buffer' or build_id is not null and attempt is not null),
  check ((settled_at is null) = (state = 'open'))
);
comment on table ops.log_recoveries is
  'Stories to be told after the fact, each once. buffer: an artifact of a run with what its recorder could not store. job_log: a build that has ended and has no line of its own. stored: told. nothing: there were lines by then. stale: its build is at another attempt. refused: it is not that run''s to tell. gone: GitHub has it no longer, or ten tries failed.';
comment on column ops.log_recoveries.tries is 'How often it was taken; also the fencing token of who took it last.';
comment on column ops.log_recoveries.next_at is 'When it may be taken again.';
create unique index log_recoveries_artifact on ops.log_recoveries (repository, artifact_id) where artifact_id is not null;
create unique index log_recoveries_attempt on ops.log_recoveries (build_id, attempt) where kind = 'job_log';
create index log_recoveries_open on ops.log_recoveries (next_at) where state = 'open';
create index log_recoveries_build on ops.log_recoveries (build_id) where build_id is not null;
select ops.restrict_table('ops.log_recoveries', 'select');

create table ops.buffer_looks (
  repository text primary key check (repository = lower(repository)),
  looked_until timestamptz not null
);
comment on table ops.buffer_looks is 'How far the artifacts of each repository were looked through for buffers of recorders.';
select ops.restrict_table('ops.buffer_looks', 'select');

create function ops.recorded_repositories()
returns table (repository text, looked_until timestamptz)
language sql
stable
set search_path = ''
as $$
  select r.repository, l.looked_until
  from (
    select distinct lower(ops.repository_name(p.repo_url)) as repository
    from ops.projects p
    where p.repo_url is not null and p.archived_at is null
  ) r
  left join ops.buffer_looks l on l.repository = r.repository
  order by r.repository
  limit 1000
$$;
comment on function ops.recorded_repositories() is
  'Repositories of projects, as owner/name in small letters, and until when their artifacts were looked through; null for never.';
select ops.restrict_function('ops.recorded_repositories()', 'service_role');

-- Security definer: service_role reads these tables and writes them through here only.
create function ops.note_buffers(p_repository text, p_buffers jsonb, p_looked_until timestamptz)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_count integer;
begin
  insert into ops.log_recoveries (kind, repository, github_run_id, artifact_id)
  select 'buffer', lower(p_repository), b.run_id, b.artifact_id
  from jsonb_to_recordset(p_buffers) as b (run_id bigint, artifact_id bigint)
  limit 1000
  on conflict (repository, artifact_id) where artifact_id is not null do nothing;
  get diagnostics v_count = row_count;
  insert into ops.buffer_looks as l (repository, looked_until)
  values (lower(p_repository), p_looked_until)
  on conflict (repository) do update set looked_until = greatest(l.looked_until, excluded.looked_until);
  return v_count;
end
$$;
comment on function ops.note_buffers(text, jsonb, timestamptz) is
  'Artifacts that look like buffers of recorders ([{run_id, artifact_id}]), and until when the repository''s artifacts are known by now. Returns how many are new.';
select ops.restrict_function('ops.note_buffers(text, jsonb, timestamptz)', 'service_role');

-- Security definer, as ops.note_buffers.
create function ops.claim_log_recoveries(
  p_repositories text[], p_limit integer default 20, p_grace interval default '30 seconds', p_hold interval default '10 minutes'
)
returns table (
  id uuid, tries integer, kind text, repository text, github_run_id bigint, github_run_attempt integer, artifact_id bigint, build_id uuid,
  attempt integer
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  -- Neither a buffer nor a log of GitHub's outlives ninety days there.
  delete from ops.log_recoveries r
  where r.id in (
    select o.id from ops.log_recoveries o where o.id < ops.id_floor(v_now - interval '120 days') and o.state <> 'open' order by o.id limit 1000
  );
  insert into ops.log_recoveries (kind, repository, github_run_id, build_id, attempt, next_at)
  select 'job_log', lower(d.repository), b.github_run_id, b.id, b.attempt, v_now
  from ops.builds b
  join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  where b.id > ops.id_floor(v_now - interval '14 days')
    and b.status in ('succeeded', 'almost', 'failed', 'cancelled', 'lost')
    -- Its last lines, or the artifact with them, may be on their way.
    and b.finished_at between v_now - interval '7 days' and v_now - p_grace
    and b.github_run_id is not null
    and lower(d.repository) in (select lower(r) from unnest(p_repositories) r)
    and not exists (select from ops.build_events e where e.build_id = b.id and e.attempt = b.attempt)
    and not exists (select from ops.log_recoveries r where r.kind = 'job_log' and r.build_id = b.id and r.attempt = b.attempt)
  order by b.id
  limit 1000
  on conflict (build_id, attempt) where kind = 'job_log' do nothing;
  update ops.log_recoveries r
  set state = 'gone', settled_at = v_now, error = coalesce(r.error, 'ten tries failed')
  where r.state = 'open' and r.next_at <= v_now and r.tries >= 10;
  return query
    with due as (
      select o.id
      from ops.log_recoveries o
      where o.state = 'open' and o.next_at <= v_now
        and o.repository in (select lower(r) from unnest(p_repositories) r)
        -- What the recorder itself has to say comes first, and makes the copy of GitHub needless.
        and (o.kind = 'buffer' or not exists (
          select
          from ops.log_recoveries u
          where u.kind = 'buffer' and u.state = 'open' and u.repository = o.repository and u.github_run_id = o.github_run_id
        ))
      order by o.next_at, o.id
      limit least(greatest(p_limit, 1), 1000)
      for no key update skip locked
    ), taken as (
      update ops.log_recoveries r
      set tries = r.tries + 1, next_at = v_now + p_hold
      from due
      where r.id = due.id
      returning r.id, r.tries, r.kind, r.repository, r.github_run_id, r.artifact_id, r.build_id, r.attempt
    )
    select t.id, t.tries, t.kind, t.repository, t.github_run_id, b.github_run_attempt, t.artifact_id, t.build_id, t.attempt
    from taken t
    left join ops.builds b on b.id = t.build_id
    order by t.kind, t.id;
end
$$;
comment on function ops.claim_log_recoveries(text[], integer, interval, interval) is
  'Stories of these repositories to be told now: builds that ended without a line are found, then what is due is given out, to one taker for p_hold. Who takes one settles it under its number of tries.';
select ops.restrict_function('ops.claim_log_recoveries(text[], integer, interval, interval)', 'service_role');

-- Security definer, as ops.note_buffers.
create function ops.settle_log_recovery(
  p_id uuid, p_tries integer, p_state text, p_lines integer default null, p_error text default null, p_build_id uuid default null,
  p_attempt integer default null, p_again_in interval default '1 minute'
)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update ops.log_recoveries r
  set state = p_state,
      settled_at = case when p_state <> 'open' then v_now end,
      next_at = case when p_state = 'open' then v_now + p_again_in else r.next_at end,
      lines = p_lines,
      error = left(ops.redact_text(p_error), 2000),
      build_id = coalesce(p_build_id, r.build_id),
      attempt = coalesce(p_attempt, r.attempt)
  where r.id = p_id and r.tries = p_tries and r.state = 'open';
  return found;
end
$$;
comment on function ops.settle_log_recovery(uuid, integer, text, integer, text, uuid, integer, interval) is
  'What became of a story: a final state, or open, to be tried again after p_again_in. False when somebody else has it by now. In the transaction that stores its lines it makes both happen once.';
select ops.restrict_function('ops.settle_log_recovery(uuid, integer, text, integer, text, uuid, integer, interval)', 'service_role');

-- Security definer, as ops.record_build_from_run: it asks ops.admit_build_writer.
create function ops.build_of_run(
  p_claims jsonb, p_build_id uuid, out outcome text, out build_id uuid, out attempt integer, out status text, out last_seq integer
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_run_id bigint := (p_claims ->> 'run_id')::bigint;
  v_run_attempt integer := (p_claims ->> 'run_attempt')::integer;
  v_build record;
begin
  select b.id, b.attempt, b.status, coalesce(b.github_run_id, d.github_run_id) as run_id, b.github_run_attempt as run_attempt
  into v_build
  from ops.builds b
  join ops.projects p on p.id = b.project_id
  left join ops.build_dispatches d on d.build_id = b.id and d.attempt = b.attempt
  where b.id = p_build_id
    or p_build_id is null and b.github_run_id = v_run_id and lower(ops.repository_name(p.repo_url)) = lower(p_claims ->> 'repository')
  order by b.id
  limit 1
  for no key update of b;
  if not found then
    outcome := 'none';
    return;
  end if;
  perform ops.admit_build_writer(v_build.id, p_claims, false);
  build_of_run.build_id := v_build.id;
  build_of_run.attempt := v_build.attempt;
  build_of_run.status := v_build.status;
  outcome := case
    when v_build.status = 'queued' then 'none'
    when coalesce(v_build.run_id, v_run_id) <> v_run_id or coalesce(v_build.run_attempt, v_run_attempt) <> v_run_attempt then 'stale'
    when v_build.status = 'dispatched' then 'none'
    else 'found'
  end;
  last_seq := coalesce((
    select e.seq
    from ops.build_events e
    where e.build_id = v_build.id and e.attempt = v_build.attempt
    order by e.seq desc
    limit 1
  ), 0);
end
$$;
comment on function ops.build_of_run(jsonb, uuid) is
  'The build a run may write to, by what GitHub says of the run (p_claims, as of its OIDC token) and the build''s id or the run''s: found, with its attempt, state and last line, locked; none while no run has begun it; stale when it is another run''s or attempt''s. Refuses by insufficient_privilege what ops.admit_build_writer refuses.';
select ops.restrict_function('ops.build_of_run(jsonb, uuid)', 'service_role');
