import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { openWorkspace } from '../_shared/target/open-workspace.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { AdvisoryScanInputs } from './inputs.ts';

/** The `advisory-scan` action: what will hurt later is kept in the database, and in one issue per rule. */
export async function run(): Promise<void> {
  await runAction('advisory-scan', scanForAdvice);
}

async function scanForAdvice({ environment, redaction, now }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(AdvisoryScanInputs, environment);
  const { context, declarations } = await openWorkspace(inputs, { environment, redaction });
  if (declarations.broken) {
    return {
      reason: 'lint_failed',
      environment: inputs.environment,
      root: inputs.root,
      diagnostics: declarations.diagnostics,
      message: 'Nobody looks for advice while files have errors; issues were left as they are.',
    };
  }
  const desired = declarations.resolve(inputs.environment);
  const policy = declarations.advisories(inputs.environment);
  const { scanAndTell } = await import('./scan-and-tell.ts');
  return withDatabase({ declaration: desired.environment, environment }, (sql) =>
    scanAndTell(sql, { inputs, context, desired, policy, redaction, now: now() }),
  );
}
