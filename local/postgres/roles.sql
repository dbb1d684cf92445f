-- The roles of a hosted Supabase project, as far as the control room meets them. Roles belong to the whole server,
-- so everything here is made only when it is missing: a `postgres` that exists (a plain server's superuser) stays as it is.
do $$
begin
  if to_regrole('postgres') is null then
    create role postgres nosuperuser createdb createrole replication bypassrls login;
  end if;
  if to_regrole('anon') is null then
    create role anon nologin noinherit;
  end if;
  if to_regrole('authenticated') is null then
    create role authenticated nologin noinherit;
  end if;
  if to_regrole('service_role') is null then
    create role service_role nologin noinherit bypassrls;
  end if;
  if to_regrole('authenticator') is null then
    create role authenticator noinherit login;
    grant anon, authenticated, service_role to authenticator;
  end if;
  if not (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    grant anon, authenticated, service_role to postgres;
    -- Processes and queries of other roles are seen with it (github.com/supabase/postgres, pull request 575).
    grant pg_monitor to postgres;
  end if;
end
$$;
