-- A database as a hosted project has it, before extensions: who owns it, who may enter public, where extensions live.
do $$
begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    return;
  end if;
  if (select pg_catalog.pg_get_userbyid(datdba) from pg_catalog.pg_database where datname = current_database()) = 'supabase_admin' then
    execute format('alter database %I owner to postgres', current_database());
  end if;
  execute format('grant all on database %I to postgres', current_database());
  grant all on schema public to postgres;
end
$$;

grant usage on schema public to anon, authenticated, service_role;

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to postgres;
create extension if not exists pgcrypto with schema extensions;
