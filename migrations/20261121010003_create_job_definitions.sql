-- Why      ops.fire reads what a job does from a row; cron.job holds only a name, so there is no URL or secret to drift.
-- Objects  table ops.job_definitions.
-- Locks    New table only. Rollback: drop it; every job then fails with definition_missing until the next apply.

-- No trigger, no foreign key, no second index: reconcile writes ten thousand rows by one statement.
create table ops.job_definitions (
  name text primary key check (name <> ''),
  definition jsonb not null check (jsonb_typeof(definition) = 'object'),
  digest text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table ops.job_definitions is 'What each declared job does, compiled from runbooks/cron by reconcile. Holds names of Vault secrets, never values.';
comment on column ops.job_definitions.created_at is 'A slot before this moment was never missed: the job did not exist yet.';
select ops.restrict_table('ops.job_definitions', 'select');
