-- Why      A run leaves artifacts as a build does, and whoever sees the run sees them.
-- Objects  foreign key and policy of ops.artifacts; function ops.record_run_artifact.
-- Locks    SHARE ROW EXCLUSIVE on ops.artifacts and ops.runs for a moment. Rollback: drop both, give the policy its former condition.

alter table ops.artifacts
  add constraint artifacts_run_id_fkey foreign key (run_id) references ops.runs (id) on delete cascade;

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'authenticated') then
    -- Row level security of ops.runs decides inside the second half.
    alter policy member_select on ops.artifacts
      using (
        org_id = any (array(select ops.my_org_ids()))
        or run_id is not null and exists (select from ops.runs r where r.id = run_id)
      );
  end if;
end
$$;

-- Security definer: like ops.append_run_events, it asks for the token and not for rights on the run.
create function ops.record_run_artifact(
  p_run_id uuid,
  p_token bigint,
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
  out outcome text,
  out artifact_id uuid
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_attempt integer;
begin
  select r.attempt into v_attempt from ops.runs r where r.id = p_run_id and r.lease_token = p_token and r.attempt > 0;
  if not found then
    outcome := 'stale';
    return;
  end if;
  outcome := 'stored';
  insert into ops.artifacts (
    run_id, attempt, name, kind, url, storage_path, content, media_type, size_bytes, sha256, metadata, expires_at
  )
  values (
    p_run_id, v_attempt, p_name, p_kind, p_url, p_storage_path, ops.redact_text(p_content), p_media_type, p_size_bytes, p_sha256,
    coalesce(p_metadata, '{}'), p_expires_at
  )
  on conflict (run_id, attempt, name) where run_id is not null do update
  set kind = excluded.kind, url = excluded.url, storage_path = excluded.storage_path, content = excluded.content,
      media_type = excluded.media_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256,
      metadata = excluded.metadata, expires_at = excluded.expires_at
  returning id into artifact_id;
end
$$;
comment on function ops.record_run_artifact(uuid, bigint, text, text, text, text, text, text, bigint, text, jsonb, timestamptz) is
  'Note an artifact of a run''s current attempt, by name: sent again it is the same row, as said last. outcome: stored or stale.';
select ops.restrict_function(
  'ops.record_run_artifact(uuid, bigint, text, text, text, text, text, text, bigint, text, jsonb, timestamptz)', 'service_role'
);
