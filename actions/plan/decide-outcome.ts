import type { Diagnostic } from '../_shared/declare/model.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import type { RunReason } from '../_shared/io/run-record.ts';
import { DELETION_GUARD } from '../_shared/reconcile/deletion-guard.ts';
import type { Plan } from '../_shared/reconcile/model.ts';
import { changesInWords } from '../_shared/report/plan-entries.ts';
import type { EnvironmentView } from './plan-environment.ts';

type PlannedView = Extract<EnvironmentView, { kind: 'planned' }>;

/** How a run of the plan action ends, from what was seen: the worst of its environments decides. */
export function decideOutcome(
  views: readonly EnvironmentView[],
  { diagnostics, annotate }: { readonly diagnostics: readonly Diagnostic[]; readonly annotate: boolean },
): Outcome {
  const planned = views.filter((view): view is PlannedView => view.kind === 'planned');
  const [only] = planned;
  const name = views.length === 1 ? (views[0]?.environment ?? null) : null;
  const single = planned.length === 1 && views.length === 1 && only !== undefined ? only.plan : null;
  return {
    reason: reasonOf(views, diagnostics),
    message: views.map(sentence).join('\n'),
    diagnostics: [...(annotate ? diagnostics : []), ...planned.flatMap(({ plan }) => findings(plan))],
    outputs: {
      plans: JSON.stringify(
        Object.fromEntries(
          planned.map(({ environment, plan }) => [environment, { digest: plan.digest, counts: plan.counts }]),
        ),
      ),
      digest: single?.digest ?? '',
    },
    ...(name === null ? {} : { environment: name }),
    ...(single === null ? {} : { digest: single.digest, counts: { ...single.counts } }),
  };
}

function findings(plan: Plan): readonly Diagnostic[] {
  return [
    ...plan.blockers.map((item) => (awaitsConsent(item) ? { ...item, severity: 'warning' as const } : item)),
    ...plan.notices.filter(({ severity }) => severity !== 'notice'),
  ];
}

/**
 * Consent to many deletions is given when they are applied. Were the plan red until then, a check that `main` requires would
 * keep the pull request from ever being merged.
 */
function awaitsConsent({ code }: Diagnostic): boolean {
  return code === DELETION_GUARD;
}

function reasonOf(views: readonly EnvironmentView[], diagnostics: readonly Diagnostic[]): RunReason {
  const plans = views.flatMap((view) => (view.kind === 'planned' ? [view.plan] : []));
  if (diagnostics.some((item) => item.severity === 'error')) return 'lint_failed';
  if (views.some((view) => view.kind === 'unknown')) return 'configuration_error';
  if (plans.some((plan) => !plan.blockers.every(awaitsConsent))) return 'plan_blocked';
  if (plans.some((plan) => plan.changes.length > 0)) return 'plan_changes';
  return plans.length > 0 ? 'plan_empty' : 'lint_passed';
}

function sentence(view: EnvironmentView): string {
  if (view.kind !== 'planned')
    return view.environment === null ? view.reason : `${view.environment}: ${view.reason}`;
  const { length } = view.plan.blockers;
  const blocked =
    length === 0 ? '' : `; ${length} ${length === 1 ? 'reason' : 'reasons'} why it cannot be applied`;
  return `${view.environment}: ${changesInWords(view.plan.changes)}${blocked}`;
}
