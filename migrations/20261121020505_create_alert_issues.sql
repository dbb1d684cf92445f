-- Why      GitHub has no unique key: two runs, or one whose answer got lost, would open an issue twice. So which issue shows what is
--          decided here, before GitHub is asked, and what came of asking is written down here before anything relies on it.
-- Objects  tables ops.alert_issues, ops.alert_projections; functions ops.begin_alert_projection, ops.end_alert_projection,
--          ops.bind_alerts, ops.forget_alert_issue, ops.attempt_alert_issue, ops.settle_alert_issue, ops.adopt_alert_issue,
--          ops.settle_alert_comment.
-- Locks    New objects; rows of ops.alerts in the order of their dedupe keys. Rollback: drop them; issues stay, and are found by
--          their marker when this comes back.

create table ops.alert_issues (
  id bigint generated always as identity primary key,
  repository text not null,
  kind text not null check (kind in ('alert', 'group', 'storm')),
  key text not null check (length(key) <= 1000),
  marker uuid not null default gen_random_uuid(),
  number integer check (number > 0),
  state text not null default 'none' check (state in ('none', 'open', 'closed')),
  closed_by_people boolean not null default false,
  content text not null default '',
  severity text check (severity in ('info', 'warning', 'critical')),
  told text[] not null default '{}',
  written_at timestamptz,
  changed_at timestamptz,
  opened_at timestamptz,
  closed_at timestamptz,
  retired_at timestamptz,
  attempt text check (attempt in ('create', 'write')),
  attempt_token bigint,
  attempted_at timestamptz,
  say text check (say in ('worsened', 'joined', 'woken', 'reopened', 'resolved')),
  say_key uuid,
  said_at timestamptz,
  check ((number is null) = (state = 'none')),
  check ((attempt is null) = (attempted_at is null)),
  check ((say is null) = (say_key is null))
);
comment on table ops.alert_issues is
  'Which issue of which repository shows which alerts: one row per issue, the last of a key as long as the issue may come back.';
