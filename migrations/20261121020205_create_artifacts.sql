-- Why      What a build or a runbook run leaves behind: a link, a diff, a file, a dump.
-- Objects  table ops.artifacts; functions ops.inherit_from_build, ops.record_artifact, ops.build_artifacts.
-- Locks    New objects only. Rollback: drop them.

create table ops.artifacts (
  id uuid primary key default ops.new_id(),
  org_id uuid,
  build_id uuid references ops.builds (id) on delete cascade,
  -- The table of runs comes with a later migration, and the foreign key with it.
  run_id uuid,
  attempt integer not null default 0 check (attempt >= 0),
  kind text not null default 'file' check (kind in ('link', 'diff', 'file', 'log', 'image', 'dump')),
  name text not null check (name <> ''),
  url text,
  storage_path text,
  content text check (octet_length(content) <= 262144),
  media_type text,
  size_bytes bigint check (size_bytes >= 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  check (num_nonnulls(build_id, run_id) = 1)
);
comment on table ops.artifacts is 'What builds and runbook runs leave behind: where it is, or a small text itself.';
comment on column ops.artifacts.org_id is 'Of the build, filled by a trigger. An artifact of a run is seen by whoever sees the run.';
comment on column ops.artifacts.content is 'A text of up to 256 KiB, such as a diff; what is larger lies at url or storage_path.';
comment on column ops.artifacts.storage_path is 'bucket/path in Supabase Storage.';
comment on column ops.artifacts.expires_at is 'When it is gone at url, for example the end of GitHub''s retention.';
create unique index artifacts_build on ops.artifacts (build_id, attempt, name) where build_id is not null;
create unique index artifacts_run on ops.artifacts (run_id, attempt, name) where run_id is not null;
create index artifacts_build_page on ops.artifacts (build_id, id) where build_id is not null;
select ops.restrict_table('ops.artifacts', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.artifacts', 'org_id = any (array(select ops.my_org_ids()))');

create function ops.inherit_from_build()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  select b.org_id into new.org_id from ops.builds b where b.id = new.build_id;
  return new;
end
$$;
comment on function ops.inherit_from_build() is 'Trigger: a row''s org_id is that of its build.';
select ops.restrict_function('ops.inherit_from_build()');
create trigger inherit_org before insert or update of org_id, build_id on ops.artifacts
  for each row when (new.build_id is not null) execute function ops.inherit_from_build();

create function ops.record_artifact(
  p_build_id uuid,
  p_name text,
  p_kind text default 'file',
  p_url text default null,
  p_storage_path text default null,
  p_content text default null,
  p_media_type text default null,
  p_size_bytes bigint default null,
  p_sha256 text default null,
  p_metadata jsonb default null,
  p_expires_at timestamptz default null,
  p_attempt integer default null,
  p_lease_token bigint default null,
  out outcome text,
  out artifact_id uuid
)
language plpgsql
set search_path = ''
as $$
declare
  v_attempt integer := coalesce(p_attempt, (select b.attempt from ops.builds b where b.id = p_build_id));
begin
  if (ops.build_writer(p_build_id, v_attempt, p_lease_token)).is_stale then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  insert into ops.artifacts (
    build_id, attempt, name, kind, url, storage_path, content, media_type, size_bytes, sha256, metadata, expires_at
  )
  values (
    p_build_id, v_attempt, p_name, p_kind, p_url, p_storage_path, p_content, p_media_type, p_size_bytes, p_sha256,
    coalesce(p_metadata, '{}'), p_expires_at
  )
  on conflict (build_id, attempt, name) where build_id is not null do update
  set kind = excluded.kind, url = excluded.url, storage_path = excluded.storage_path, content = excluded.content,
      media_type = excluded.media_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
      metadata = excluded.metadata, expires_at = excluded.expires_at
  returning id into artifact_id;
end
$$;
comment on function ops.record_artifact(uuid, text, text, text, text, text, text, bigint, text, jsonb, timestamptz, integer, bigint) is
  'Note an artifact of a build''s current attempt, by name: sent again it is the same row, as said last. outcome: stored or stale.';
select ops.restrict_function(
  'ops.record_artifact(uuid, text, text, text, text, text, text, bigint, text, jsonb, timestamptz, integer, bigint)', 'service_role'
);
-- It asks who writes.
select ops.restrict_function('ops.build_writer(uuid, integer, bigint)', 'service_role');

create function ops.build_artifacts(p_build_id uuid, p_after uuid default null, p_limit integer default 100)
returns setof ops.artifacts
language plpgsql
stable
set search_path = ''
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  v_after uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
begin
  return query
    select a.*
    from ops.artifacts a
    where a.build_id = p_build_id and a.id > v_after
    order by a.id
    limit least(greatest(coalesce(p_limit, 100), 1), 1000);
end
$$;
comment on function ops.build_artifacts(uuid, uuid, integer) is
  'Artifacts of a build, in the order they were first recorded. The next page: pass the last id as p_after.';
select ops.restrict_function('ops.build_artifacts(uuid, uuid, integer)', 'authenticated', 'service_role');
