import type { Sql } from '../../database/connect.ts';
import { listDispatchedRuns } from '../../github/workflow-dispatch.ts';
import { errorMessage } from '../../io/errors.ts';
import type { CallBudget } from './call-budget.ts';
import { isNamed, PATIENCE } from './decide-order.ts';
import { type SentOrder, sentOrders, settleDoubles } from './statements.ts';

const MOST_PAGES = 3;
/** GitHub's clock is not ours, and a run is made while GitHub is told or soon after. */
const AROUND_MS = 300_000;

/**
 * Searches GitHub once for runs that carry the name of an order whose run is known, and are another: a request that was doubled on its way. They are
 * noted as runs too many. One list for all orders of a workflow.
 */
export async function findDoubles(round: {
  readonly sql: Sql;
  readonly budget: CallBudget;
  readonly failures: string[];
  readonly repositories: readonly string[] | undefined;
  readonly limit: number;
  /** How long after GitHub was told its list is believed. */
  readonly afterMs?: number | undefined;
}): Promise<void> {
  const { sql, budget, failures, afterMs = PATIENCE.listDelayMs } = round;
  const orders = await sentOrders(sql, { ...round, afterMs });
  const groups = Map.groupBy(orders, ({ repository, workflow, ref }) =>
    [repository, workflow, ref].join(' '),
  );
  for (const [, sought] of groups) {
    try {
      await searchFor(sought, { sql, budget });
    } catch (error) {
      const [first] = sought;
      if (first !== undefined) budget.note(first.repository, error);
      failures.push(`looking for doubles: ${errorMessage(error)}`);
    }
  }
}

async function searchFor(
  orders: readonly SentOrder[],
  { sql, budget }: { readonly sql: Sql; readonly budget: CallBudget },
): Promise<void> {
  const [first] = orders;
  const client = first === undefined ? null : budget.clientOf(first.repository);
  if (first === undefined || client === null || !budget.take(MOST_PAGES)) return;
  const posted = orders.map(({ postedAt }) => postedAt.getTime());
  const { runs, isComplete } = await listDispatchedRuns(client, {
    workflow: first.workflow,
    ref: first.ref,
    since: new Date(Math.min(...posted) - AROUND_MS),
    until: new Date(Math.max(...posted) + AROUND_MS),
    pages: MOST_PAGES,
  });
  for (const order of orders) {
    const doubles = runs.filter(
      ({ id, title, status }) => id !== order.runId && status !== 'completed' && isNamed(title, order),
    );
    // Of a list with an end that was not read nothing is concluded, but what it shows is there.
    if (isComplete || doubles.length > 0)
      await settleDoubles(
        sql,
        order,
        doubles.map(({ id }) => id),
      );
  }
}
