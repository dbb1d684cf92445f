import type { Outcome } from '../_shared/io/outcome.ts';
import { driftSize } from '../_shared/reconcile/drift.ts';
import type { Plan } from '../_shared/reconcile/model.ts';
import type { KeptDriftIssue } from './keep-drift-issue.ts';

/** How a run of the drift action ends. Drift is a finding, not a failure: the issue is the alarm, the step stays green. */
export function driftOutcome(drift: Plan, kept: KeptDriftIssue): Outcome {
  const found = driftSize(drift);
  const issue = kept.number === null ? '' : ` Issue #${kept.number} ${kept.kind}.`;
  return {
    reason: found === 0 ? 'drift_none' : 'drift_found',
    environment: drift.environment,
    digest: drift.digest,
    counts: { ...drift.counts },
    notices: kept.notices,
    warnings: drift.missing.map(({ name, consequence }) => `${name} in ${drift.environment}: ${consequence}`),
    message:
      found === 0
        ? `${drift.environment} is what runbooks/ says.${issue}`
        : `${foundInWords(drift)} in ${drift.environment}.${issue}`,
    summary: found === 0 ? `${drift.environment} is what runbooks/ says.\n` : kept.visible,
    outputs: { issue: kept.number === null ? '' : String(kept.number) },
  };
}

function foundInWords({ changes, lost }: Plan): string {
  const parts = [
    ...(changes.length === 0 ? [] : [`${objects(changes.length)} changed by hand`]),
    ...(lost.length === 0 ? [] : [`${objects(lost.length)} gone or out of sight`]),
  ];
  return parts.join(', and ');
}

function objects(count: number): string {
  return count === 1 ? '1 object was' : `${count} objects were`;
}
