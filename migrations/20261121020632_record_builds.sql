-- Why      Whatever runs a build writes its story, and nothing else: these are all a recorder may call, as a role that has no other right, or
--          through the function ops-record-build for a run that proved itself by GitHub's OIDC token.
-- Objects  column ops.projects.repository_id; functions ops.require_lease, ops.record_build_start, ops.record_build_heartbeat, ops.record_build_lines,
--          ops.record_build_status, ops.replay_build_status, ops.record_build_artifact, ops.record_build_metrics, ops.admit_build_writer, ops.record_build_from_run.
-- Locks    ACCESS EXCLUSIVE on ops.projects for a moment (a column without default). Rollback: drop the functions and the column.
--
-- The six record_* functions are security definer: a recorder's role may execute them and has no right on any table. Each needs the lease
-- of the attempt it writes to, which only ops.record_build_start gives out. docs/recording.md has the SQL that makes the role.

alter table ops.projects add column if not exists repository_id bigint;
comment on column ops.projects.repository_id is
  'GitHub''s number of the repository. Pinned when the first run of that name proves itself: whoever gets the name later is somebody else.';

create function ops.require_lease(p_lease_token bigint)
returns void
language plpgsql
immutable
set search_path = ''
as $$
begin
  if p_lease_token is null then
    raise exception 'a recorder writes under its lease only'
      using errcode = 'invalid_parameter_value', hint = 'ops.record_build_start answers with the token.';
  end if;
end
$$;
comment on function ops.require_lease(bigint) is 'Refuses a recorder that names no lease.';
select ops.restrict_function('ops.require_lease(bigint)');

