import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { cancelRun, dispatchWorkflow, listDispatchedRuns } from '../../github/workflow-dispatch.ts';
import { claimOrders, type Order, type OrderEnd, settleOrder } from './statements.ts';

/** How patient a dispatcher is. */
export interface Patience {
  /** A run may be missing from GitHub's lists this long after it was started; a look that finds nothing sooner proves nothing. */
  readonly listDelayMs: number;
  /** Looks that must all find nothing before GitHub is told again. */
  readonly looks: number;
  /** Between two looks. */
  readonly againInMs: number;
}

/** Lists were seen up to some minutes late: research has the reports. */
export const PATIENCE: Patience = { listDelayMs: 90_000, looks: 3, againInMs: 20_000 };

/** What one round of dispatching did. */
export interface Dispatched {
  readonly sent: number;
  readonly open: number;
  readonly refused: readonly string[];
}

/**
 * Takes every order that is due and brings each as far as GitHub answers now. What stays open (an answer that was lost, a rate
 * limit) is looked at by the next round, whoever makes it.
 *
 * @param clientOf a client for a repository, `owner/name`; null when this dispatcher has no token for it
 */
export async function dispatchBuilds(request: {
  readonly sql: Sql;
  readonly dispatcher: string;
  readonly clientOf: (repository: string) => GitHubClient | null;
  readonly limit?: number;
  readonly patience?: Patience;
  readonly now?: () => Date;
}): Promise<Dispatched> {
  const { sql, dispatcher, clientOf, limit = 50, patience = PATIENCE, now = () => new Date() } = request;
  const refused: string[] = [];
  let sent = 0;
  let open = 0;
  for (const order of await claimOrders(sql, dispatcher, limit)) {
    const client = clientOf(order.repository);
    const end: OrderEnd =
      client === null
        ? { state: 'refused', error: `This dispatcher has no token for ${order.repository}.` }
        : await settleWith(client, order, { patience, now: now() });
    await settleOrder(sql, order, end, patience.againInMs);
    if (end.state === 'sent') sent += 1;
    else if (end.state === 'refused') refused.push(`build ${order.buildId}: ${end.error}`);
    else open += 1;
  }
  return { sent, open, refused };
}

async function settleWith(
  client: GitHubClient,
  order: Order,
  view: { readonly patience: Patience; readonly now: Date },
): Promise<OrderEnd> {
  if (order.action === 'find') return find(client, order, view);
  const answer = await dispatchWorkflow(client, order);
  switch (answer.kind) {
    case 'started':
      // An older server starts it and keeps the number to itself: the run is found by its name.
      return answer.runId === null
        ? { state: 'unknown', error: 'GitHub started it and did not say which run' }
        : { state: 'sent', runId: answer.runId, runUrl: answer.url };
    case 'unknown':
      return { state: 'unknown', error: answer.message };
    case 'not_now':
      return { state: 'unsent', error: answer.message };
    case 'refused':
      return { state: 'refused', error: answer.message };
  }
}

/** The run that carries our ids in its name. GitHub is told again only when several looks, late enough, found none. */
async function find(
  client: GitHubClient,
  order: Order,
  { patience, now }: { readonly patience: Patience; readonly now: Date },
): Promise<OrderEnd> {
  try {
    const runs = await listDispatchedRuns(client, {
      workflow: order.workflow,
      ref: order.ref,
      // GitHub's clock is not ours.
      since: new Date(order.postedAt.getTime() - 120_000),
    });
    const ours = runs.filter(({ title }) => isNamed(title, order)).toSorted((a, b) => a.id - b.id);
    const [first, ...doubles] = ours;
    for (const double of doubles) await cancelRun(client, double.id);
    if (first !== undefined) return { state: 'sent', runId: first.id, runUrl: first.url };
    const isLate = now.getTime() - order.postedAt.getTime() >= patience.listDelayMs;
    if (isLate && order.looks >= patience.looks)
      return { state: 'unsent', error: `${order.looks} looks found no run: it was never started` };
    return { state: 'unknown', error: 'not in the list of runs yet' };
  } catch (error) {
    return { state: 'unknown', error: error instanceof Error ? error.message : String(error) };
  }
}

/** Whole words: one build's id is never part of another's, and attempt 1 is not attempt 12. */
function isNamed(title: string, { buildId, attempt }: Order): boolean {
  const words = title.split(/[^\w-]+/);
  return words.includes(buildId) && (words.includes(String(attempt)) || !/attempt/i.test(title));
}
