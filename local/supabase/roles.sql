-- The roles hosted's auth and storage services log in as. Roles belong to the whole server: made only when missing.
do $$
begin
  if to_regrole('supabase_auth_admin') is null then
    create role supabase_auth_admin noinherit login;
  end if;
  if to_regrole('supabase_storage_admin') is null then
    create role supabase_storage_admin noinherit login;
    grant anon, authenticated, service_role to supabase_storage_admin;
  end if;
end
$$;
