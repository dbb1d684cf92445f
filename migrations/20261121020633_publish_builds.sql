-- Why      Pages follow builds by Realtime where there is such a thing: changes of a build's row by postgres_changes, news of its log by Broadcast.
-- Objects  publication supabase_realtime gets ops.builds and loses ops.build_events, if it exists and is ours to change; functions ops.may_hear,
--          ops.allow_broadcast; policy opsroom_hear_builds on realtime.messages, if there is that table.
-- Locks    SHARE UPDATE EXCLUSIVE on ops.builds and ops.build_events for a moment, ACCESS EXCLUSIVE on realtime.messages for a moment.
--          Rollback: alter publication supabase_realtime drop table ops.builds; drop the policy and the functions.
--
-- Lines can't come by postgres_changes. Realtime takes the tables of the publication from pg_publication_tables and reads the log of changes with
-- wal2json (realtime.list_changes), which names the partition a row lies in; walrus then asks for rights on that partition, and nobody has any. With
-- publish_via_partition_root the view names the parent and wal2json still the partition, so that nothing would match. Published all the same, each
-- line of each log was decoded for nobody.

do $$
begin
  if exists (select from pg_catalog.pg_publication p where p.pubname = 'supabase_realtime' and not p.puballtables) then
    if not exists (
      select
      from pg_catalog.pg_publication_rel r
      join pg_catalog.pg_publication p on p.oid = r.prpubid
      where p.pubname = 'supabase_realtime' and r.prrelid = 'ops.builds'::regclass
    ) then
      alter publication supabase_realtime add table ops.builds;
    end if;
    if exists (
      select
      from pg_catalog.pg_publication_rel r
      join pg_catalog.pg_publication p on p.oid = r.prpubid
      where p.pubname = 'supabase_realtime' and r.prrelid = 'ops.build_events'::regclass
    ) then
      alter publication supabase_realtime drop table ops.build_events;
    end if;
  end if;
exception
  when insufficient_privilege then
    raise notice 'publication supabase_realtime is not ours to change: its owner may add ops.builds and drop ops.build_events';
end
$$;

create function ops.may_hear(p_topic text)
returns boolean
language sql
stable
set search_path = ''
as $$
  -- Row level security of ops.builds decides, as for every other question about a build.
  select exists (
    select
    from ops.builds b
    where b.id = case when p_topic ~ '^build:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(p_topic, 7)::uuid end
  )
$$;
comment on function ops.may_hear(text) is
  'Whether the caller may hear what is broadcast on a topic of Realtime: build:<id> of a build of one''s organisations, nothing else.';
select ops.restrict_function('ops.may_hear(text)', 'authenticated');

-- Realtime makes its schema when it first connects to a project, which may be after these migrations.
create function ops.allow_broadcast()
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null
    or not exists (select from pg_catalog.pg_roles r where r.rolname = 'authenticated')
  then
    return false;
  end if;
  if not exists (
    select
    from pg_catalog.pg_policies p
    where p.schemaname = 'realtime' and p.tablename = 'messages' and p.policyname = 'opsroom_hear_builds'
  ) then
    create policy opsroom_hear_builds on realtime.messages for select to authenticated
      using (extension = 'broadcast' and (select ops.may_hear(realtime.topic())));
  end if;
  return true;
exception
  when insufficient_privilege then
    raise notice 'realtime.messages is not ours to write policies for: its owner may create opsroom_hear_builds';
    return false;
end
$$;
comment on function ops.allow_broadcast() is
  'Let members hear the builds of their organisations on private channels of Realtime (topic build:<id>). True when they may. To be run again, as the owner, where Realtime came after the migrations.';
select ops.restrict_function('ops.allow_broadcast()');

select ops.allow_broadcast();
