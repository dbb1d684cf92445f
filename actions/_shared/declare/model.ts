/**
 * What the files in `runbooks/` mean once they are read: plain, readonly values that remember where they
 * were written. Everything after this room (reconcile, report, local) works on these types only.
 */

import type { FunctionFile } from '../supabase/function-graph.ts';
import type { AdvisoryPolicy } from './kinds/advisory-policy.ts';
import type { DesiredCheck } from './kinds/checks-model.ts';

/** A place in one of our files. Lines and columns count from 1, as editors and GitHub annotations do. */
export interface SourceLocation {
  /** Path relative to the repository, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Column just past the end, when the offending text is on one line. */
  readonly endColumn?: number;
}

export type Severity = 'error' | 'warning' | 'notice';

/** One thing a person should know about a file: what, where, and what to do. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable kebab-case rule name, for example `schedule-reversed-range`. */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly location: SourceLocation;
}

/** What a lane means: outside `production`, jobs sleep unless a file says otherwise. */
export type Lane = 'production' | 'staging' | 'development';

/** One target of `environments.yaml`. Holds names of environment variables, never their values. */
export interface EnvironmentDeclaration {
  readonly name: string;
  readonly lane: Lane;
  /** Name of the environment variable that holds the Postgres connection string. */
  readonly connectionEnv: string;
  /** Supabase project ref, 20 lower-case letters; absent for plain Postgres. */
  readonly projectRef?: string;
  /** GitHub environment that guards the apply. */
  readonly githubEnvironment?: string;
  /** Whether jobs run here without being told to: true in production. */
  readonly jobsAwake: boolean;
  /** Kinds that are pruned (ours, no longer declared) without `--prune`. */
  readonly prune: readonly ResourceKind[];
  /** An apply that deletes more than this needs a word of consent (`--allow-deletes N`). */
  readonly limits: { readonly deleteCount: number; readonly deletePercent: number };
  /** Schemas the Data API has to expose, in the order they are appended; others are left alone. */
  readonly apiSchemas?: readonly string[];
  readonly location: SourceLocation;
}

/** One secret of `secrets.yaml`, resolved for an environment. The value itself is never in here. */
export interface SecretDeclaration {
  readonly name: string;
  readonly description: string;
  /** Name of the environment variable the value comes from. */
  readonly valueEnv: string;
  /** Regular expression the value must match, for example `^https://`. */
  readonly shape?: string;
  /** How old the secret may grow before it is reported, in milliseconds. */
  readonly maxAgeMs?: number;
  /** False for a secret that only Edge Functions read: it is not written to the Vault. */
  readonly vault?: false;
  readonly location: SourceLocation;
}

export type Overlap = 'skip' | 'queue_one' | 'allow';
export type Misfire = 'skip' | 'once' | 'all';
export type RetryCause = '4xx' | '429' | '5xx' | 'timeout' | 'network' | 'lost' | 'sql' | 'report';
export type AlertSeverity = 'info' | 'warning' | 'critical';

/**
 * A schedule compiled to sets, so that TypeScript and SQL decide the same thing without parsing again.
 * Bit n of a mask stands for the value n. Local to `timezone`.
 */
export interface CompiledSchedule {
  /** As written in the file. */
  readonly source: string;
  /** `H` resolved, names and macros expanded: five fields, `N seconds` or `@reboot`. */
  readonly expression: string;
  readonly kind: 'cron' | 'interval' | 'reboot';
  /** IANA name; `UTC` by default. */
  readonly timezone: string;
  /** Interval length in seconds, only for kind `interval`. */
  readonly seconds?: number;
  /** Only for kind `cron`. Minutes are two halves because SQL's and JSON's safe integers differ. */
  readonly match?: {
    readonly minutes_low: number; // minutes 0..29
    readonly minutes_high: number; // minutes 30..59, bit 0 = minute 30
    readonly hours: number;
    readonly days: number; // bit 1..31
    readonly months: number; // bit 1..12
    readonly weekdays: number; // bit 0..6, Sunday = 0
    /** pg_cron's rule: when either field starts with `*`, day AND weekday must match, else either. */
    readonly either_day: boolean;
    /** `$`: also the last day of the month. */
    readonly last_day: boolean;
    /** Minute and hour are both fixed (no `*`): the job runs once a local day through clock changes. */
    readonly fixed_time: boolean;
  };
  /**
   * What pg_cron is told, in UTC: the expression itself for UTC, else the smallest superset of the UTC minutes
   * at which the local schedule can be due; `ops.fire` decides.
   */
  readonly cronSchedule: string;
}

/** How a request proves itself. Secrets are Vault names. */
export type CallAuth =
  | { readonly kind: 'run_token' }
  | { readonly kind: 'header'; readonly header: string; readonly secret: string }
  | { readonly kind: 'bearer'; readonly secret: string }
  | { readonly kind: 'apikey'; readonly secret: string };

/** What a job does. Durations in milliseconds. */
export type JobCall =
  | {
      readonly kind: 'http';
      /** Slug, when the call is to one of our Edge Functions. */
      readonly function?: string;
      readonly method: 'get' | 'post' | 'delete';
      /** Either a literal URL, or a Vault secret holding a URL to which `path` is appended. */
      readonly url?: string;
      readonly url_secret?: string;
      readonly path?: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly auth: readonly CallAuth[];
      readonly timeout_ms: number;
    }
  | { readonly kind: 'sql'; readonly sql: string; readonly timeout_ms: number }
  | {
      readonly kind: 'enqueue';
      readonly task_type: string;
      readonly payload: unknown;
      readonly max_attempts: number;
      /** True when the run succeeds only once the worker reports (runbooks, workflows). */
      readonly await_report: boolean;
    };

