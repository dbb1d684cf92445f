-- Why      Reconcile deletes only what it made, and every apply leaves a trace.
-- Objects  tables ops.managed_objects, ops.reconciliations.
-- Locks    New tables only. Rollback: drop both; the next plan then shows every live object as unmanaged.

create table ops.reconciliations (
  id bigint generated always as identity primary key,
  environment text not null,
  actor text not null,
  commit_sha text,
  run_url text,
  plan_digest text,
  counts jsonb not null default '{}',
  result text not null check (
    result in ('applied', 'nothing_to_do', 'blocked', 'plan_moved', 'deletion_guard', 'locked', 'connection_lost', 'failed')
  ),
  error text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  duration_ms integer
);
comment on table ops.reconciliations is
  'Audit: one row per apply, written in the transaction it describes. Who, which commit, which plan, how it ended.';
select ops.restrict_table('ops.reconciliations', 'select');

-- No foreign key and no trigger: ten thousand rows are written by one statement.
create table ops.managed_objects (
  kind text not null,
  name text not null,
  digest text not null,
  applied jsonb not null default '{}',
  source_path text,
  commit_sha text,
  reconciliation_id bigint,
  applied_at timestamptz not null default now(),
  primary key (kind, name)
);
comment on table ops.managed_objects is
  'Ledger of what reconcile made. Prune is this list minus the declared one; anything not listed is never touched.';
comment on column ops.managed_objects.applied is 'The fields last applied, to tell drift from a changed declaration. Never a secret value.';
select ops.restrict_table('ops.managed_objects', 'select');
