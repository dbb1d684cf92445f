import type { GitHubClient } from '../github/client.ts';
import { renderUnreachable, UNREACHABLE_OVER } from '../report/alert-unreachable.ts';
import {
  type AlertIssue,
  addAlertComment,
  listAlertIssues,
  openAlertIssue,
  writeAlertIssue,
} from './github-issues.ts';
import { alertBlock, readAlertMarker, replaceAlertBlock } from './issue-marker.ts';
import { listLabels, mergeLabels } from './issue-text.ts';

/** The key of the one issue that says the database cannot be reached: it has no row, and is found without one. */
export const DATABASE_KEY = 'database';

/** Who writes, and about which environment. */
export interface UnreachableContext {
  readonly client: GitHubClient;
  readonly environment: string;
  readonly author: string;
  readonly runUrl: string;
  readonly redact: (text: string) => string;
}

/** What became of the issue. */
export interface UnreachableOutcome {
  readonly kind: 'opened' | 'reopened' | 'unchanged' | 'acknowledged' | 'closed' | 'none';
  readonly number: number | null;
}

/**
 * Says in one issue that nothing is known about an environment, because its database cannot be reached. No other issue is
 * touched: what they say stands until somebody can look again.
 *
 * @param problem what is wrong with the connection, without its password
 */
export async function tellUnreachable(
  context: UnreachableContext,
  problem: { readonly what: string; readonly hint: string },
): Promise<UnreachableOutcome> {
  const { client, environment } = context;
  const [issue, ...younger] = await findUnreachable(context);
  for (const { number, state } of younger) {
    if (state === 'open') await writeAlertIssue(client, { number, state: 'closed', reason: 'duplicate' });
  }
  if (issue?.state === 'open') return { kind: 'unchanged', number: issue.number };
  const block = blockOf(
    context,
    context.redact(renderUnreachable({ ...problem, environment, runUrl: context.runUrl })),
  );
  const labels = [...listLabels(environment), 'severity:critical', 'state:unknown'];
  if (issue === undefined) {
    const title = `${environment}: unknown, the database cannot be reached`;
    const opened = await openAlertIssue(client, { title, body: block, labels, assignees: [] });
    return { kind: 'opened', number: opened.number };
  }
  // Closed by a person while it was still so: they know.
  if (!issue.body.includes(UNREACHABLE_OVER)) return { kind: 'acknowledged', number: issue.number };
  await writeAlertIssue(client, {
    number: issue.number,
    body: replaceAlertBlock(issue.body, block),
    labels: mergeLabels(issue.labels, labels),
    state: 'open',
    reason: 'reopened',
  });
  await addAlertComment(client, {
    number: issue.number,
    body: `It cannot be reached again ([run](${context.runUrl})).`,
  });
  return { kind: 'reopened', number: issue.number };
}

/** Closes that issue, if a list shows one, once the database answers. */
export async function endUnreachable(
  context: UnreachableContext,
  listed: readonly AlertIssue[],
): Promise<UnreachableOutcome> {
  const { client, environment, runUrl } = context;
  const mine = unreachableOf(context, listed);
  const open = mine.filter(({ state }) => state === 'open');
  const pending = mine.filter(({ state, body }) => state === 'open' || !body.includes(UNREACHABLE_OVER));
  const block = blockOf(context, renderUnreachable({ environment, runUrl, isOver: true }));
  for (const issue of pending) {
    await writeAlertIssue(client, {
      number: issue.number,
      body: replaceAlertBlock(issue.body, block),
      labels: mergeLabels(issue.labels, listLabels(environment)),
      ...(issue.state === 'open' ? { state: 'closed', reason: 'completed' } : {}),
    });
  }
  const [first] = open;
  if (first === undefined) return { kind: 'none', number: null };
  await addAlertComment(client, {
    number: first.number,
    body: `The database answers again ([run](${runUrl})).`,
  });
  return { kind: 'closed', number: first.number };
}

async function findUnreachable(context: UnreachableContext): Promise<readonly AlertIssue[]> {
  const list = await listAlertIssues(context.client, {
    labels: listLabels(context.environment),
    etag: null,
    since: null,
  });
  return unreachableOf(context, list?.issues ?? []);
}

/** The oldest first: it is the issue, younger ones came from a race or a lagging list. */
function unreachableOf(
  { author, environment }: UnreachableContext,
  issues: readonly AlertIssue[],
): readonly AlertIssue[] {
  return issues
    .filter((issue) => {
      const marker = readAlertMarker(issue.body);
      const isOurs = issue.author === author && !issue.isPullRequest && marker?.environment === environment;
      return isOurs && marker?.key === DATABASE_KEY;
    })
    .toSorted((a, b) => a.number - b.number);
}

function blockOf({ environment }: UnreachableContext, visible: string): string {
  return alertBlock({ environment, key: DATABASE_KEY, id: 'database' }, visible);
}
