import type { Diagnostic } from '../_shared/declare/model.ts';
import { createGitHubClient } from '../_shared/github/client.ts';
import { fingerprint } from '../_shared/github/marked-text.ts';
import { keepComment } from '../_shared/github/sticky-comment.ts';
import type { Redaction } from '../_shared/io/redaction.ts';
import type { PullRequest, RunContext } from '../_shared/io/run-context.ts';
import type { PlanInputs } from './inputs.ts';
import type { EnvironmentView } from './plan-environment.ts';
import { commentText } from './render-views.ts';

/** What the comments of a run are about. */
export interface CommentRequest {
  readonly views: readonly EnvironmentView[];
  readonly inputs: PlanInputs;
  readonly root: string;
  readonly context: RunContext;
  readonly pullRequest: PullRequest;
  readonly diagnostics: readonly Diagnostic[];
  readonly redaction: Redaction;
  readonly now: Date;
}

/** Keeps one comment per environment; returns what the run should say about it. */
export async function keepComments(request: CommentRequest): Promise<readonly string[]> {
  const { inputs, context, pullRequest, redaction } = request;
  const notices: string[] = [];
  const client = createGitHubClient({
    ...context,
    token: inputs.githubToken,
    onWait: (message) => notices.push(message),
  });
  for (const view of request.views) {
    // Lint without an environment has no comment of its own: its findings are annotations.
    if (view.environment === null) continue;
    const outcome = await keepComment(client, {
      marker: { kind: 'plan', environment: view.environment },
      author: inputs.commentAuthor,
      head: pullRequest.headSha,
      number: pullRequest.number,
      content: fingerprint([view.kind === 'planned' ? view.plan : view, request.diagnostics]),
      visible: redaction.redact(commentText(view, request)),
      onlyUpdate: isSilent(view) && request.diagnostics.length === 0,
    });
    if (outcome.kind === 'forbidden') {
      return [
        ...notices,
        'This token may not comment (a fork or Dependabot): the plan is in the summary of the run.',
      ];
    }
    if (outcome.kind === 'stale') {
      notices.push(`${view.environment}: the pull request moved on; its comment was left to the newer run.`);
    }
  }
  return notices;
}

/** A plan with nothing in it is no reason to write to everybody on the pull request. */
function isSilent(view: EnvironmentView): boolean {
  return view.kind === 'planned' && view.plan.changes.length === 0 && view.plan.blockers.length === 0;
}
