import * as z from 'zod';

/** Why a run of an action ended as it did. Closed: workflows and dashboards may branch on it. */
export const RunReason = z.enum([
  'lint_passed',
  'lint_failed',
  'plan_changes',
  'plan_empty',
  'plan_blocked',
  'dry_run',
  'applied',
  'partly_applied',
  'nothing_to_do',
  'plan_moved',
  'deletion_guard',
  'superseded',
  'locked',
  'connection_lost',
  'apply_failed',
  'drift_found',
  'drift_none',
  'checked',
  'partly_checked',
  'scanned',
  'command_done',
  'command_refused',
  'dispatched',
  'recorded',
  'not_recorded',
  'one_run_too_many',
  'issues_behind',
  'configuration_error',
  'fault',
]);
export type RunReason = z.infer<typeof RunReason>;

/** The one record every run ends in: the `result` output and the tail of the summary. */
export const RunRecord = z.strictObject({
  schema_version: z.literal(1),
  action: z.string(),
  reason: RunReason,
  ok: z.boolean(),
  environment: z.string().nullable(),
  digest: z.string().nullable(),
  counts: z.record(z.string(), z.number()).nullable(),
  message: z.string(),
  duration_ms: z.number(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** True for the reasons with which a step is green. */
export function isGood(reason: RunReason): boolean {
  switch (reason) {
    case 'lint_passed':
    case 'plan_changes':
    case 'plan_empty':
    case 'dry_run':
    case 'applied':
    case 'nothing_to_do':
    case 'superseded':
    case 'drift_found':
    case 'drift_none':
    case 'checked':
    case 'scanned':
    case 'command_done':
    case 'command_refused':
    case 'dispatched':
    case 'recorded':
    case 'not_recorded':
      return true;
    case 'lint_failed':
    case 'one_run_too_many':
    case 'partly_applied':
    case 'plan_blocked':
    case 'plan_moved':
    case 'deletion_guard':
    case 'locked':
    case 'connection_lost':
    case 'apply_failed':
    case 'partly_checked':
    case 'issues_behind':
    case 'configuration_error':
    case 'fault':
      return false;
  }
}