create function ops.record_build_start(
  p_build_id uuid, p_run jsonb, p_runner_id text,
  out outcome text, out build_id uuid, out attempt integer, out lease_token bigint, out lease_expires_at timestamptz, out last_seq integer
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_build_id uuid := p_build_id;
  v_run_id bigint := (p_run ->> 'run_id')::bigint;
  v_run_attempt integer := (p_run ->> 'run_attempt')::integer;
begin
  if p_run ->> 'commit' !~ '^[0-9a-f]{40}([0-9a-f]{24})?$' then
    raise exception 'a commit is named by its whole id' using errcode = 'invalid_parameter_value';
  end if;
  if v_run_id is null or v_run_attempt is null or coalesce(p_runner_id, '') = '' then
    raise exception 'a recorder says which run it belongs to, and who it is' using errcode = 'invalid_parameter_value';
  end if;
  if v_build_id is null then
    v_build_id := (
      select o.build_id
      from ops.open_build(
        p_project_slug => p_run ->> 'project',
        p_branch => p_run ->> 'branch',
        p_trigger => coalesce(p_run ->> 'trigger', 'push'),
        p_github_run_id => v_run_id,
        p_github_run_attempt => v_run_attempt,
        p_repository => p_run ->> 'repository',
        p_sha => coalesce(p_run ->> 'commit', p_run ->> 'sha')
      ) o
    );
    -- What the queue would do at commit it does now, while we have its owner's rights: the recorder's role has none on it.
    set constraints ops.queued_jobs_serial_order immediate;
    set constraints ops.queued_jobs_serial_order deferred;
  end if;
  select s.attempt, s.lease_token, s.lease_expires_at
  into record_build_start.attempt, record_build_start.lease_token, record_build_start.lease_expires_at
  from ops.start_build_run(v_build_id, v_run_id, v_run_attempt, left(p_runner_id, 200)) s;
  record_build_start.build_id := v_build_id;
  if record_build_start.lease_token is null then
    outcome := 'stale';
    return;
  end if;
  outcome := 'started';
  -- Who ordered the build need not have known which commit it would be.
  update ops.builds b
  set commit_sha = coalesce(p_run ->> 'commit', p_run ->> 'sha')
  where b.id = v_build_id and b.commit_sha is null and coalesce(p_run ->> 'commit', p_run ->> 'sha') is not null;
  -- A later job of the same run goes on where the former stopped.
  last_seq := coalesce((
    select e.seq
    from ops.build_events e
    where e.build_id = v_build_id and e.attempt = record_build_start.attempt
    order by e.seq desc
    limit 1
  ), 0);
end
$$;
comment on function ops.record_build_start(uuid, jsonb, text) is
  'A run begins to write to its build: p_run holds run_id and run_attempt, and without a build id also repository, branch, sha, trigger and project (its slug), from which the build is opened; commit is what is built when that is not sha, the commit of the run. outcome: started, with the lease and the number of the last line there is; stale when another run has the build.';
select ops.restrict_function('ops.record_build_start(uuid, jsonb, text)', 'service_role');

create function ops.record_build_heartbeat(
  p_build_id uuid, p_lease_token bigint, p_lease interval default '5 minutes', out verdict text, out lease_expires_at timestamptz
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  perform ops.require_lease(p_lease_token);
  select h.verdict, h.lease_expires_at
  into record_build_heartbeat.verdict, record_build_heartbeat.lease_expires_at
  from ops.heartbeat_build(p_build_id, p_lease_token, least(p_lease, interval '1 hour')) h;
end
$$;
comment on function ops.record_build_heartbeat(uuid, bigint, interval) is 'ops.heartbeat_build for a recorder: its lease is required, and lasts an hour at most.';
select ops.restrict_function('ops.record_build_heartbeat(uuid, bigint, interval)', 'service_role');

create function ops.record_build_lines(
  p_build_id uuid, p_attempt integer, p_lease_token bigint, p_first_seq integer, p_lines text, p_at timestamptz[] default null,
  p_levels text[] default null, p_steps text[] default null, p_kind text default 'log', out outcome text, out inserted integer
)
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform ops.require_lease(p_lease_token);
  select a.outcome, a.inserted
  into record_build_lines.outcome, record_build_lines.inserted
  from ops.append_build_events(
    p_build_id, p_attempt, p_first_seq, p_lines, p_lease_token, p_at, p_levels, p_steps, left(p_kind, 40)
  ) a;
end
$$;
comment on function ops.record_build_lines(uuid, integer, bigint, integer, text, timestamptz[], text[], text[], text) is
  'ops.append_build_events for a recorder: its lease is required.';
select ops.restrict_function(
  'ops.record_build_lines(uuid, integer, bigint, integer, text, timestamptz[], text[], text[], text)', 'service_role'
);

create function ops.record_build_status(
  p_build_id uuid, p_attempt integer, p_lease_token bigint, p_status text, p_error text default null, p_result jsonb default null,
  p_environment_url text default null, out outcome text, out status text
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  perform ops.require_lease(p_lease_token);
  if p_status is null or p_status not in ('running', 'succeeded', 'almost', 'failed', 'cancelled') then
    raise exception 'a recorder does not make a build %', coalesce(p_status, 'null') using errcode = 'invalid_parameter_value';
  end if;
  if p_environment_url !~ '^https?://' then
    raise exception 'a deployment is seen at an http address' using errcode = 'invalid_parameter_value';
  end if;
  select s.outcome, s.status
  into record_build_status.outcome, record_build_status.status
  from ops.set_build_status(
    p_build_id, p_status, p_lease_token, p_attempt, p_error, p_result, p_environment_url => p_environment_url
  ) s;
exception
  -- Who asked GitHub was faster, and knew the truth.
  when sqlstate 'PT409' then
    outcome := 'ended';
    record_build_status.status := (select b.status from ops.builds b where b.id = p_build_id);
end
$$;
comment on function ops.record_build_status(uuid, integer, bigint, text, text, jsonb, text) is
  'ops.set_build_status for a recorder: its lease is required, and a build that ended otherwise is no error (outcome: ended).';
select ops.restrict_function('ops.record_build_status(uuid, integer, bigint, text, text, jsonb, text)', 'service_role');

-- Security definer, as ops.set_build_status.
create function ops.replay_build_status(
  p_build_id uuid, p_attempt integer, p_status text, p_error text default null, p_result jsonb default null,
  p_environment_url text default null, out outcome text, out status text
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
declare
  v_org_id uuid;
begin
  select s.outcome, s.status
  into replay_build_status.outcome, replay_build_status.status
  from ops.set_build_status(
    p_build_id, p_status, p_attempt => p_attempt, p_error => p_error, p_result => p_result, p_environment_url => p_environment_url
  ) s;
exception
  when sqlstate 'PT409' then
    -- GitHub was asked before the buffer was found, and says only that a run succeeded or failed: that there were warnings, or that somebody
    -- had stopped it, its recorder alone knows.
    update ops.builds b
    set status = p_status, result = coalesce(p_result, b.result), environment_url = coalesce(p_environment_url, b.environment_url),
        updated_at = clock_timestamp()
    where b.id = p_build_id and b.attempt = p_attempt
      and (
        b.status = 'succeeded' and p_status = 'almost'
        or b.status = 'failed' and p_status = 'cancelled' and b.cancel_requested_at is not null
      )
    returning b.org_id into v_org_id;
    outcome := case when v_org_id is null then 'ended' else 'changed' end;
    if v_org_id is not null then
      perform ops.note_build(
        p_build_id, v_org_id, 'status', p_status || ': its recorder said so later', 'warning',
        jsonb_build_object('status', p_status, 'attempt', p_attempt)
      );
    end if;
    replay_build_status.status := (select b.status from ops.builds b where b.id = p_build_id);
end
$$;
comment on function ops.replay_build_status(uuid, integer, text, text, jsonb, text) is
  'ops.set_build_status for the buffer of a run whose lease is over: its attempt must be the current one, and a build that ended otherwise is no error (outcome: ended). Of one that ended by GitHub''s word alone it may still say that it had warnings, or that it was stopped.';
select ops.restrict_function('ops.replay_build_status(uuid, integer, text, text, jsonb, text)', 'service_role');

create function ops.record_build_artifact(
  p_build_id uuid, p_attempt integer, p_lease_token bigint, p_name text, p_kind text default 'file', p_url text default null,
  p_size_bytes bigint default null, p_sha256 text default null, p_media_type text default null, p_expires_at timestamptz default null,
  out outcome text, out artifact_id uuid
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
  perform ops.require_lease(p_lease_token);
  if p_url is not null and p_url !~ '^https?://' then
    raise exception 'an artifact lies at an http address' using errcode = 'invalid_parameter_value';
  end if;
  select a.outcome, a.artifact_id
  into record_build_artifact.outcome, record_build_artifact.artifact_id
  from ops.record_artifact(
    p_build_id, left(p_name, 200), p_kind, ops.redact_text(left(p_url, 2000)), p_size_bytes => p_size_bytes, p_sha256 => p_sha256,
    p_media_type => p_media_type, p_expires_at => p_expires_at, p_attempt => p_attempt, p_lease_token => p_lease_token
  ) a;
end
$$;
comment on function ops.record_build_artifact(uuid, integer, bigint, text, text, text, bigint, text, text, timestamptz) is
  'ops.record_artifact for a recorder: its lease is required.';
select ops.restrict_function(
  'ops.record_build_artifact(uuid, integer, bigint, text, text, text, bigint, text, text, timestamptz)', 'service_role'
);

create function ops.record_build_metrics(
  p_build_id uuid, p_attempt integer, p_lease_token bigint, p_samples jsonb, p_key text, out outcome text, out inserted integer
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build record;
begin
  perform ops.require_lease(p_lease_token);
  if (ops.build_writer(p_build_id, p_attempt, p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  if jsonb_array_length(p_samples) > 1000 then
    raise exception 'a build sends 1,000 samples at a time' using errcode = 'invalid_parameter_value';
  end if;
  select b.project_id, b.branch_id into strict v_build from ops.builds b where b.id = p_build_id;
  outcome := 'stored';
  inserted := ops.ingest_metrics(
    v_build.project_id, v_build.branch_id, clock_timestamp(), p_samples,
    format('build:%s:%s:%s', p_build_id, p_attempt, left(p_key, 100))
  ) ->> 'inserted';
end
$$;
comment on function ops.record_build_metrics(uuid, integer, bigint, jsonb, text) is
  'Samples of a build''s branch, from its recorder: its lease is required. The same key is stored once.';
select ops.restrict_function('ops.record_build_metrics(uuid, integer, bigint, jsonb, text)', 'service_role');

create function ops.admit_build_writer(p_build_id uuid, p_claims jsonb, p_has_started boolean)
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_build record;
  v_refusal text;
  v_repository text := p_claims ->> 'repository';
  v_repository_id bigint := (p_claims ->> 'repository_id')::bigint;
begin
  select b.github_run_id, b.github_run_attempt, b.status, h.name as branch, h.environment, coalesce(h.workflow, p.workflow) as workflow,
    p.id as project_id, p.repo_url, p.repository_id
  into v_build
  from ops.builds b
  join ops.branches h on h.id = b.branch_id
  join ops.projects p on p.id = b.project_id
  where b.id = p_build_id;
  if not found then
    raise exception 'there is no build %', p_build_id using errcode = 'PT404';
  end if;
  v_refusal := case
    when v_repository_id is null then 'its token names no repository'
    when coalesce(
      v_build.repository_id <> v_repository_id,
      lower(ops.repository_name(v_build.repo_url)) <> lower(v_repository),
      true
    ) then 'it is of another repository'
    when p_claims ->> 'ref' is distinct from 'refs/heads/' || v_build.branch then 'it is of another branch'
    when v_build.workflow is not null and not exists (
      select
      from unnest(array[p_claims ->> 'workflow_ref', p_claims ->> 'job_workflow_ref']) as w (ref)
      where lower(split_part(w.ref, '@', 1)) = lower(v_repository || '/.github/workflows/' || regexp_replace(v_build.workflow, '^.*/', ''))
    ) then 'it is of another workflow'
    when p_claims ->> 'environment' <> coalesce(v_build.environment, p_claims ->> 'environment') then 'it runs in another environment'
    -- Which run may start is ops.start_build_run's to say: a build that is tried again still names its former run.
    when p_has_started and (v_build.github_run_id, v_build.github_run_attempt)
      is distinct from ((p_claims ->> 'run_id')::bigint, (p_claims ->> 'run_attempt')::integer) then 'it is another run'
  end;
  if v_refusal is not null then
    raise exception 'this run may not write to build %: %', p_build_id, v_refusal using errcode = 'insufficient_privilege';
  end if;
  -- From now on the name alone is not enough.
  update ops.projects p set repository_id = v_repository_id where p.id = v_build.project_id and p.repository_id is null;
end
$$;
comment on function ops.admit_build_writer(uuid, jsonb, boolean) is
  'Compare what a run''s OIDC token says (its claims, verified by the caller) with the build it wants to write to: repository by its number, branch, workflow, environment, run. Refuses by insufficient_privilege.';
select ops.restrict_function('ops.admit_build_writer(uuid, jsonb, boolean)');

-- Security definer, as the functions it calls.
create function ops.record_build_from_run(p_claims jsonb, p_request jsonb)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_build_id uuid := (p_request ->> 'build_id')::uuid;
  v_attempt integer := (p_request ->> 'attempt')::integer;
  v_token bigint := (p_request ->> 'lease_token')::bigint;
  v_start record;
  v_call jsonb;
  v_answer jsonb;
  v_answers jsonb := '[]';
begin
  if p_request ->> 'op' = 'start' then
    if v_build_id is not null then
      perform ops.admit_build_writer(v_build_id, p_claims, false);
    end if;
    -- What opens a build comes from the token, not from whoever sent it.
    v_start := ops.record_build_start(
      v_build_id,
      jsonb_strip_nulls(jsonb_build_object(
        'run_id', p_claims -> 'run_id', 'run_attempt', p_claims -> 'run_attempt', 'repository', p_claims ->> 'repository',
        'sha', p_claims ->> 'sha', 'branch', nullif(regexp_replace(p_claims ->> 'ref', '^refs/heads/', ''), p_claims ->> 'ref'),
        'trigger', p_request ->> 'trigger', 'project', p_request ->> 'project', 'commit', p_request ->> 'commit'
      )),
      p_request ->> 'runner_id'
    );
    if v_build_id is null then
      perform ops.admit_build_writer(v_start.build_id, p_claims, false);
    end if;
    return to_jsonb(v_start);
  end if;
  perform ops.admit_build_writer(v_build_id, p_claims, true);
  if p_request ->> 'op' = 'heartbeat' then
    return (select to_jsonb(h) from ops.record_build_heartbeat(v_build_id, v_token) h);
  end if;
  for v_call in select c from jsonb_array_elements(p_request -> 'calls') as t (c) loop
    v_answer := case v_call ->> 'op'
      when 'lines' then (
        select to_jsonb(r)
        from ops.record_build_lines(
          v_build_id, v_attempt, v_token, (v_call ->> 'first_seq')::integer, v_call ->> 'lines',
          (select array_agg(e.v::timestamptz order by e.n) from jsonb_array_elements_text(v_call -> 'at') with ordinality as e (v, n)),
          (select array_agg(e.v order by e.n) from jsonb_array_elements_text(v_call -> 'levels') with ordinality as e (v, n)),
          (select array_agg(e.v order by e.n) from jsonb_array_elements_text(v_call -> 'steps') with ordinality as e (v, n)),
          coalesce(v_call ->> 'kind', 'log')
        ) r
      )
      when 'status' then (
        select to_jsonb(r)
        from ops.record_build_status(
          v_build_id, v_attempt, v_token, v_call ->> 'status', v_call ->> 'error', v_call -> 'result', v_call ->> 'environment_url'
        ) r
      )
      when 'artifact' then (
        select to_jsonb(r)
        from ops.record_build_artifact(
          v_build_id, v_attempt, v_token, v_call ->> 'name', coalesce(v_call ->> 'kind', 'file'), v_call ->> 'url',
          (v_call ->> 'size_bytes')::bigint, v_call ->> 'sha256', v_call ->> 'media_type', (v_call ->> 'expires_at')::timestamptz
        ) r
      )
      when 'metrics' then (
        select to_jsonb(r)
        from ops.record_build_metrics(v_build_id, v_attempt, v_token, v_call -> 'samples', v_call ->> 'key') r
      )
      -- Of 20261121020670.
      when 'deployment' then (
        select to_jsonb(r)
        from ops.record_build_deployment(
          v_build_id, v_attempt, v_token, v_call ->> 'environment', v_call ->> 'state', v_call ->> 'environment_url'
        ) r
      )
    end;
    v_answers := v_answers || v_answer;
    exit when v_answer ->> 'outcome' = 'stale';
  end loop;
  return jsonb_build_object('answers', v_answers);
end
$$;
comment on function ops.record_build_from_run(jsonb, jsonb) is
  'What the function ops-record-build does for a run whose OIDC token it verified: start, heartbeat, or write (a list of lines, status, artifact, metrics, deployment; all of them or none, ended by the first stale one).';
select ops.restrict_function('ops.record_build_from_run(jsonb, jsonb)', 'service_role');
