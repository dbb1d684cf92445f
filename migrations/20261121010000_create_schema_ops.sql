-- Why      One schema holds the control room, closed to everybody but its owner and, verb by verb, service_role.
-- Objects  schema ops; ops.restrict_function, ops.restrict_table (used by the migrations that follow).
-- Locks    None on existing objects. Rollback: drop schema ops cascade, which forgets every run and the ledger.

create schema if not exists ops;
comment on schema ops is 'Ops Control Room: declared jobs, what became of their runs, alerts and the reconcile ledger.';

revoke all on schema ops from public;

-- Plain PostgreSQL has no Supabase roles, so each grant asks first whether its role is there.
create function ops.restrict_function(p_function regprocedure, variadic p_roles text[] default '{}')
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_role text;
begin
  execute format('revoke all on function %s from public', p_function);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on function %s from %I', p_function, v_role);
    if v_role = any (p_roles) then
      execute format('grant execute on function %s to %I', p_function, v_role);
    end if;
  end loop;
end
$$;
comment on function ops.restrict_function(regprocedure, text[]) is
  'Migrations only: take EXECUTE from public and the API roles, then give it to the named roles that exist.';

create function ops.restrict_table(p_table regclass, variadic p_service_role_verbs text[] default '{}')
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_role text;
  v_verb text;
begin
  execute format('alter table %s enable row level security', p_table);
  execute format('revoke all on table %s from public', p_table);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on table %s from %I', p_table, v_role);
  end loop;
  if not exists (select from pg_catalog.pg_roles r where r.rolname = 'service_role') then
    return;
  end if;
  foreach v_verb in array p_service_role_verbs loop
    execute format('grant %s on table %s to service_role', v_verb, p_table);
    execute format(
      'create policy %I on %s for %s to service_role %s',
      'service_role_' || v_verb, p_table, v_verb,
      case v_verb
        when 'insert' then 'with check (true)'
        when 'update' then 'using (true) with check (true)'
        else 'using (true)'
      end
    );
  end loop;
end
$$;
comment on function ops.restrict_table(regclass, text[]) is
  'Migrations only: row level security on, nothing for public and the API roles, one grant and one policy per verb for service_role.';

select ops.restrict_function('ops.restrict_function(regprocedure, text[])');
select ops.restrict_function('ops.restrict_table(regclass, text[])');

do $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = 'service_role') then
    grant usage on schema ops to service_role;
  end if;
end
$$;
