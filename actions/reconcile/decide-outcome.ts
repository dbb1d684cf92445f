import type { DesiredState, Diagnostic } from '../_shared/declare/model.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import type { RunReason } from '../_shared/io/run-record.ts';
import type { ApplyReason, ApplyResult, Plan } from '../_shared/reconcile/model.ts';
import { applyHeadline, renderApplyTerminal } from '../_shared/report/apply-terminal.ts';
import { SUMMARY_LIMIT } from '../_shared/report/bounded-markdown.ts';
import { escapeMarkdown } from '../_shared/report/markdown-text.ts';
import { changesInWords } from '../_shared/report/plan-entries.ts';
import { renderPlanMarkdown } from '../_shared/report/plan-markdown.ts';
import { renderPlanTerminal } from '../_shared/report/plan-terminal.ts';
import { scheduleReader } from '../_shared/report/schedule-reader.ts';
import type { ReconcileInputs } from './inputs.ts';

/** What every outcome of a run shares. */
export interface OutcomeContext {
  readonly desired: DesiredState;
  /** Folder of runbooks/, relative to the workspace. */
  readonly root: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly now: Date;
}

// Room for the headline above the plan.
const HEADLINE_ROOM = 4_096;

/** Files with errors are never applied. */
export function brokenOutcome(
  { environment, root }: ReconcileInputs,
  diagnostics: readonly Diagnostic[],
): Outcome {
  const errors = diagnostics.filter((item) => item.severity === 'error').length;
  return {
    reason: 'lint_failed',
    environment,
    root,
    diagnostics,
    message: `${errors} ${errors === 1 ? 'error' : 'errors'} in the files; nothing was applied to ${environment}.`,
  };
}

/** A dry run ends with the plan. */
export function dryRunOutcome(plan: Plan, about: OutcomeContext): Outcome {
  const blocked = plan.blockers.length > 0;
  return {
    ...planOutcome(plan, about),
    reason: blocked ? 'plan_blocked' : 'dry_run',
    message: `Dry run on ${plan.environment}: ${changesInWords(plan.changes)}${blocked ? ', and it could not be applied' : ''}.`,
  };
}

/** An apply ends with what it did. */
export function applyOutcome(result: ApplyResult, about: OutcomeContext): Outcome {
  const { plan } = result;
  const base = planOutcome(plan, about);
  const headline = applyHeadline(result.reason).words;
  return {
    ...base,
    reason: REASONS[result.reason],
    message: result.message,
    log: `${base.log}\n${renderApplyTerminal(result, { color: true })}`,
    summary: `## ${headline} on ${escapeMarkdown(plan.environment)}\n\n${escapeMarkdown(result.message, 2_000)}\n\n${base.summary}`,
    outputs: {
      ...base.outputs,
      'reconciliation-id': result.reconciliationId === null ? '' : String(result.reconciliationId),
    },
  };
}

const REASONS = {
  applied: 'applied',
  partly_applied: 'partly_applied',
  nothing_to_do: 'nothing_to_do',
  blocked: 'plan_blocked',
  plan_moved: 'plan_moved',
  deletion_guard: 'deletion_guard',
  locked: 'locked',
  connection_lost: 'connection_lost',
  failed: 'apply_failed',
} as const satisfies Record<ApplyReason, RunReason>;

function planOutcome(plan: Plan, { desired, root, diagnostics, now }: OutcomeContext) {
  const schedule = scheduleReader(desired.jobs, now);
  return {
    environment: plan.environment,
    root,
    digest: plan.digest,
    counts: { ...plan.counts },
    diagnostics: [...diagnostics, ...plan.blockers, ...plan.notices],
    log: renderPlanTerminal(plan, { color: true, schedule }),
    summary: renderPlanMarkdown(plan, {
      schedule,
      diagnostics,
      limit: SUMMARY_LIMIT - HEADLINE_ROOM,
      unit: 'bytes',
    }),
    outputs: { digest: plan.digest, 'reconciliation-id': '' },
  };
}
