import type { DesiredState } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import { escapeMarkdown } from '../_shared/report/markdown-text.ts';
import type { CommitStanding } from './commit-standing.ts';
import type { ReconcileInputs } from './inputs.ts';

/** Go on, and say this; or end here. */
export type CommitJudgement =
  | { readonly kind: 'go'; readonly notices: readonly string[]; readonly warnings: readonly string[] }
  | { readonly kind: 'stop'; readonly outcome: Outcome };

/**
 * Judges whether this run may still apply its commit. A dry run may always: it changes nothing.
 *
 * @throws ConfigurationError in the lane production, when GitHub can't be asked and nobody said to go on all the same
 */
export async function judgeCommit(run: {
  readonly inputs: ReconcileInputs;
  readonly context: RunContext;
  readonly desired: DesiredState;
}): Promise<CommitJudgement> {
  const { inputs, context } = run;
  if (inputs.dryRun || inputs.allowSuperseded) return { kind: 'go', notices: [], warnings: [] };
  const waits: string[] = [];
  const { askStanding } = await import('./commit-standing.ts');
  const standing = await askStanding({
    context,
    token: inputs.githubToken,
    root: inputs.root,
    onWait: (message) => waits.push(message),
  });
  const judgement = judge(standing, run);
  return judgement.kind === 'go' ? { ...judgement, notices: [...waits, ...judgement.notices] } : judgement;
}

function judge(
  standing: CommitStanding,
  { context, desired }: { readonly context: RunContext; readonly desired: DesiredState },
): CommitJudgement {
  const { name, lane } = desired.environment;
  const ours = context.sha.slice(0, 12);
  switch (standing.kind) {
    case 'current':
      return { kind: 'go', notices: [], warnings: [] };
    case 'same_declarations': {
      const head = standing.head.slice(0, 12);
      const notice = `${standing.branch} is at ${head} by now, which declares the same as ${ours}.`;
      return { kind: 'go', notices: [notice], warnings: [] };
    }
    case 'superseded': {
      const head = standing.head.slice(0, 12);
      const message = `Superseded: nothing was changed in ${name}. ${standing.branch} is at ${head} by now, and the run of that commit applies instead of this one for ${ours}.`;
      return { kind: 'stop', outcome: supersededOutcome(name, message) };
    }
    case 'unknown': {
      const question = `GitHub could not be asked whether ${ours} is still the head of ${standing.branch}: ${standing.why}.`;
      if (lane === 'production') {
        throw new ConfigurationError(
          `${question} Nothing was changed in ${name}: this run could put an older state back.`,
          {
            hint: 'Run it again; or, when you are sure that no newer commit was applied, start the workflow by hand with allow-superseded.',
          },
        );
      }
      return {
        kind: 'go',
        notices: [],
        warnings: [`${question} Went on all the same: ${name} is not production.`],
      };
    }
  }
}

function supersededOutcome(environment: string, message: string): Outcome {
  return {
    reason: 'superseded',
    environment,
    message,
    notices: [message],
    summary: `## Superseded on ${escapeMarkdown(environment)}\n\n${escapeMarkdown(message, 2_000)}\n`,
    outputs: { digest: '', 'reconciliation-id': '' },
  };
}
