import type { DesiredState } from '../_shared/declare/model.ts';
import { createGitHubClient } from '../_shared/github/client.ts';
import { type IssueOutcome, keepIssue } from '../_shared/github/kept-issue.ts';
import { fingerprint } from '../_shared/github/marked-text.ts';
import type { Redaction } from '../_shared/io/redaction.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import { driftSize } from '../_shared/reconcile/drift.ts';
import type { Change, Plan } from '../_shared/reconcile/model.ts';
import { driftIssueTitle, renderDriftBlock } from '../_shared/report/drift-issue.ts';
import { scheduleReader } from '../_shared/report/schedule-reader.ts';
import type { DriftInputs } from './inputs.ts';

/** What became of the issue, and what else the run should say. */
export interface KeptDriftIssue extends IssueOutcome {
  readonly notices: readonly string[];
  /** The machine's block, for the summary. */
  readonly visible: string;
}

/** Opens, updates, closes or reopens the drift issue of an environment. */
export async function keepDriftIssue(request: {
  readonly drift: Plan;
  readonly desired: DesiredState;
  readonly inputs: DriftInputs;
  readonly context: RunContext;
  readonly redaction: Redaction;
  readonly now: Date;
}): Promise<KeptDriftIssue> {
  const { drift, inputs, context, redaction } = request;
  const notices: string[] = [];
  const client = createGitHubClient({
    ...context,
    token: inputs.githubToken,
    onWait: (message) => notices.push(message),
  });
  const visible = redaction.redact(
    renderDriftBlock(drift, {
      schedule: scheduleReader(request.desired.jobs, request.now),
      runUrl: context.runUrl,
    }),
  );
  const outcome = await keepIssue(client, {
    marker: { kind: 'drift', environment: drift.environment },
    author: inputs.issueAuthor,
    label: inputs.label,
    title: driftIssueTitle(drift.environment),
    content:
      driftSize(drift) === 0 ? null : fingerprint([...drift.changes.map(withoutMoments), ...drift.lost]),
    visible,
    closing: `Nothing differs any more ([run](${context.runUrl})).`,
    reopening: `It is back ([run](${context.runUrl})); the description says what differs now.`,
  });
  return { ...outcome, notices, visible };
}

/** Words of a risk may name the next time something happens: that alone is no reason to write again every hour. */
function withoutMoments(change: Change): unknown {
  return { ...change, risks: change.risks.map(({ code }) => code) };
}
