-- Why      Pages follow builds by Realtime where there is such a thing. The lines are published already (20261121020320); the builds were not.
-- Objects  publication supabase_realtime gets ops.builds, if it exists and is ours to change.
-- Locks    SHARE UPDATE EXCLUSIVE on ops.builds for a moment. Rollback: alter publication supabase_realtime drop table ops.builds.

do $$
begin
  if exists (select from pg_catalog.pg_publication p where p.pubname = 'supabase_realtime' and not p.puballtables)
    and not exists (
      select
      from pg_catalog.pg_publication_rel r
      join pg_catalog.pg_publication p on p.oid = r.prpubid
      where p.pubname = 'supabase_realtime' and r.prrelid = 'ops.builds'::regclass
    )
  then
    alter publication supabase_realtime add table ops.builds;
  end if;
exception
  when insufficient_privilege then
    raise notice 'publication supabase_realtime is not ours to change: its owner may add ops.builds';
end
$$;
