import { createSingleShotClient } from '../_shared/github/single-shot-client.ts';
import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { readRunContext } from '../_shared/io/run-context.ts';
import { readDeclarations } from '../_shared/target/read-declarations.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { DispatchBuildsInputs } from './inputs.ts';

/** The `dispatch-builds` action: waiting builds become workflow runs, and GitHub is asked about silent ones. */
export async function run(): Promise<void> {
  await runAction('dispatch-builds', dispatch);
}

async function dispatch({ environment, redaction }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(DispatchBuildsInputs, environment);
  redaction.add(inputs.githubToken);
  const context = readRunContext(environment);
  const declarations = await readDeclarations({
    workspace: context.workspace,
    root: inputs.root,
    environment,
    redaction,
  });
  const { environment: declaration } = declarations.resolve(inputs.environment);
  // The token of a job is good for its own repository only.
  const own = `${context.owner}/${context.repo}`;
  const client = createSingleShotClient({
    token: inputs.githubToken,
    apiUrl: context.apiUrl,
    owner: context.owner,
    repo: context.repo,
  });
  const clientOf = (repository: string) => (repository.toLowerCase() === own.toLowerCase() ? client : null);
  const { dispatchBuilds } = await import('../_shared/builds/dispatch/dispatch-builds.ts');
  const { reconcileRuns } = await import('../_shared/builds/dispatch/reconcile-runs.ts');
  const { dispatched, reconciled } = await withDatabase({ declaration, environment }, async (sql) => ({
    dispatched: await dispatchBuilds({ sql, dispatcher: context.runUrl, clientOf, limit: inputs.limit }),
    reconciled: await reconcileRuns({ sql, clientOf }),
  }));
  const counts = {
    sent: dispatched.sent,
    open: dispatched.open,
    refused: dispatched.refused.length,
    ...reconciled.became,
  };
  const done = dispatched.sent + dispatched.open + dispatched.refused.length;
  const settled = Object.values(reconciled.became).reduce((sum, count) => sum + count, 0);
  return {
    reason: done + settled === 0 ? 'nothing_to_do' : 'dispatched',
    environment: inputs.environment,
    counts,
    warnings: [...dispatched.refused, ...reconciled.failures],
    message: `${dispatched.sent} dispatched, ${dispatched.open} open, ${dispatched.refused.length} refused; ${settled} silent runs looked at.`,
  };
}
