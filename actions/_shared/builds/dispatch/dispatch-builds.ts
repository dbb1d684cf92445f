import type { Sql } from '../../database/connect.ts';
import type { GitHubClient } from '../../github/client.ts';
import { dispatchWorkflow, listDispatchedRuns, seesWorkflows } from '../../github/workflow-dispatch.ts';
import { errorMessage } from '../../io/errors.ts';
import { type CallBudget, openBudget } from './call-budget.ts';
import { endOfLooking, endOfSending, PATIENCE, type Patience, putOff } from './decide-order.ts';
import { claimOrders, type Order, type OrderEnd, settleOrder } from './statements.ts';

export { PATIENCE, type Patience } from './decide-order.ts';

/** What one round of dispatching did. */
export interface Dispatched {
  readonly sent: number;
  /** Not known yet, or not told yet. */
  readonly open: number;
  /** Of those: GitHub took nothing now. */
  readonly postponed: number;
  /** In words, with the build. */
  readonly refused: readonly string[];
  /** What could not be written down; the next round finds it out. */
  readonly failures: readonly string[];
}

/** Orders claimed at a time: all of them are brought to GitHub long before their claim ends. */
const BATCH = 20;
/** A claim lasts two minutes, and a call twenty seconds: later than this nobody tells GitHub any more. */
const LATEST_POST_MS = 45_000;
const MOST_PAGES = 10;
/** GitHub's clock is not ours. */
const CLOCK_MS = 300_000;
/** A run is made while GitHub is told, or soon after. */
const MADE_WITHIN_MS = 300_000;

/** A round of dispatching. */
export interface DispatchRequest {
  readonly sql: Sql;
  /** Who this is, for the log of each build. */
  readonly dispatcher: string;
  /** A client for a repository, `owner/name`; null when this dispatcher has no token for it: its orders are put off. */
  readonly clientOf: (repository: string) => GitHubClient | null;
  /** Only builds of these; left out, all. */
  readonly repositories?: readonly string[] | undefined;
  /** Only this build. */
  readonly buildId?: string | undefined;
  /** Most orders. */
  readonly limit?: number | undefined;
  /** Most calls to GitHub. */
  readonly calls?: number | undefined;
  readonly patience?: Patience;
  readonly now?: () => Date;
}

interface Round {
  readonly budget: CallBudget;
  readonly patience: Patience;
  readonly now: () => Date;
  /** When the orders of this batch were claimed. */
  readonly claimedAt: number;
}

/**
 * Takes every order that is due and brings each as far as GitHub answers now. What stays open (an answer that was lost, a rate
 * limit) is looked at by the next round, whoever makes it. One order going wrong stops no other.
 *
 * @throws what the database throws when not even the first orders can be claimed
 */
export async function dispatchBuilds(request: DispatchRequest): Promise<Dispatched> {
  const { sql, dispatcher, repositories, buildId, limit = 50, patience = PATIENCE } = request;
  const budget = openBudget(request.calls ?? 200, request.clientOf);
  const done = { sent: 0, open: 0, postponed: 0 };
  const refused: string[] = [];
  const failures: string[] = [];
  for (let taken = 0; taken < limit && !budget.isSpent(); ) {
    const claimedAt = performance.now();
    const reach = { limit: Math.min(BATCH, limit - taken), repositories, buildId };
    const orders = await claimOrders(sql, dispatcher, reach).catch((error: unknown) => {
      if (taken === 0) throw error;
      failures.push(`claiming orders: ${errorMessage(error)}`);
      return [];
    });
    if (orders.length === 0) break;
    taken += orders.length;
    const round: Round = { budget, patience, now: request.now ?? (() => new Date()), claimedAt };
    for await (const [order, end] of carryOut(orders, round)) {
      try {
        await settleOrder(sql, order, end);
      } catch (error) {
        failures.push(`build ${order.buildId}: ${errorMessage(error)}`);
      }
      if (end.state === 'sent') done.sent += 1;
      else if (end.state === 'refused') refused.push(`build ${order.buildId}: ${end.error}`);
      else done.open += 1;
      if (end.state === 'postponed') done.postponed += 1;
    }
  }
  return { ...done, refused, failures };
}

/** Each order with what came of it: first those GitHub is to be told, then those to look for, one list for all of a workflow. */
async function* carryOut(orders: readonly Order[], round: Round): AsyncGenerator<[Order, OrderEnd]> {
  for (const order of orders.filter(({ action }) => action === 'send'))
    yield [order, await send(order, round)];
  const looks = Map.groupBy(
    orders.filter(({ action }) => action === 'find'),
    ({ repository, workflow, ref }) => [repository, workflow, ref].join(' '),
  );
  for (const [, sought] of looks) {
    for (const [order, end] of await look(sought, round)) yield [order, end];
  }
}

async function send(order: Order, round: Round): Promise<OrderEnd> {
  const { budget, patience, now } = round;
  const client = budget.clientOf(order.repository);
  if (client === null) return notAllowed(order, round);
  // Whoever comes after us would take it for told and lost.
  if (performance.now() - round.claimedAt > LATEST_POST_MS)
    return putOff('this round was too slow', 0, patience);
  if (!budget.take(2)) return putOff('this round has asked GitHub enough', 0, patience);
  const answer = await dispatchWorkflow(client, order);
  if (answer.kind === 'not_now') budget.pause(order.repository, answer.message, answer.afterSeconds);
  const end = endOfSending(answer, order, { patience, now: now() });
  const isBlind = answer.kind === 'missing' && end.state === 'refused' && !(await seesWorkflows(client));
  return isBlind ? putOff(`The token does not see ${order.repository}.`, null, patience) : end;
}

async function look(orders: readonly Order[], round: Round): Promise<readonly [Order, OrderEnd][]> {
  const { budget, patience, now } = round;
  const toAll = (endOf: (order: Order) => OrderEnd): [Order, OrderEnd][] =>
    orders.map((order) => [order, endOf(order)]);
  const [first] = orders;
  if (first === undefined) return [];
  const client = budget.clientOf(first.repository);
  if (client === null) return toAll((order) => notAllowed(order, round));
  if (!budget.take(MOST_PAGES)) return toAll(() => putOff('this round has asked GitHub enough', 0, patience));
  const posted = orders.map(({ postedAt }) => postedAt.getTime());
  try {
    const found = await listDispatchedRuns(client, {
      workflow: first.workflow,
      ref: first.ref,
      since: new Date(Math.min(...posted) - CLOCK_MS),
      until: new Date(Math.max(...posted) + MADE_WITHIN_MS),
      pages: MOST_PAGES,
    });
    const at = now();
    return toAll((order) => endOfLooking(found, order, { patience, now: at }));
  } catch (error) {
    const refusal = budget.note(first.repository, error);
    return toAll(() => putOff(errorMessage(error), refusal?.afterSeconds ?? null, patience));
  }
}

function notAllowed({ repository }: Order, { budget, patience }: Round): OrderEnd {
  const pause = budget.pauseOf(repository);
  return pause === null
    ? putOff(`This dispatcher has no token for ${repository}.`, null, patience)
    : putOff(pause.why, pause.afterSeconds, patience);
}
