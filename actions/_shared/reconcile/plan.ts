import type { Sql } from '../database/connect.ts';
import { connectionPlace } from '../database/connection-errors.ts';
import { explainDatabaseError } from '../database/explain-database-error.ts';
import { readTransaction } from '../database/transaction.ts';
import { buildPlan, type PlanOptions } from './build-plan.ts';
import type { Plan } from './model.ts';
import { readLive } from './read-live.ts';
import { withStampedeRisks } from './stampede-risks.ts';

/**
 * What would have to happen to make a database what the files say. Changes nothing: one read-only transaction.
 *
 * @param options.env where the values of secrets come from, by the names the declarations give
 * @param options.prune also delete what is ours and no longer declared
 * @param options.now from when the coming week is looked at for crowded minutes; the clock when left out
 * @param options.allowDeletes consent to at most this many deletions
 * @throws ConfigurationError when the database can't be reached, keeps us out or waiting, or the Management API where `platform` is given
 */
export async function computePlan(
  options: PlanOptions & { readonly sql: Sql; readonly now?: Date },
): Promise<Plan> {
  const { sql, desired } = options;
  try {
    const live = await readTransaction(sql, (tx) => readLive(tx, options));
    return withStampedeRisks(buildPlan(live, options).plan, desired.jobs, options.now ?? new Date());
  } catch (error) {
    throw explainDatabaseError(error, connectionPlace(sql)) ?? error;
  }
}
