/**
 * What a probe is. It looks once for all checks of its kind: in the database (`read`, inside the one transaction of the pass),
 * outside (`ask`, at the same time), or both. Judging what was seen is pure.
 */
import type { Transaction } from '../../database/connect.ts';
import type { DesiredCheck, ProbeConfigs, ProbeKind } from '../../declare/kinds/checks-model.ts';
import type { DesiredState } from '../../declare/model.ts';
import type { GitHubClient } from '../../github/client.ts';
import type { Platform } from '../../reconcile/platform/platform.ts';
import type { AlertSeverity } from '../finding.ts';

/** A check with what its probe was told. */
export interface CheckOf<Kind extends ProbeKind> {
  readonly check: DesiredCheck;
  readonly config: ProbeConfigs[Kind];
}

/** What every probe is given. */
export interface World {
  /** The moment of the pass. */
  readonly now: Date;
  readonly desired: DesiredState;
  /** Left out: checks of workflows are unknown. */
  readonly github?: GitHubClient;
  /** Left out: what the platform runs is unknown. */
  readonly platform?: Platform;
  /** Environment variables: where addresses and tokens of HTTP checks come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds left of the pass. */
  readonly left: () => number;
  /** Aborted when the pass is over. */
  readonly signal: AbortSignal;
}

/** One thing that is not well. */
export interface Fault {
  /** What it is about; empty for the check itself. */
  readonly object: string;
  /** Left out: the severity of the check. */
  readonly severity?: AlertSeverity | null;
  /** The rule, snake_case. */
  readonly name: string;
  readonly title: string;
  readonly detail: string;
  readonly remediation: string;
  readonly evidence: object;
}

/** Nobody could tell, and why. */
export interface Blindness {
  readonly reason: string;
  readonly remediation: string;
  readonly evidence?: object;
}

/** What came of a check. */
export type Outcome =
  | {
      readonly state: 'looked';
      readonly faults: readonly Fault[];
      /** Objects nobody could judge; all others are well or in `faults`. */
      readonly blind?: readonly (Blindness & { readonly object: string })[];
    }
  | ({ readonly state: 'blind' } & Blindness);

/** A way of looking. `Rows` is what the database said, `Answers` what was said outside. */
export interface Probe<Kind extends ProbeKind, Rows, Answers> {
  readonly kind: Kind;
  /** Throws for what makes every check of this kind blind. */
  readonly read?: (tx: Transaction, checks: readonly CheckOf<Kind>[], world: World) => Promise<Rows>;
  readonly ask?: (checks: readonly CheckOf<Kind>[], world: World) => Promise<Answers>;
  readonly judge: (
    check: CheckOf<Kind>,
    seen: { readonly rows: Rows; readonly answers: Answers },
    world: World,
  ) => Outcome;
}

/** Thrown by `read` and `ask` when a precondition is missing; says what to do. */
export class CannotEvaluate extends Error {
  override readonly name = 'CannotEvaluate';
  readonly remediation: string;

  constructor(reason: string, remediation: string) {
    super(reason);
    this.remediation = remediation;
  }
}

/** Nothing wrong. */
export const WELL: Outcome = { state: 'looked', faults: [] };

/** Looked at everything. */
export function looked(
  faults: readonly Fault[],
  blind: NonNullable<(Outcome & { state: 'looked' })['blind']> = [],
): Outcome {
  return { state: 'looked', faults, ...(blind.length === 0 ? {} : { blind }) };
}

/** Could not look. */
export function blind(reason: string, remediation: string, evidence?: object): Outcome {
  return { state: 'blind', reason, remediation, ...(evidence === undefined ? {} : { evidence }) };
}
