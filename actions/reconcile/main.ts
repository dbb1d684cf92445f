import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { tellProgress } from '../_shared/io/tell-progress.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import { openWorkspace } from '../_shared/target/open-workspace.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { applyOutcome, brokenOutcome, dryRunOutcome } from './decide-outcome.ts';
import { ReconcileInputs } from './inputs.ts';
import { judgeCommit } from './judge-commit.ts';

/** The `reconcile` action: makes an environment what the files say. */
export async function run(): Promise<void> {
  await runAction('reconcile', reconcileEnvironment);
}

async function reconcileEnvironment({ environment, redaction, now }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(ReconcileInputs, environment);
  const { context, declarations } = await openWorkspace(inputs, { environment, redaction });
  if (declarations.broken) return brokenOutcome(inputs, declarations.diagnostics);

  const desired = declarations.resolve(inputs.environment);
  const commit = await judgeCommit({ inputs, context, desired });
  if (commit.kind === 'stop') return commit.outcome;
  const about = { desired, root: inputs.root, diagnostics: declarations.diagnostics, now: now() };
  const say = tellProgress(redaction);
  const platform = await openPlatform(desired.environment, environment, { onProgress: say, onWait: say });
  return withDatabase({ declaration: desired.environment, environment }, async (sql) => {
    const request = {
      sql,
      desired,
      env: environment,
      platform,
      prune: inputs.prune,
      ...(inputs.allowDeletes === undefined ? {} : { allowDeletes: inputs.allowDeletes }),
    };
    if (inputs.dryRun) {
      const { computePlan } = await import('../_shared/reconcile/plan.ts');
      return dryRunOutcome(await computePlan(request), about);
    }
    const { applyPlan } = await import('../_shared/reconcile/apply.ts');
    const result = await applyPlan({
      ...request,
      actor: { name: context.actor, commit: context.sha, runUrl: context.runUrl },
      ...(inputs.expectDigest === undefined ? {} : { expectDigest: inputs.expectDigest }),
    });
    return { ...applyOutcome(result, about), notices: commit.notices, warnings: commit.warnings };
  });
}