comment on column ops.alert_issues.key is 'alert:<dedupe key>, group:<group>, or storm.';
comment on column ops.alert_issues.marker is 'Stands in the body, so that the issue is found again when the answer to its creation got lost.';
comment on column ops.alert_issues.content is 'Fingerprint of what the body says, without moments and counts.';
comment on column ops.alert_issues.severity is 'What readers were last told; worse than this is news.';
comment on column ops.alert_issues.told is 'Dedupe keys of the alerts that readers were last told are loud: active, not muted. One that is loud now and not among them is news.';
comment on column ops.alert_issues.changed_at is 'updated_at of GitHub''s answer to our last write: what a list says of before is old.';
comment on column ops.alert_issues.attempt is 'A write whose answer we have not got. Of a create nobody knows whether it happened.';
comment on column ops.alert_issues.say is 'A comment that is still to be written; say_key stands in it.';
comment on column ops.alert_issues.said_at is 'When writing it was last tried without an answer.';
create unique index alert_issues_current on ops.alert_issues (repository, key) where retired_at is null;
create unique index alert_issues_number on ops.alert_issues (repository, number) where retired_at is null;
create unique index alert_issues_marker on ops.alert_issues (marker);
select ops.restrict_table('ops.alert_issues', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.alert_issues', '(select ops.is_admin())');

create table ops.alert_projections (
  repository text primary key,
  token bigint not null default 1,
  holder text not null,
  lease_until timestamptz not null,
  etag text,
  not_before timestamptz,
  scanned_at timestamptz,
  finished_at timestamptz,
  result jsonb not null default '{}'
);
comment on table ops.alert_projections is 'Who writes issues of a repository now: one at a time, with a lease, fenced by a token.';
comment on column ops.alert_projections.etag is 'Of the last list of issues, kept when all it said was heeded: while it is valid nobody did anything.';
comment on column ops.alert_projections.not_before is 'GitHub asked us to wait until then.';
comment on column ops.alert_projections.scanned_at is 'When all issues were looked through for ours, as after a restore.';
select ops.restrict_table('ops.alert_projections', 'select', 'insert', 'update');
select ops.allow_read('ops.alert_projections', '(select ops.is_admin())');

create function ops.begin_alert_projection(p_repository text, p_holder text, p_seconds integer default 180)
returns table (
  token bigint, is_ours boolean, holder text, etag text, may_write_at timestamptz, is_early boolean, is_scanned boolean,
  finished_at timestamptz
)
language plpgsql
set search_path = ''
as $$
begin
  return query
    insert into ops.alert_projections as p (repository, holder, lease_until)
    values (p_repository, left(p_holder, 500), clock_timestamp() + make_interval(secs => p_seconds))
    on conflict (repository) do update
    set token = p.token + 1, holder = excluded.holder, lease_until = excluded.lease_until
    where p.lease_until <= clock_timestamp()
    returning p.token, true, p.holder, p.etag, p.not_before, coalesce(p.not_before > clock_timestamp(), false),
      p.scanned_at is not null, p.finished_at;
  if not found then
    return query
      select p.token, false, p.holder, p.etag, p.not_before, false, p.scanned_at is not null, p.finished_at
      from ops.alert_projections p
      where p.repository = p_repository;
  end if;
end
$$;
comment on function ops.begin_alert_projection(text, text, integer) is
  'Take the lease on the issues of a repository. is_ours is false while somebody else has it; is_early when GitHub asked us to wait.';
select ops.restrict_function('ops.begin_alert_projection(text, text, integer)', 'service_role');

create function ops.end_alert_projection(
  p_repository text, p_token bigint, p_etag text, p_wait_seconds integer, p_scanned boolean, p_result jsonb
)
returns boolean
language sql
set search_path = ''
as $$
  with ended as (
    update ops.alert_projections p
    set lease_until = clock_timestamp(),
        etag = p_etag,
        not_before = case when p_wait_seconds > 0 then clock_timestamp() + make_interval(secs => least(p_wait_seconds, 3600)) end,
        scanned_at = case when p_scanned then clock_timestamp() else p.scanned_at end,
        finished_at = clock_timestamp(),
        result = coalesce(p_result, '{}')
    where p.repository = p_repository and p.token = p_token
    returning p.repository
  )
  select exists (select from ended)
$$;
comment on function ops.end_alert_projection(text, bigint, text, integer, boolean, jsonb) is
  'Give the lease back, with what the next run should know. False when somebody else has it by now.';
select ops.restrict_function('ops.end_alert_projection(text, bigint, text, integer, boolean, jsonb)', 'service_role');

create function ops.bind_alerts(
  p_repository text, p_token bigint, p_kind text, p_key text, p_alerts bigint[], p_retire bigint default null
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_issue ops.alert_issues;
begin
  perform from ops.alert_projections p where p.repository = p_repository and p.token = p_token for update;
  if not found then
    return null;
  end if;
  -- An issue that was closed too long ago to come back makes room for a new one.
  update ops.alert_issues i
  set retired_at = clock_timestamp()
  where i.id = p_retire and i.repository = p_repository and i.retired_at is null and i.state = 'closed';
  insert into ops.alert_issues (repository, kind, key)
  values (p_repository, p_kind, p_key)
  on conflict (repository, key) where retired_at is null do nothing;
  select i.* into v_issue from ops.alert_issues i where i.repository = p_repository and i.key = p_key and i.retired_at is null;
  with due as materialized (
    select a.id
    from ops.alerts a
    where a.id = any (p_alerts)
    order by a.dedupe_key collate "C"
    for update
  )
  update ops.alerts a
  set issue_id = v_issue.id,
      issue_repository = case when v_issue.number is not null then v_issue.repository end,
      issue_number = v_issue.number
  from due
  where a.id = due.id;
  return v_issue.id;
end
$$;
comment on function ops.bind_alerts(text, bigint, text, text, bigint[], bigint) is
  'Say which issue shall show these alerts, before there is one. Returns its row, or null when the lease is gone.';
select ops.restrict_function('ops.bind_alerts(text, bigint, text, text, bigint[], bigint)', 'service_role');

create function ops.forget_alert_issue(p_id bigint, p_token bigint)
returns boolean
language sql
set search_path = ''
as $$
  with forgotten as (
    update ops.alert_issues i
    set retired_at = clock_timestamp(), attempt = null, attempted_at = null
    from ops.alert_projections p
    where i.id = p_id and i.number is null and i.retired_at is null and p.repository = i.repository and p.token = p_token
      and not exists (select from ops.alerts a where a.issue_id = i.id and a.resolved_at is null)
    returning i.id
  )
  select exists (select from forgotten)
$$;
comment on function ops.forget_alert_issue(bigint, bigint) is
  'What never became an issue, and has no alert left, need not become one. False when it has, or the lease is gone.';
select ops.restrict_function('ops.forget_alert_issue(bigint, bigint)', 'service_role');

create function ops.attempt_alert_issue(p_id bigint, p_token bigint, p_attempt text, p_seconds integer default 180)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  update ops.alert_projections p
  set lease_until = clock_timestamp() + make_interval(secs => p_seconds)
  from ops.alert_issues i
  where i.id = p_id and p.repository = i.repository and p.token = p_token;
  if not found then
    return false;
  end if;
  update ops.alert_issues i
  set attempt = p_attempt, attempt_token = p_token, attempted_at = clock_timestamp()
  where i.id = p_id and i.retired_at is null
    and case p_attempt
      -- Lists have been seen to lag eight minutes: before that, an issue that cannot be found may be there all the same.
      when 'create' then
        i.number is null and (i.attempt is null or i.attempted_at < clock_timestamp() - interval '10 minutes')
      else i.number is not null
    end;
  return found;
end
$$;
comment on function ops.attempt_alert_issue(bigint, bigint, text, integer) is
  'Write down what we are about to ask of GitHub, and keep the lease. False: do not ask; somebody else has the lease, or a create without an answer may have happened.';
select ops.restrict_function('ops.attempt_alert_issue(bigint, bigint, text, integer)', 'service_role');

create function ops.settle_alert_issue(p_id bigint, p_token bigint, p_outcome text, p_facts jsonb default '{}')
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  v_issue ops.alert_issues;
begin
  select i.* into v_issue from ops.alert_issues i where i.id = p_id and i.attempt_token = p_token and i.attempt is not null for update;
  if not found then
    return false;
  end if;
  case p_outcome
    when 'refused' then
      update ops.alert_issues i set attempt = null, attempted_at = null where i.id = p_id;
    when 'gone' then
      update ops.alert_issues i set attempt = null, attempted_at = null, retired_at = clock_timestamp(), say = null, say_key = null where i.id = p_id;
      update ops.alerts a set issue_id = null, issue_repository = null, issue_number = null where a.issue_id = p_id and a.resolved_at is null;
    when 'done' then
      update ops.alert_issues i
      set attempt = null,
          attempted_at = null,
          number = coalesce(i.number, (p_facts ->> 'number')::integer),
          state = p_facts ->> 'state',
          closed_by_people = coalesce((p_facts ->> 'closed_by_people')::boolean, false),
          content = p_facts ->> 'content',
          severity = coalesce(p_facts ->> 'severity', i.severity),
          told = coalesce((select array_agg(t) from jsonb_array_elements_text(p_facts -> 'told') t), '{}'),
          written_at = clock_timestamp(),
          changed_at = greatest(i.changed_at, (p_facts ->> 'changed_at')::timestamptz),
          opened_at = case when p_facts ->> 'state' = 'open' and i.state <> 'open' then clock_timestamp() else i.opened_at end,
          closed_at = case
            when p_facts ->> 'state' = 'open' then null
            when i.state = 'open' then clock_timestamp()
            else i.closed_at
          end,
          say = p_facts ->> 'say',
          say_key = (p_facts ->> 'say_key')::uuid,
          said_at = case when i.say_key = (p_facts ->> 'say_key')::uuid then i.said_at end
      where i.id = p_id;
      if v_issue.number is null then
        update ops.alerts a
        set issue_repository = v_issue.repository, issue_number = (p_facts ->> 'number')::integer
        where a.issue_id = p_id;
      end if;
  end case;
  return true;
end
$$;
comment on function ops.settle_alert_issue(bigint, bigint, text, jsonb) is
  'What came of an attempt: done (with what is now told), refused (nothing happened), gone (the issue was deleted). Without an answer nothing is settled. False when it was not our attempt.';
select ops.restrict_function('ops.settle_alert_issue(bigint, bigint, text, jsonb)', 'service_role');

create function ops.adopt_alert_issue(
  p_repository text, p_token bigint, p_kind text, p_key text, p_marker uuid, p_number integer, p_state text, p_changed_at timestamptz
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  v_id bigint;
begin
  perform from ops.alert_projections p where p.repository = p_repository and p.token = p_token for update;
  if not found then
    return null;
  end if;
  insert into ops.alert_issues (repository, kind, key, marker)
  values (p_repository, p_kind, p_key, p_marker)
  on conflict do nothing;
  update ops.alert_issues i
  set number = p_number,
      marker = p_marker,
      state = p_state,
      attempt = null,
      attempted_at = null,
      changed_at = p_changed_at,
      opened_at = coalesce(i.opened_at, clock_timestamp()),
      closed_at = case p_state when 'closed' then coalesce(i.closed_at, clock_timestamp()) end
  where i.repository = p_repository and i.key = p_key and i.retired_at is null and (i.number is null or i.number > p_number)
    and not exists (select from ops.alert_issues o where o.repository = p_repository and o.number = p_number and o.retired_at is null)
  returning i.id into v_id;
  update ops.alerts a
  set issue_repository = p_repository, issue_number = p_number
  where a.issue_id = v_id;
  return v_id;
end
$$;
comment on function ops.adopt_alert_issue(text, bigint, text, text, uuid, integer, text, timestamptz) is
  'An issue of ours was found by its marker: after a lost answer, after a restore of the database, or as the older of two. Returns its row; null when the key has an older one, or the lease is gone.';
select ops.restrict_function('ops.adopt_alert_issue(text, bigint, text, text, uuid, integer, text, timestamptz)', 'service_role');

create function ops.settle_alert_comment(p_id bigint, p_token bigint, p_key uuid, p_outcome text)
returns boolean
language sql
set search_path = ''
as $$
  with settled as (
    update ops.alert_issues i
    set say = case p_outcome when 'said' then null else i.say end,
        say_key = case p_outcome when 'said' then null else i.say_key end,
        said_at = case p_outcome when 'trying' then clock_timestamp() end
    from ops.alert_projections p
    where i.id = p_id and i.say_key = p_key and p.repository = i.repository and p.token = p_token
    returning i.id
  )
  select exists (select from settled)
$$;
comment on function ops.settle_alert_comment(bigint, bigint, uuid, text) is
  'A comment is about to be written (trying), was written (said), or was refused. False: do not write it, it is not wanted any more or the lease is gone.';
select ops.restrict_function('ops.settle_alert_comment(bigint, bigint, uuid, text)', 'service_role');
