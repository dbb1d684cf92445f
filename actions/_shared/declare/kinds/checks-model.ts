/** A check as its file says it, and as one environment wants it. Plain JSON. */
import type { AlertSeverity, SourceLocation } from '../model.ts';

/** Something compared: `> 100`. Durations are seconds here, as SQL's `extract(epoch from ...)` gives them. */
export interface Comparison {
  readonly operator: '>' | '>=' | '<' | '<=' | '=' | '!=';
  readonly than: number;
}

/** From where on it is how bad, worst first. `severity` null: the severity of the check. */
export type Levels<At = number> = readonly { readonly severity: AlertSeverity | null; readonly at: At }[];

/** Names meant: one of `names` fits and none of `except`. `*` stands for any characters, `?` for one. */
export interface Names {
  readonly names: readonly string[];
  readonly except: readonly string[];
}

export type CronFault =
  | 'late'
  | 'never_ran'
  | 'not_scheduled'
  | 'failing'
  | 'stuck'
  | 'slow'
  | 'success_rate'
  | 'unowned_role'
  | 'scheduler';
export type VaultFault = 'missing' | 'unreadable' | 'empty' | 'white_space' | 'wrong_shape' | 'too_old';
export type FunctionFault = 'missing' | 'changed' | 'failing';
export type WorkflowFault = 'late' | 'never_ran' | 'failing' | 'stuck' | 'disabled';

/** A value, or the environment variable it comes from. */
export type TextSource = { readonly text: string } | { readonly env: string };

/** One expectation of a JSON answer. */
export interface JsonExpectation {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
  /** As written. */
  readonly written: string;
  readonly equals?: string | number | boolean;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What each probe is told. Durations in milliseconds, shares from 0 to 1. */
export interface ProbeConfigs {
  readonly sql: { readonly query: string; readonly rows: boolean; readonly when: Levels<Comparison> };
  readonly http: {
    readonly url: TextSource;
    readonly method: 'get' | 'head' | 'post';
    readonly headers: Readonly<Record<string, TextSource>>;
    readonly body?: unknown;
    /** Statuses that are fine; `200` or a whole class, `2xx`. */
    readonly status: readonly (number | string)[];
    readonly contains: readonly string[];
    readonly lacks: readonly string[];
    readonly json: readonly JsonExpectation[];
    /** At least this slow. */
    readonly latency: Levels;
    /** At most this many days. */
    readonly tlsDaysLeft: Levels;
    readonly attempts: number;
    readonly retryAfterMs: number;
  };
  readonly cron: {
    readonly jobs: Names;
    readonly find: readonly CronFault[];
    /** For jobs that do not say `expect.within`. */
    readonly lateByMs: number;
  };
  readonly queue: {
    readonly taskTypes: Names;
    readonly depth: Levels;
    readonly oldest: Levels;
    readonly deadLetters: Levels;
    readonly deadWithinMs: number;
    readonly paused: Levels;
  };
  readonly pg_net: {
    readonly queueAge: Levels;
    readonly failures: Levels;
    readonly windowMs: number;
    readonly least: number;
  };
  readonly vault: { readonly secrets: Names; readonly find: readonly VaultFault[] };
  readonly function: {
    readonly functions: Names;
    readonly find: readonly FunctionFault[];
    readonly failures: Levels;
    readonly windowMs: number;
    readonly least: number;
  };
  readonly workflow: {
    readonly files: readonly string[];
    readonly find: readonly WorkflowFault[];
    readonly maxAge: Levels;
    readonly failing: Levels;
    readonly stuckMs: number;
    readonly branch: string | null;
  };
  readonly provider: {
    readonly name: 'openrouter';
    /** At most this much, in the provider's currency. */
    readonly credits: Levels;
    readonly keyLimit: Levels;
    readonly cacheAge: Levels;
    readonly breakers: boolean;
  };
  readonly batch: {
    readonly batches: Names;
    readonly stalled: Levels;
    readonly silent: Levels;
    readonly failures: Levels;
    readonly authErrors: boolean;
  };
}

export type ProbeKind = keyof ProbeConfigs;

/** A probe with what it is told. */
export type ProbeConfig = {
  [Kind in ProbeKind]: { readonly kind: Kind } & ProbeConfigs[Kind];
}[ProbeKind];

/** Names alerts by what they are about; everything given has to fit. */
export interface AlertMatcher {
  readonly check?: string;
  readonly object?: string;
  readonly kind?: string;
  /** The dedupe key. */
  readonly key?: string;
  readonly group?: string;
  readonly severity?: AlertSeverity;
}

/** Everything of a check that an environment may change. Durations in milliseconds. */
export interface CheckSettings {
  readonly owner: string | null;
  readonly severity: AlertSeverity;
  readonly probe: ProbeConfig;
  readonly for: { readonly failing: number; readonly of: number };
  readonly holdOpenMs: number;
  readonly reopenWithinMs: number;
  readonly group: string | null;
  readonly mutes: readonly AlertMatcher[];
  readonly runbook: { readonly name: string; readonly inputs: Readonly<Record<string, string>> } | null;
  /** Looked at no more often than this; 0: on every pass. */
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/** A check as its file says it. */
export interface CheckSpec extends CheckSettings {
  readonly name: string;
  readonly description: string;
  /** As written at the top of the file; undefined leaves it to the environment. */
  readonly active?: boolean;
  readonly overrides: Readonly<Record<string, Partial<CheckSettings> & { readonly active?: boolean }>>;
}

/** A check that one environment wants. */
export interface DesiredCheck extends CheckSettings {
  readonly name: string;
  readonly description: string;
  readonly location: SourceLocation;
}
