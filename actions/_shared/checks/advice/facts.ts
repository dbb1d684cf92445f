/** What rules decide by. Everything in here was read once, in one moment of the database, and holds no secret value. */
import type { TargetFacts } from '../../database/read-target.ts';
import type { BuildAdvice } from './facts/build-statements.ts';
import type { CronHistory, LiveCronJob } from './facts/cron-statements.ts';
import type { NetFacts } from './facts/net-statements.ts';
import type { RunFacts } from './facts/run-statements.ts';
import type { ServerSettings } from './facts/server-statements.ts';
import type { SecretFacts } from './facts/vault-statements.ts';
import type { CommandReading } from './read-command.ts';

/** A live job with what its command does, as far as that can be read. Our own commands are not read. */
export interface SeenJob extends LiveCronJob {
  /** `jobname`, or `number 7` for a job without one. */
  readonly label: string;
  /** Null for a command of ours. */
  readonly reading: CommandReading | null;
}

export interface Facts {
  /** Extensions, rights and relations. */
  readonly target: TargetFacts;
  readonly settings: ServerSettings;
  /** Every row of cron.job. */
  readonly jobs: readonly SeenJob[];
  /** What pg_cron remembers of runs. */
  readonly history: CronHistory;
  readonly net: NetFacts;
  /** How many workers of pg_net run. */
  readonly netWorkers: number;
  /** Secrets of the Vault and what is wrong with their values. */
  readonly secrets: readonly SecretFacts[];
  /** What became of runs of declared jobs. */
  readonly runs: RunFacts;
  /** Names of the cron jobs we made. */
  readonly ours: ReadonlySet<string>;
  /** Open advice about projects, from ops.advisories. */
  readonly builds: readonly BuildAdvice[];
}

export type FactName = keyof Facts;

/** A fact, or why there is none. */
export type Seen<T> =
  /** `partly`: why there may be more than this. */
  | { readonly kind: 'seen'; readonly value: T; readonly partly?: string }
  /** What it is about is not there. */
  | { readonly kind: 'absent'; readonly reason: string }
  /** It is there, and we could not look. */
  | { readonly kind: 'hidden'; readonly reason: string };

export type SeenFacts = { readonly [Name in FactName]: Seen<Facts[Name]> };

export function seen<T>(value: T, partly?: string): Seen<T> {
  return partly === undefined ? { kind: 'seen', value } : { kind: 'seen', value, partly };
}

export function absent<T>(reason: string): Seen<T> {
  return { kind: 'absent', reason };
}

export function hidden<T>(reason: string): Seen<T> {
  return { kind: 'hidden', reason };
}
