/** What one pass over all checks hands to whoever keeps the alerts. Plain JSON. */
import type { AlertMatcher } from '../declare/kinds/checks-model.ts';
import type { AlertSeverity, Finding } from './finding.ts';

/**
 * Names alerts by what they are about; everything given has to fit. `*` in a glob stands for any characters, `?` for one.
 * The same words are written in `mutes:` of a check and in `/silence`.
 */
export type Matcher = AlertMatcher;

/** How results of a check become alerts. Durations in seconds. */
export interface CheckPolicy {
  /** An alert begins when `failing` of the last `of` evaluations found it. */
  readonly for: { readonly failing: number; readonly of: number };
  /** It ends when it was not found for this long, so that what flaps stays one alert. */
  readonly hold_open_s: number;
  /** Found again within this time after its end, it is the same alert again. */
  readonly reopen_within_s: number;
  /** A GitHub user or team with `@`, or a mail address. */
  readonly owner: string | null;
  readonly runbook: string | null;
  /** The comment that starts it, for example `/run restart-sync job=sync`. `$object` stands for the object found. */
  readonly runbook_command: string | null;
  /** Alerts of a group are shown as one. */
  readonly group: string | null;
  /** While this check fires, alerts that match are muted: they follow from it. */
  readonly mutes: readonly Matcher[];
}

/** One thing that is not as it should be. */
export interface CheckResult {
  readonly check: string;
  /** What it is about: a job, a secret, a function; empty for the check itself. */
  readonly object: string;
  /** `unknown`: nobody could tell, which is neither good nor bad. */
  readonly state: 'firing' | 'unknown';
  readonly severity: AlertSeverity;
  readonly finding: Finding;
}

/**
 * One pass. An object that is in no result is
 * - well, when its check is in `evaluated`;
 * - as it was, when its check is in `skipped`;
 * - unknown otherwise, never well.
 */
export interface CheckPass {
  /** ISO 8601. */
  readonly at: string;
  readonly environment: string;
  /** Checks that saw everything they cover; what they could not judge is in `results` as unknown. Sorted. */
  readonly evaluated: readonly string[];
  /** Declared checks whose turn it was not (`every:`). Sorted. */
  readonly skipped: readonly string[];
  /** What is not well, by check, then object. */
  readonly results: readonly CheckResult[];
  /** Of every check declared here. An alert of a check that is not in here has lost its reason. */
  readonly policies: Readonly<Record<string, CheckPolicy>>;
}
