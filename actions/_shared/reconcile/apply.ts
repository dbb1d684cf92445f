import { lockReconcile } from '../database/advisory-lock.ts';
import type { Sql, Transaction } from '../database/connect.ts';
import {
  connectionPlace,
  errorCode,
  explainConnectionError,
  isConnectionLost,
} from '../database/connection-errors.ts';
import { deleteLedger, upsertLedger } from '../database/managed-objects.ts';
import { readTarget } from '../database/read-target.ts';
import { finishReconciliation, insertReconciliation } from '../database/reconciliations.ts';
import { APPLY_LIMITS, writeTransaction } from '../database/transaction.ts';
import { type ApplyFailure, recordFailure } from './apply-failure.ts';
import { applyMessage, failureMessage, lockedMessage } from './apply-message.ts';
import { buildPlan, type PlannedWork, type PlanOptions } from './build-plan.ts';
import { capabilitiesOf } from './capabilities.ts';
import { DELETION_GUARD } from './deletion-guard.ts';
import type { Actor, ApplyReason, ApplyResult, Plan } from './model.ts';
import { computePlan } from './plan.ts';
import { type LiveState, readLive } from './read-live.ts';
import type { LedgerNote } from './resources/resource.ts';

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
 * @throws ConfigurationError when the database can't be reached, and for a migration the server refuses
 */
export async function applyPlan(options: ApplyOptions): Promise<ApplyResult> {
  const started = new Date();
  const progress: { locked: boolean; work?: PlannedWork } = { locked: false };
  const elapsed = (): number => Date.now() - started.getTime();
  try {
    const done = await writeTransaction(options.sql, limitsOf(options), async (tx) => {
      await lockReconcile(tx);
      progress.locked = true;
      const live = await readLive(tx, options.desired, options.env);
      const work = buildPlan(live, options);
      progress.work = work;
      refuse(options, work);
      return { plan: work.plan, id: await carryOut(tx, { options, live, work, started, elapsed }) };
    });
    return result(done.plan.changes.length > 0 ? 'applied' : 'nothing_to_do', done.plan, done.id);
  } catch (error) {
    const failure = await classify(error, options, progress);
    const { plan, reason, message } = failure;
    const id = await recordFailure({
      sql: options.sql,
      actor: options.actor,
      started,
      durationMs: elapsed(),
      failure,
    });
    return { ...result(reason, plan, id), message };
  }

  function result(reason: ApplyReason, plan: Plan, id: string | null): ApplyResult {
    const durationMs = elapsed();
    return {
      schema_version: 1,
      reason,
      plan,
      reconciliationId: id === null ? null : Number(id),
      durationMs,
      message: applyMessage(reason, plan, durationMs),
    };
  }
}

function limitsOf({ lockTimeoutMs }: ApplyOptions) {
  return { ...APPLY_LIMITS, lockMs: lockTimeoutMs ?? APPLY_LIMITS.lockMs };
}

function refuse(options: ApplyOptions, work: PlannedWork): void {
  const { blockers, digest } = work.plan;
  if (blockers.length > 0) {
    const guarded = blockers.every((blocker) => blocker.code === DELETION_GUARD);
    throw new Refused(guarded ? 'deletion_guard' : 'blocked', work);
  }
  if (options.expectDigest !== undefined && options.expectDigest !== digest) {
    throw new Refused('plan_moved', work);
  }
}

interface Execution {
  readonly options: ApplyOptions;
  readonly live: LiveState;
  readonly work: PlannedWork;
  readonly started: Date;
  readonly elapsed: () => number;
}

/** Change everything, then write down what was changed; returns the id of the audit row. */
async function carryOut(tx: Transaction, execution: Execution): Promise<string | null> {
  const { options, live, work } = execution;
  const entries: { kind: string; note: LedgerNote }[] = [];
  const forgotten: { kind: string; name: string }[] = [];
  for (const kind of live.kinds) {
    const planned = work.kinds.get(kind.kind);
    if (planned === undefined) continue;
    const changes = planned.changes.filter(({ change }) => change.action !== 'delete');
    const { desired, env } = options;
    const notes = await kind.apply(tx, { desired, env, capabilities: live.capabilities, changes });
    for (const note of [...notes, ...planned.note]) entries.push({ kind: kind.kind, note });
    for (const name of planned.forget) forgotten.push({ kind: kind.kind, name });
  }
  for (const kind of [...live.kinds].reverse()) {
    const names = (work.kinds.get(kind.kind)?.changes ?? [])
      .filter(({ change }) => change.action === 'delete')
      .map(({ change }) => change.name);
    if (names.length > 0) await kind.prune(tx, names);
    for (const name of names) forgotten.push({ kind: kind.kind, name });
  }
  return writeDown(tx, execution, entries, forgotten);
}

async function writeDown(
  tx: Transaction,
  { options, live, work, started, elapsed }: Execution,
  entries: readonly { readonly kind: string; readonly note: LedgerNote }[],
  forgotten: readonly { readonly kind: string; readonly name: string }[],
): Promise<string | null> {
  const { actor } = options;
  // The migrations of this very transaction may have made our tables; a history of somebody else's has none.
  const { ops } = live.capabilities.ops.audit ? live.capabilities : capabilitiesOf(await readTarget(tx));
  if (!ops.audit || !ops.ledger) return null;
  const { plan } = work;
  const id = await insertReconciliation(tx, {
    environment: plan.environment,
    actor: actor.name,
    commit: actor.commit ?? null,
    runUrl: actor.runUrl ?? null,
    planDigest: plan.digest,
    counts: JSON.stringify(plan.counts),
    result: plan.changes.length > 0 ? 'applied' : 'nothing_to_do',
    error: null,
    startedAt: started,
    durationMs: elapsed(),
  });
  if (entries.length > 0) {
    await upsertLedger(
      tx,
      entries.map(({ kind, note }) => ({ kind, ...note })),
      { commit: actor.commit ?? null, reconciliationId: id },
    );
  }
  if (forgotten.length > 0) await deleteLedger(tx, forgotten);
  if (entries.length > 0) await finishReconciliation(tx, id, elapsed());
  return id;
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
  const lockTimedOut = errorCode(error) === '55P03' && !progress.locked;
  const lost = isConnectionLost(error);
  if (!progress.locked && !lockTimedOut) {
    // Nothing was begun: this is a database that can't be reached, or a fault of ours.
    throw explainConnectionError(error, connectionPlace(options.sql)) ?? error;
  }
  const plan = progress.work?.plan ?? (await computePlan(options));
  if (lockTimedOut) {
    return { reason: 'locked', plan, message: await lockedMessage(options.sql), error: null };
  }
  const message = failureMessage(error, lost);
  return { reason: lost ? 'connection_lost' : 'failed', plan, message, error: message };
}
