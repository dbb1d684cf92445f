/**
 * What a check says before anyone looked up where: findings name a place by its path in the value, and only files that
 * have findings are read again with positions. Good files never pay for positions.
 */
import type { Severity } from './model.ts';

/** Keys and list indexes from the root of the file. */
export type ValuePath = readonly (string | number)[];

export type FindingPlace =
  | {
      readonly path: ValuePath;
      /** The key itself, or what stands behind it (default). */
      readonly part?: 'key' | 'value';
      /** Offsets within the text of a scalar, to point inside a schedule or a piece of SQL. */
      readonly span?: { readonly start: number; readonly end: number };
    }
  /** Offsets in the text of the file. */
  | { readonly start: number; readonly end: number };

export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly at: FindingPlace;
}

export type ReportFinding = (finding: Finding) => void;
