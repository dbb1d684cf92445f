import { DatabaseUnreachable } from '../_shared/alerts/reach-database.ts';
import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { openWorkspace } from '../_shared/target/open-workspace.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { HealthCheckInputs } from './inputs.ts';

/** The `health-check` action: what is wrong becomes one issue, which closes when it is right again. */
export async function run(): Promise<void> {
  await runAction('health-check', checkHealth);
}

async function checkHealth({ environment, redaction }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(HealthCheckInputs, environment);
  const { context, declarations } = await openWorkspace(inputs, { environment, redaction });
  if (declarations.broken) {
    return {
      reason: 'lint_failed',
      environment: inputs.environment,
      root: inputs.root,
      diagnostics: declarations.diagnostics,
      message: 'Nobody looks while files have errors; issues were left as they are.',
    };
  }
  const request = { inputs, context, declarations, environment, redaction };
  const { environment: declaration } = declarations.resolve(inputs.environment);
  const { lookAndTell, tellNobodyKnows } = await import('./look-and-tell.ts');
  try {
    return await withDatabase({ declaration, environment }, (sql) => lookAndTell(sql, request));
  } catch (error) {
    if (!(error instanceof DatabaseUnreachable)) throw error;
    return tellNobodyKnows(error, request);
  }
}
