-- Why      A plan on a pull request and the look for drift should need a role that can only read. To read cron.job takes USAGE
--          on schema cron, and with it comes the right to schedule; reading the names of Vault takes its schema likewise.
-- Objects  functions ops.plan_cron_jobs, ops.plan_secrets. docs/github.md grants them to a role of their own.
-- Locks    None. Rollback: drop both; such roles then see no jobs and no names of secrets.

-- Security definer: whoever may use schema cron may also call cron.schedule, so the reader gets this function instead.
create function ops.plan_cron_jobs()
returns table (
  jobid bigint,
  jobname text,
  schedule text,
  command text,
  database text,
  username text,
  active boolean,
  owner_exists boolean
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if to_regclass('cron.job') is null then
    return;
  end if;
  return query execute $query$
    select j.jobid, j.jobname::text, j.schedule,
      -- What people schedule by hand often carries keys; our own commands carry nothing but a name.
      case
        when j.command ~ '^(set local statement_timeout = \d+; )?select ops\.fire\(''([^'']|'''')*''\)$' then j.command
        else '(written by hand, not shown to a role that may only read)'
      end,
      j.database, j.username, j.active, r.rolname is not null
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    order by j.jobid
  $query$;
end
$$;
comment on function ops.plan_cron_jobs() is
  'Every row of cron.job, for a role that may plan and not schedule; commands that are not ours are hidden. Empty without pg_cron.';
select ops.restrict_function('ops.plan_cron_jobs()');

-- Security definer: whoever may use schema vault is one grant away from reading values; the reader gets names only.
create function ops.plan_secrets()
returns table (id uuid, name text, description text, updated_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  if to_regclass('vault.secrets') is null then
    return;
  end if;
  return query execute $query$
    select s.id, s.name, s.description, s.updated_at from vault.secrets s where s.name is not null order by s.name
  $query$;
end
$$;
comment on function ops.plan_secrets() is
  'Names, descriptions and dates of Vault secrets, never a value, for a role that may plan. Empty without Vault.';
select ops.restrict_function('ops.plan_secrets()');
