import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { openWorkspace } from '../_shared/target/open-workspace.ts';
import { decideOutcome } from './decide-outcome.ts';
import { PlanInputs } from './inputs.ts';
import { type EnvironmentView, planEnvironment } from './plan-environment.ts';

/** The `plan` action: shows on a pull request what a merge would change. */
export async function run(): Promise<void> {
  await runAction('plan', planEnvironments);
}

async function planEnvironments({ environment, redaction, now }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(PlanInputs, environment);
  const { context, declarations } = await openWorkspace(inputs, { environment, redaction });
  const { pullRequest } = context;

  const views: EnvironmentView[] = [];
  for (const name of inputs.environments.length === 0 ? [null] : inputs.environments) {
    const fromFork = pullRequest?.fromFork === true;
    views.push(await planEnvironment({ name, declarations, fromFork, prune: inputs.prune, environment }));
  }
  const outcome = decideOutcome(views, { diagnostics: declarations.diagnostics, annotate: inputs.annotate });

  const about = { context, root: inputs.root, diagnostics: declarations.diagnostics, now: now() };
  const notices =
    pullRequest !== null && inputs.comment
      ? await (await import('./keep-comments.ts')).keepComments({
          ...about,
          views,
          inputs,
          pullRequest,
          redaction,
        })
      : [];
  const { logText, summaryText } = await import('./render-views.ts');
  return {
    ...outcome,
    root: inputs.root,
    notices,
    log: logText(views, about),
    summary: summaryText(views, about),
  };
}