/**
 * The value stored in `ops.job_definitions.definition`, snake_case because SQL reads it.
 * Keys at their default are left out so that ten thousand of them stay small; `ops.fire` knows the defaults.
 */
export interface JobDefinition {
  readonly schedule: Omit<CompiledSchedule, 'cronSchedule'>;
  readonly call: JobCall;
  readonly owner?: string;
  readonly description?: string;
  readonly retry?: {
    readonly attempts: number;
    readonly backoff_ms: number;
    readonly on: readonly RetryCause[];
  };
  /** Default `skip`. */
  readonly overlap?: Overlap;
  /** Default `skip`. */
  readonly misfire?: Misfire;
  readonly expect?: {
    readonly within_ms?: number;
    readonly max_duration_ms?: number;
    readonly min_success?: { readonly ratio: number; readonly window_ms: number };
    /** True: a run succeeds only when the function reports its own result. */
    readonly report?: boolean;
  };
  readonly alert?: { readonly after: number; readonly severity: AlertSeverity; readonly runbook?: string };
}

/** One declared job, resolved for one environment. */
export interface DesiredJob {
  readonly name: string;
  readonly definition: JobDefinition;
  /** The row of `cron.job` this job needs. */
  readonly cron: {
    readonly schedule: string;
    readonly command: string;
    readonly active: boolean;
    /** Absent: the database and the role we connect as. */
    readonly database?: string;
    readonly username?: string;
  };
  /** Vault secrets the definition refers to. */
  readonly secrets: readonly string[];
  readonly location: SourceLocation;
}

/** One file of `migrations/`. */
export interface MigrationFile {
  /** Digits before the first underscore of the file name. */
  readonly version: string;
  readonly name: string;
  readonly sql: string;
  /** sha256 of the file, hex. */
  readonly checksum: string;
  readonly file: string;
}

/** One file of an Edge Function, without its content. */
export interface DesiredFunctionFile {
  /** From the root of the project, with forward slashes. */
  readonly path: string;
  /** sha256 of the content, hex. */
  readonly sha256: string;
}

/** One declared Edge Function, resolved for one environment. */
export interface DesiredFunction {
  readonly slug: string;
  readonly entry: string;
  readonly importMap: string | null;
  readonly staticPatterns: readonly string[];
  readonly verifyJwt: boolean;
  /** Names of the Edge secrets it reads. */
  readonly secrets: readonly string[];
  /** Digest of all files and settings: equal when a deploy would bring nothing new. */
  readonly digest: string;
  /** In the order of upload. */
  readonly files: readonly DesiredFunctionFile[];
  /**
   * The contents, read when they are uploaded: all functions at once may be large.
   *
   * @throws ConfigurationError when they are not what `digest` says any more
   */
  readonly readFiles: () => readonly FunctionFile[];
  readonly location: SourceLocation;
}

/** An environment variable of the project's Edge Functions. */
export interface DesiredEdgeSecret {
  readonly name: string;
  /** The entry of `secrets.yaml` that says where the value comes from. */
  readonly secret: SecretDeclaration;
  /** The functions that read it. */
  readonly functions: readonly string[];
  readonly location: SourceLocation;
}

/**
 * The value `ops.declared_projects` tells and `ops.declare_project` takes, snake_case because SQL reads it; nothing is left
 * out, so that both sides can be compared as text.
 */
export interface ProjectDefinition {
  readonly title: string;
  readonly description: string | null;
  readonly owner: string | null;
  readonly repository: string | null;
  readonly workflow: string | null;
  /** True: builds are sent to GitHub; else runners of one's own take them. */
  readonly dispatch: boolean;
  readonly runtime_version: string | null;
  readonly keep_seconds: number | null;
  readonly branches: Readonly<
    Record<
      string,
      {
        readonly lane: Lane;
        readonly workflow: string | null;
        readonly environment: string | null;
        readonly inputs: Readonly<Record<string, string>>;
        readonly manual: boolean;
        readonly one_at_a_time: boolean;
        readonly cancel_superseded: boolean;
        readonly stop_superseded: boolean;
        readonly waiting_limit: number | null;
      }
    >
  >;
}

/** One declared project, resolved for one environment. */
export interface DesiredProject {
  /** Organisation and slug, as in `acme/shop`. */
  readonly name: string;
  readonly definition: ProjectDefinition;
  readonly location: SourceLocation;
}

/** Kinds of the database, in the order they are applied, then those of the platform; prune runs backwards, last. */
export type ResourceKind = 'migration' | 'secret' | 'job' | 'cron' | 'project' | PlatformKind;

/** Kinds that live behind the Management API and not in the database. */
export type PlatformKind = 'edge_secret' | 'api_schemas' | 'function';

/** Everything one environment should hold. */
export interface DesiredState {
  readonly environment: EnvironmentDeclaration;
  readonly migrations: readonly MigrationFile[];
  readonly secrets: readonly SecretDeclaration[];
  readonly jobs: readonly DesiredJob[];
  readonly functions: readonly DesiredFunction[];
  readonly edgeSecrets: readonly DesiredEdgeSecret[];
  /** Those that are awake, by name. */
  readonly checks: readonly DesiredCheck[];
  readonly projects: readonly DesiredProject[];
}

/** What reading `runbooks/` and `migrations/` yields: all diagnostics of the run, never only the first. */
export interface DeclarationResult {
  readonly environments: readonly EnvironmentDeclaration[];
  readonly diagnostics: readonly Diagnostic[];
  /** Number of files read. */
  readonly files: number;
  /** Resolve one environment by name; throws ConfigurationError listing the known names. */
  readonly resolve: (environment: string) => DesiredState;
  /** What advice an environment wants; good files only, so look at `diagnostics` first. */
  readonly advisories: (environment: string) => AdvisoryPolicy;
}
