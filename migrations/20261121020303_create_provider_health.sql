-- Why      The health check of OpenRouter reads two caches and the circuit breakers, and logs each of its runs. They live in ops, where
--          no default grant of a hosted project reaches them, and are seen under their own names through views in the exposed schema that
--          have no rights of their own: who asks must be allowed by the table.
-- Objects  tables ops.openrouter_credits_cache, openrouter_key_cache, openrouter_circuit_breakers, job_run_log; views of the same
--          names in public; function ops.expose_table.
-- Locks    New objects only. Rollback: drop the views, then the tables.

create function ops.expose_table(p_table regclass, variadic p_service_role_verbs text[] default '{}')
returns void
language plpgsql
set search_path = ''
as $$
declare
  v_name text := (select c.relname from pg_catalog.pg_class c where c.oid = p_table);
  v_role text;
begin
  execute format('create view public.%I with (security_invoker = true) as select * from %s', v_name, p_table);
  execute format('comment on view public.%I is %L', v_name, 'Table ' || p_table || ' under its name in the exposed schema, with the rights of who asks.');
  execute format('revoke all on table public.%I from public', v_name);
  for v_role in
    select r.rolname from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on table public.%I from %I', v_name, v_role);
    if v_role = 'service_role' and cardinality(p_service_role_verbs) > 0 then
      execute format('grant %s on table public.%I to service_role', array_to_string(p_service_role_verbs, ', '), v_name);
    elsif v_role = 'authenticated' then
      execute format('grant select on table public.%I to authenticated', v_name);
    end if;
  end loop;
end
$$;
comment on function ops.expose_table(regclass, text[]) is
  'Migrations only, after ops.restrict_table and ops.allow_read: a view of the table in public, for the signed-in to read and service_role to use as named. Rows and verbs are still those the table allows.';
select ops.restrict_function('ops.expose_table(regclass, text[])');

create table ops.openrouter_credits_cache (
  base_url text primary key,
  fetched_at timestamptz not null default now(),
  payload jsonb not null default '{}'
);
comment on table ops.openrouter_credits_cache is
  'The last answer of OpenRouter''s /credits per base URL: payload.data.total_credits and total_usage.';
select ops.restrict_table('ops.openrouter_credits_cache', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.openrouter_credits_cache', '(select ops.is_admin())');
select ops.expose_table('ops.openrouter_credits_cache', 'select', 'insert', 'update', 'delete');

create table ops.openrouter_key_cache (
  base_url text primary key,
  fetched_at timestamptz not null default now(),
  payload jsonb not null default '{}'
);
comment on table ops.openrouter_key_cache is
  'The last answer of OpenRouter''s /key per base URL: payload.data.limit_remaining. About the key, never the key.';
select ops.restrict_table('ops.openrouter_key_cache', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.openrouter_key_cache', '(select ops.is_admin())');
select ops.expose_table('ops.openrouter_key_cache', 'select', 'insert', 'update', 'delete');

create table ops.openrouter_circuit_breakers (
  model text primary key,
  is_open boolean not null default false,
  open_until timestamptz,
  failure_streak integer not null default 0 check (failure_streak >= 0),
  last_status integer,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table ops.openrouter_circuit_breakers is 'Models that are not called for a while because they failed too often.';
comment on column ops.openrouter_circuit_breakers.open_until is 'When one call may be tried again; is_open stays until it succeeded.';
select ops.restrict_table('ops.openrouter_circuit_breakers', 'select', 'insert', 'update', 'delete');
select ops.allow_read('ops.openrouter_circuit_breakers', '(select ops.is_admin())');
select ops.expose_table('ops.openrouter_circuit_breakers', 'select', 'insert', 'update', 'delete');

create table ops.job_run_log (
  id uuid primary key default ops.new_id(),
  created_at timestamptz not null default now(),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  job_name text not null check (job_name <> ''),
  provider text,
  model text,
  ok boolean not null default true,
  scanned integer,
  embedded integer,
  skipped_existing integer,
  total_tokens bigint,
  error_code text,
  error_message text,
  meta jsonb not null default '{}'
);
comment on table ops.job_run_log is 'What functions say of their own runs, one row a run. ops.cron_runs knows what became of the calls.';
create index job_run_log_job on ops.job_run_log (job_name, id desc);
create index job_run_log_started on ops.job_run_log (started_at desc);
select ops.restrict_table('ops.job_run_log', 'select', 'insert');
select ops.allow_read('ops.job_run_log', '(select ops.is_admin())');
select ops.expose_table('ops.job_run_log', 'select', 'insert');
