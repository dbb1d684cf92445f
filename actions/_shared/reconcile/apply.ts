import { lockReconcile } from '../database/advisory-lock.ts';
import type { Sql } from '../database/connect.ts';
import {
  connectionPlace,
  errorCode,
  isConnectionLost,
  LOCK_NOT_AVAILABLE,
} from '../database/connection-errors.ts';
import { explainDatabaseError } from '../database/explain-database-error.ts';
import { APPLY_LIMITS, writeTransaction } from '../database/transaction.ts';
import { ConfigurationError } from '../io/errors.ts';
import { type ApplyFailure, recordFailure } from './apply-failure.ts';
import { applyMessage, failureMessage, lockedMessage } from './apply-message.ts';
import { buildPlan, type PlannedWork, type PlanOptions } from './build-plan.ts';
import { carryOut } from './carry-out.ts';
import { DELETION_GUARD } from './deletion-guard.ts';
import type { Actor, ApplyReason, ApplyResult, Plan } from './model.ts';
import { computePlan } from './plan.ts';
import { applyRest, partlyMessage } from './platform/apply-rest.ts';
import { readLive } from './read-live.ts';

export interface ApplyOptions extends PlanOptions {
  readonly sql: Sql;
  readonly actor: Actor;
  /** Digest of the plan that was reviewed; when what there is to do has changed since, nothing is done. */
  readonly expectDigest?: string | undefined;
  /** How long to wait for another apply, in milliseconds; 15 s by default. */
  readonly lockTimeoutMs?: number | undefined;
}

/** Ends the transaction without keeping anything, with the reason it ends for. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: ApplyReason;
  readonly work: PlannedWork;

  constructor(reason: ApplyReason, work: PlannedWork) {
    super(reason);
    this.reason = reason;
    this.work = work;
  }
}

/**
 * Make a database what the files say, in one transaction under an advisory lock: plan again inside the lock, compare
 * with the plan that was reviewed, change, write ledger and audit row. Either all of it is kept or nothing; run again
 * after any interruption, and twice changes nothing. Every apply that reaches the database leaves one audit row.
 *
 * What is behind the Management API knows no transactions: it follows once the database's part is committed, one object
 * after the other, each noted at once. One that fails ends as `partly_applied`, and the next apply does the rest.
 *
 * @throws ConfigurationError when the database can't be reached, keeps us out or waiting
 */
export async function applyPlan(options: ApplyOptions): Promise<ApplyResult> {
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began);
  const end = await applyDatabase(options, elapsed);
  if (end.kind === 'kept_nothing') {
    const { failure } = end;
    const { sql, actor } = options;
    const id = await recordFailure({ sql, actor, durationMs: elapsed(), failure });
    return { ...result(failure.reason, failure.plan, id), message: failure.message };
  }
  const { work, id } = end;
  const failures = await applyRest(options, { work, id, elapsed });
  const { plan } = work;
  if (failures.length === 0) return result(plan.changes.length > 0 ? 'applied' : 'nothing_to_do', plan, id);
  return { ...result('partly_applied', plan, id), message: partlyMessage(plan, failures), failures };

  function result(reason: ApplyReason, plan: Plan, id: string | null): ApplyResult {
    const durationMs = elapsed();
    return {
      schema_version: 1,
      reason,
      plan,
      reconciliationId: id === null ? null : Number(id),
      durationMs,
      message: applyMessage(reason, plan, durationMs),
      failures: [],
    };
  }
}

/** How the database's part ended. */
type DatabaseEnd =
  /** The id is that of the audit row; null in a database that has no table for it. */
  | { readonly kind: 'committed'; readonly work: PlannedWork; readonly id: string | null }
  | { readonly kind: 'kept_nothing'; readonly failure: ApplyFailure };

async function applyDatabase(options: ApplyOptions, elapsed: () => number): Promise<DatabaseEnd> {
  const progress: { locked: boolean; work?: PlannedWork } = { locked: false };
  try {
    return await writeTransaction(options.sql, limitsOf(options), async (tx) => {
      await lockReconcile(tx);
      progress.locked = true;
      const live = await readLive(tx, options);
      const work = buildPlan(live, options);
      progress.work = work;
      refuse(options, work);
      return { kind: 'committed', work, id: await carryOut(tx, { ...options, live, work, elapsed }) };
    });
  } catch (error) {
    return { kind: 'kept_nothing', failure: await classify(error, options, progress) };
  }
}

function limitsOf({ lockTimeoutMs }: ApplyOptions) {
  return { ...APPLY_LIMITS, lockMs: lockTimeoutMs ?? APPLY_LIMITS.lockMs };
}

function refuse(options: ApplyOptions, work: PlannedWork): void {
  const { blockers, changes, digest } = work.plan;
  if (blockers.length > 0) {
    const guarded = blockers.every((blocker) => blocker.code === DELETION_GUARD);
    throw new Refused(guarded ? 'deletion_guard' : 'blocked', work);
  }
  // A plan somebody else carried out meanwhile leaves nothing to refuse.
  if (changes.length > 0 && options.expectDigest !== undefined && options.expectDigest !== digest) {
    throw new Refused('plan_moved', work);
  }
}

/** What an error means for the apply, with the best plan there is to show. */
async function classify(
  error: unknown,
  options: ApplyOptions,
  progress: { readonly locked: boolean; readonly work?: PlannedWork },
): Promise<ApplyFailure> {
  if (error instanceof Refused) {
    const { plan } = error.work;
    return { reason: error.reason, plan, message: applyMessage(error.reason, plan, 0), error: null };
  }
  const waited = errorCode(error) === LOCK_NOT_AVAILABLE;
  const lockTimedOut = waited && !progress.locked;
  const lost = isConnectionLost(error);
  if (progress.work === undefined && !lockTimedOut && (waited || !progress.locked)) {
    // Nothing was begun: this is a database that can't be reached or read, or a fault of ours.
    throw explainDatabaseError(error, connectionPlace(options.sql)) ?? error;
  }
  const plan = progress.work?.plan ?? (await planToShow(options, lockTimedOut));
  if (lockTimedOut) {
    return { reason: 'locked', plan, message: await lockedMessage(options.sql), error: null };
  }
  const message = failureMessage(error, lost, plan.target.user);
  return { reason: lost ? 'connection_lost' : 'failed', plan, message, error: message };
}

/** A plan for an apply that could not make one, without the platform when that is what failed. */
async function planToShow(options: ApplyOptions, lockTimedOut: boolean): Promise<Plan> {
  try {
    return await computePlan(options);
  } catch (error) {
    // The other apply may have our tables locked too, for a migration of them.
    if (lockTimedOut) throw new ConfigurationError(await lockedMessage(options.sql), { cause: error });
    if (options.platform === undefined) throw error;
    return computePlan({ ...options, platform: undefined });
  }
}
