import type { Transaction } from '../../database/connect.ts';
import type { DesiredState, Diagnostic, ResourceKind } from '../../declare/model.ts';
import type { Capabilities } from '../capabilities.ts';
import type { Change, LostObject, MissingCapability, UnmanagedObject } from '../model.ts';

/** Names of one kind we made, with the digest of what we applied. */
export type Ledger = ReadonlyMap<string, string>;

/** A change with the digests it rests on: the plan's digest covers both sides without printing them. */
export interface PlannedChange {
  readonly change: Change;
  /** Digest of what is declared; null on delete. */
  readonly desired: string | null;
  /** Digest of what is live; null on create. */
  readonly live: string | null;
}

/** What one kind contributes to a plan. Pure data. */
export interface KindPlan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  readonly unmanaged: readonly UnmanagedObject[];
  readonly orphaned: readonly UnmanagedObject[];
  readonly blockers: readonly Diagnostic[];
  readonly notices: readonly Diagnostic[];
  readonly missing: readonly MissingCapability[];
  readonly lost: readonly LostObject[];
  /** Entries of the ledger that no longer say the truth although nothing has to change: forget, or note anew. */
  readonly forget: readonly string[];
  readonly note: readonly LedgerNote[];
}

/** What the ledger should say of one object. */
export interface LedgerNote {
  readonly name: string;
  readonly digest: string;
  /** JSON text of the applied fields, without secret values. */
  readonly applied: string;
  readonly sourcePath: string;
}

/** What planning one kind knows besides what that kind reads for itself. */
export interface PlanContext {
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly capabilities: Capabilities;
  readonly ledger: Ledger;
  /** True when objects of ours that are no longer declared are to be deleted. */
  readonly prune: boolean;
}

/** What reading one kind may use. */
export type ReadContext = Omit<PlanContext, 'ledger' | 'prune'>;

/** What applying one kind gets: its own changes only. */
export interface ApplyContext {
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly capabilities: Capabilities;
  /** Creates, updates and adoptions, in the plan's order. */
  readonly changes: readonly PlannedChange[];
}

/** What deleting objects of one kind may use: whose they are. */
export type PruneContext = Pick<PlanContext, 'desired' | 'capabilities' | 'ledger'>;

/**
 * Changes under way. Statements of one transaction run in the order they were sent, so a kind whose statements need no
 * answer tells its notes at once, and the next kind prepares its own while the server is still at work.
 */
export interface Applying {
  /** What the ledger should say, as soon as that is known. */
  readonly notes: Promise<readonly LedgerNote[]>;
  readonly done: Promise<void>;
}

/** Changes that have to be finished before anything else may be sent. */
export function oneAfterTheOther(work: Promise<readonly LedgerNote[]>): Applying {
  return { notes: work, done: work.then(() => undefined) };
}

/**
 * One kind of thing we manage: how it is read, compared and written. A new kind is one file and one line in the
 * registry. `L` is what reading yields; nobody outside the module looks into it.
 */
export interface Resource<L> {
  readonly kind: ResourceKind;
  readonly read: (tx: Transaction, context: ReadContext) => Promise<L>;
  /** True when reading may undo statements of its own: another kind's between them would be undone too. */
  readonly readsAlone?: true;
  /** Pure: what differs, and what a reviewer should weigh. */
  readonly plan: (live: L, context: PlanContext) => KindPlan;
  /** Make it so. */
  readonly apply: (tx: Transaction, live: L, context: ApplyContext) => Applying;
  /** Delete objects of ours, and nothing else that bears their names. */
  readonly prune: (
    tx: Transaction,
    live: L,
    names: readonly string[],
    context: PruneContext,
  ) => Promise<void>;
}

/** A kind plan with nothing in it, to be spread. */
export const EMPTY_PLAN: KindPlan = {
  changes: [],
  unchanged: 0,
  unmanaged: [],
  orphaned: [],
  blockers: [],
  notices: [],
  missing: [],
  lost: [],
  forget: [],
  note: [],
};
