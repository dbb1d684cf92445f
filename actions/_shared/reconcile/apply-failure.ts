import type { Sql } from '../database/connect.ts';
import { readTarget } from '../database/read-target.ts';
import { insertReconciliation } from '../database/reconciliations.ts';
import { APPLY_LIMITS, writeTransaction } from '../database/transaction.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Actor, ApplyReason, Plan } from './model.ts';

/** How an apply that kept nothing ended. */
export interface ApplyFailure {
  readonly reason: ApplyReason;
  readonly plan: Plan;
  readonly message: string;
  /** For the audit row. */
  readonly error: string | null;
}

/**
 * Leave an audit row for an apply whose transaction was undone, in a transaction of its own. Returns its id, or null
 * where that is not possible: before the first migration there is no table, after a lost connection perhaps no server.
 */
export async function recordFailure(input: {
  readonly sql: Sql;
  readonly actor: Actor;
  readonly durationMs: number;
  readonly failure: ApplyFailure;
}): Promise<string | null> {
  const { sql, actor, failure } = input;
  try {
    return await writeTransaction(sql, { ...APPLY_LIMITS, statementMs: 10_000 }, async (tx) => {
      if (!capabilitiesOf(await readTarget(tx)).ops.audit) return null;
      return insertReconciliation(tx, {
        environment: failure.plan.environment,
        actor: actor.name,
        commit: actor.commit ?? null,
        runUrl: actor.runUrl ?? null,
        planDigest: failure.plan.digest,
        counts: JSON.stringify(failure.plan.counts),
        result: failure.reason,
        error: failure.error,
        durationMs: input.durationMs,
      });
    });
  } catch {
    // The failure itself is what the caller has to hear; that it could not be written down too must not hide it.
    return null;
  }
}
