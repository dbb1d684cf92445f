import { readBuildFacts, rollBack } from '../../builds/dispatch/order-build.ts';
import type { Transaction } from '../../database/connect.ts';
import { ConfigurationError } from '../../io/errors.ts';
import { plainText } from '../../report/alert-text.ts';
import type { AnsweredAlert } from './alert-statements.ts';
import { onlyProject } from './only-project.ts';
import type { CommandResult, GivenCommand } from './statements.ts';

const USAGE = 'Write `/rollback shop` or `/rollback shop main`.';

/**
 * `/rollback [project] [branch]`: a build of the last verified commit. Without a project the only one there is.
 *
 * @throws ConfigurationError when it is not clear which, or there is nothing to go back to
 */
export async function rollBackBranch(performance: {
  readonly tx: Transaction;
  readonly given: GivenCommand;
  readonly alerts: readonly AnsweredAlert[];
}): Promise<CommandResult> {
  const { tx, given, alerts } = performance;
  const [name, branch, ...more] = given.rest.split(/\s+/).filter((word) => word !== '');
  if (more.length > 0)
    throw new ConfigurationError('That is more than a project and a branch.', { hint: USAGE });
  const project = name ?? (await onlyProject(tx));
  if (project === null) throw new ConfigurationError('Which project?', { hint: USAGE });
  const { buildId, commitSha, replaces } = await rollBack(tx, {
    project,
    branch,
    actor: `github:${given.actor}`,
  });
  const facts = await readBuildFacts(tx, buildId);
  const where = facts === null ? project : `${facts.project} \`${plainText(facts.branch, 100)}\``;
  const from = replaces === null ? '' : ` from \`${replaces.slice(0, 12)}\``;
  const next =
    facts?.behind == null
      ? 'the next round of `dispatch-builds.yml`, or its button'
      : `the end of build \`${facts.behind}\``;
  return {
    outcome: 'done',
    answer: `Going back to \`${commitSha.slice(0, 12)}\`${from}: build \`${buildId}\` of ${where} begins with ${next}.${approval(facts)}`,
    alerts: alerts.map(({ id }) => id),
  };
}

/** Nothing here may go round a reviewer: a deployment asks for its approval where it always does. */
function approval(facts: { readonly environment: string | null; readonly lane: string } | null): string {
  if (facts?.environment != null) {
    return ` Its run asks for approval where environment \`${plainText(facts.environment, 100)}\` is protected.`;
  }
  return facts?.lane === 'production'
    ? ' Its run asks for approval before it deploys to an environment that is protected.'
    : '';
}
