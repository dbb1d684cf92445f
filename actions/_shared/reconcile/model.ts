/**
 * The plan: the one value that terminal, pull request, JSON and apply share. Pure data, no secret in it.
 */
import type { Diagnostic, Lane, ResourceKind, SourceLocation } from '../declare/model.ts';
import type { PlatformFailure } from './platform/step-failure.ts';

export type ChangeAction = 'create' | 'update' | 'delete' | 'adopt';

/** Why the live object differs from the file. `drift`: changed by hand since our last apply. */
export type ChangeCause = 'declaration' | 'drift' | 'both';

/** Something a reviewer should weigh before saying yes. */
export interface Risk {
  readonly severity: 'info' | 'warning' | 'danger';
  /** Stable kebab-case name, for example `deletes-job`, `stampede`, `unowned`. */
  readonly code: string;
  readonly message: string;
}

/** The fields people compare; values of secrets are never among them. */
export type ObjectFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Change {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly action: ChangeAction;
  readonly cause: ChangeCause;
  /** Null on create. */
  readonly before: ObjectFields | null;
  /** Null on delete. */
  readonly after: ObjectFields | null;
  readonly risks: readonly Risk[];
  /** Where the object is declared; absent on delete. */
  readonly location?: SourceLocation;
}

export interface PlanCounts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly adopt: number;
  readonly unchanged: number;
  /** Live objects nobody declared: reported, never touched. */
  readonly unmanaged: number;
}

/** A live object we do not manage. */
export interface UnmanagedObject {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly detail: ObjectFields;
}

/**
 * An object we made and a file still declares that is gone or out of sight, and that no apply can bring back as things
 * are: what held it was dropped or closed to us. An object an apply can bring back is a change instead.
 */
export interface LostObject {
  readonly kind: ResourceKind;
  readonly name: string;
  /** Half a sentence for people, the same for all objects lost for the same reason. */
  readonly because: string;
  readonly location: SourceLocation;
}

/** Something the target lacks, with what will not work because of it. */
export interface MissingCapability {
  readonly name: string;
  readonly consequence: string;
  readonly remedy: string;
}

export interface Plan {
  readonly schema_version: 1;
  readonly environment: string;
  readonly lane: Lane;
  /** sha256 over the changes and the live state they rest on; apply recomputes it and refuses when it moved. */
  readonly digest: string;
  readonly counts: PlanCounts;
  readonly changes: readonly Change[];
  readonly unmanaged: readonly UnmanagedObject[];
  /** Ours, no longer declared, and kept because pruning was not asked for. */
  readonly orphaned: readonly UnmanagedObject[];
  readonly missing: readonly MissingCapability[];
  /** Ours and declared, gone or out of sight, and not to be mended by an apply: see `missing` for what would mend it. */
  readonly lost: readonly LostObject[];
  /** Reasons for which apply will refuse; empty for a plan that can be applied. */
  readonly blockers: readonly Diagnostic[];
  /** What a reader should know although nothing changes because of it: unset variables, old secrets, a partial view. */
  readonly notices: readonly Diagnostic[];
  /** Facts about the target, for the header of a report. */
  readonly target: {
    readonly database: string;
    readonly user: string;
    readonly server_version: string;
    readonly pg_cron: string | null;
    readonly pg_net: string | null;
    readonly vault: string | null;
  };
}

/** Who asks, for the audit row. */
export interface Actor {
  readonly name: string;
  readonly commit?: string;
  readonly runUrl?: string;
}

/** Closed list of how an apply ends. */
export type ApplyReason =
  | 'applied'
  /** The database is what the files say, the platform only in part: apply again. */
  | 'partly_applied'
  | 'nothing_to_do'
  | 'blocked'
  | 'plan_moved'
  | 'deletion_guard'
  | 'locked'
  | 'connection_lost'
  | 'failed';

export interface ApplyResult {
  readonly schema_version: 1;
  readonly reason: ApplyReason;
  readonly plan: Plan;
  readonly reconciliationId: number | null;
  readonly durationMs: number;
  readonly message: string;
  /** Objects of the platform that are not what they should be; empty unless `partly_applied`. */
  readonly failures: readonly PlatformFailure[];
}
