import type { Transaction } from '../database/connect.ts';
import { deleteLedger, insertLedger, type LedgerEntry, updateLedger } from '../database/managed-objects.ts';
import { readTarget } from '../database/read-target.ts';
import { finishReconciliation, insertReconciliation } from '../database/reconciliations.ts';
import type { DesiredState, ResourceKind } from '../declare/model.ts';
import type { PlannedWork } from './build-plan.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Actor, ApplyReason } from './model.ts';
import { hasPlatformChanges } from './platform/apply-platform.ts';
import type { LiveState } from './read-live.ts';
import type { PlannedChange } from './resources/resource.ts';

/** What carrying out a plan needs to know. */
export interface Execution {
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly actor: Actor;
  readonly live: LiveState;
  readonly work: PlannedWork;
  /** Milliseconds since the apply began. */
  readonly elapsed: () => number;
}

/**
 * Change everything in the order of kinds, delete last and backwards, and write ledger and audit row. Returns the id of
 * the audit row, or null in a database that has no table for it.
 */
export async function carryOut(tx: Transaction, execution: Execution): Promise<string | null> {
  const { desired, env, live, work } = execution;
  const entries: LedgerEntry[] = [];
  const running: Promise<void>[] = [];
  for (const kind of live.kinds) {
    const planned = work.kinds.get(kind.kind);
    if (planned === undefined) continue;
    const changes = planned.changes.filter((change) => !isDeletion(change));
    const applying = kind.apply(tx, { desired, env, capabilities: live.capabilities, changes });
    running.push(handled(applying.done));
    for (const note of await applying.notes) entries.push({ kind: kind.kind, ...note });
    for (const note of planned.note) entries.push({ kind: kind.kind, ...note });
  }
  for (const [kind, planned] of work.platform) {
    for (const note of planned.note) entries.push({ kind, ...note });
  }
  const writing = handled(writeDown(tx, execution, entries));
  await Promise.all(running);
  const id = await writing;
  const forgotten = await deleteObjects(tx, execution);
  if (id !== null) {
    if (forgotten.length > 0) await deleteLedger(tx, forgotten);
    if (work.plan.changes.length > 0) await finishReconciliation(tx, id, execution.elapsed());
  }
  return id;
}

/** A promise somebody will await later: its failure must not count as unnoticed until then. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function isDeletion({ change }: PlannedChange): boolean {
  return change.action === 'delete';
}

/** Delete what is no longer declared; returns what the ledger has to forget. */
async function deleteObjects(
  tx: Transaction,
  { desired, live, work }: Execution,
): Promise<readonly { readonly kind: ResourceKind; readonly name: string }[]> {
  const forgotten: { kind: ResourceKind; name: string }[] = [];
  for (const kind of [...live.kinds].reverse()) {
    const planned = work.kinds.get(kind.kind);
    const names = (planned?.changes ?? []).filter(isDeletion).map(({ change }) => change.name);
    if (names.length > 0) {
      const ledger = live.ledger.get(kind.kind) ?? new Map<string, string>();
      await kind.prune(tx, names, { desired, capabilities: live.capabilities, ledger });
    }
    for (const name of [...names, ...(planned?.forget ?? [])]) forgotten.push({ kind: kind.kind, name });
  }
  for (const [kind, planned] of work.platform) {
    for (const name of planned.forget) forgotten.push({ kind, name });
  }
  return forgotten;
}

/** How the audit row says it ended, as far as this transaction can tell: the platform comes after it. */
function endOf({ plan, platform }: PlannedWork): {
  readonly result: ApplyReason;
  readonly error: string | null;
} {
  if (hasPlatformChanges(platform)) {
    return {
      result: 'partly_applied',
      error: 'The process ended before it could tell what became of the platform',
    };
  }
  return { result: plan.changes.length > 0 ? 'applied' : 'nothing_to_do', error: null };
}

async function writeDown(
  tx: Transaction,
  { actor, live, work, elapsed }: Execution,
  entries: readonly LedgerEntry[],
): Promise<string | null> {
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
    ...endOf(work),
    durationMs: elapsed(),
  });
  const origin = { commit: actor.commit ?? null, reconciliationId: id };
  const isKnown = ({ kind, name }: LedgerEntry): boolean => live.ledger.get(kind)?.has(name) === true;
  const known = entries.filter(isKnown);
  const added = entries.filter((entry) => !isKnown(entry));
  if (added.length > 0) await insertLedger(tx, added, origin);
  if (known.length > 0) await updateLedger(tx, known, origin);
  return id;
}
