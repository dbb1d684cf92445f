-- Why      service_role may call ops.is_due and ops.due_slots, which ask ops.schedule_matches, which it might not call.
-- Objects  the grant of function ops.schedule_matches.
-- Locks    None. Rollback: revoke it; both functions then fail for service_role with "permission denied", as before.

select ops.restrict_function('ops.schedule_matches(jsonb, timestamp)', 'service_role');
