-- Why      An apply changes the database in one transaction, and then the platform (Edge secrets, exposed schemas, functions),
--          which knows no transactions. One that got only so far is neither applied nor without effect: `partly_applied`.
-- Objects  check on ops.reconciliations.result.
-- Locks    ACCESS EXCLUSIVE on ops.reconciliations while the rows are checked; a few thousand at most. Rollback: the check of 010001
--          again, once no row says partly_applied.

alter table ops.reconciliations
  drop constraint reconciliations_result_check,
  add constraint reconciliations_result_check check (
    result in (
      'applied', 'partly_applied', 'nothing_to_do', 'blocked', 'plan_moved', 'deletion_guard', 'locked', 'connection_lost', 'failed'
    )
  );
comment on column ops.reconciliations.result is
  'How it ended. partly_applied: the database was changed and the platform only in part, or the process ended before it could tell.';
