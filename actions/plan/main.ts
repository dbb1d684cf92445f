import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { readRunContext } from '../_shared/io/run-context.ts';
import { readDeclarations } from '../_shared/target/read-declarations.ts';
import { decideOutcome } from './decide-outcome.ts';
import { PlanInputs } from './inputs.ts';
import { type EnvironmentView, planEnvironment } from './plan-environment.ts';

/** The `plan` action: shows on a pull request what a merge would change. */
export async function run(): Promise<void> {
  await runAction('plan', planEnvironments);
}

async function planEnvironments({ environment, redaction, now }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(PlanInputs, environment);
  redaction.add(inputs.githubToken);
  const context = readRunContext(environment);
  const { pullRequest } = context;
  const declarations = await readDeclarations({
    workspace: context.workspace,
    root: inputs.root,
    environment,
    redaction,
  });

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
