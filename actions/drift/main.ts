import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import { openWorkspace } from '../_shared/target/open-workspace.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { driftOutcome } from './decide-outcome.ts';
import { DriftInputs } from './inputs.ts';

/** The `drift` action: one issue that is open exactly while something was changed by hand. */
export async function run(): Promise<void> {
  await runAction('drift', reportDrift);
}

async function reportDrift({ environment, redaction, now }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(DriftInputs, environment);
  const { context, declarations } = await openWorkspace(inputs, { environment, redaction });
  if (declarations.broken) {
    return {
      reason: 'lint_failed',
      environment: inputs.environment,
      root: inputs.root,
      diagnostics: declarations.diagnostics,
      message: 'Drift is unknown while files have errors; the issue was left as it is.',
    };
  }

  const desired = declarations.resolve(inputs.environment);
  const { computeDrift } = await import('../_shared/reconcile/drift.ts');
  const { environment: declaration } = desired;
  const platform = await openPlatform(declaration, environment);
  const drift = await withDatabase({ declaration, environment }, (sql) =>
    computeDrift({ sql, desired, env: environment, platform }),
  );

  const { keepDriftIssue } = await import('./keep-drift-issue.ts');
  const kept = await keepDriftIssue({ drift, desired, inputs, context, redaction, now: now() });
  return driftOutcome(drift, kept);
}
