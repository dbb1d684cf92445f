import type { Transaction } from '../database/connect.ts';
import { readLedger } from '../database/managed-objects.ts';
import { readTarget, type TargetFacts } from '../database/read-target.ts';
import type { DesiredState, PlatformKind, ResourceKind } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';
import { type Capabilities, capabilitiesOf } from './capabilities.ts';
import { type LivePlatform, readPlatform } from './platform/live-platform.ts';
import type { Platform } from './platform/platform.ts';
import { type LiveKind, RESOURCES } from './resources/registry.ts';
import type { Ledger, ReadContext } from './resources/resource.ts';

/** One moment of the target: what it is, what is there, and what we made of it. */
export interface LiveState {
  readonly facts: TargetFacts;
  readonly capabilities: Capabilities;
  readonly kinds: readonly LiveKind[];
  readonly ledger: ReadonlyMap<ResourceKind, Ledger>;
  /** What is behind the Management API; null when there is no project, or no way to it. */
  readonly platform: LivePlatform | null;
}

/** What is read, and what comparing it needs. */
export interface LiveRequest {
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: Platform | undefined;
}

/** Read everything a plan rests on. The number of statements does not depend on the number of objects. */
export async function readLive(tx: Transaction, { desired, env, platform }: LiveRequest): Promise<LiveState> {
  const facts = await readTarget(tx);
  refuseBlindness(facts);
  const capabilities = capabilitiesOf(facts);
  const { kinds, ledger } = await readKinds(tx, { desired, env, capabilities });
  const hasLedger = capabilities.ops.ledger;
  const behind = platform === undefined ? null : await readPlatform(tx, { platform, desired, hasLedger });
  return { facts, capabilities, kinds, ledger, platform: behind };
}

/**
 * Ask for every kind before the first has answered: between GitHub and a database the way is longer than the work. Answers
 * come in the order of the questions, so of several failures the first is the cause.
 */
async function readKinds(
  tx: Transaction,
  context: ReadContext,
): Promise<Pick<LiveState, 'kinds' | 'ledger'>> {
  const reading: Promise<LiveKind>[] = [];
  for (const resource of RESOURCES) {
    reading.push(resource.read(tx, context));
    if (resource.readsAlone) await Promise.all(reading);
  }
  const [ledger, ...kinds] = await Promise.all([ledgerByKind(tx, context.capabilities), ...reading]);
  return { kinds, ledger };
}

// What a plan rests on. Without one of these it would want to make what is there already, or find nothing changed.
const TABLES = ['ops.managed_objects', 'ops.job_definitions', 'supabase_migrations.schema_migrations'];
const BEHIND_FUNCTIONS = [
  { table: 'cron.job', view: 'ops.plan_cron_jobs' },
  { table: 'vault.secrets', view: 'ops.plan_secrets' },
];

/** @throws ConfigurationError when something is there and our role may not see it, so that the plan would be a wrong one */
function refuseBlindness({ relations, views, reader, user }: TargetFacts): void {
  const hidden = TABLES.filter((name) => relations[name]?.readable === false);
  if (reader !== null) {
    for (const { table, view } of BEHIND_FUNCTIONS) {
      if (relations[table]?.readable === false && views[view] !== true)
        hidden.push(`${table} through ${view}()`);
    }
    // Younger than the others: a database without it has no projects of ours either.
    if (views['ops.plan_projects'] === false) hidden.push('ops.projects through ops.plan_projects()');
  }
  if (hidden.length === 0) return;
  throw new ConfigurationError(`Role ${reader ?? user} may not read ${hidden.join(', ')}.`, {
    hint: 'docs/github.md has the grants and policies of a role that can plan.',
  });
}

const PLATFORM_KINDS: readonly PlatformKind[] = ['edge_secret', 'api_schemas', 'function'];

async function ledgerByKind(
  tx: Transaction,
  capabilities: Capabilities,
): Promise<ReadonlyMap<ResourceKind, Ledger>> {
  const entries = capabilities.ops.ledger ? await readLedger(tx) : new Map<string, Ledger>();
  const kinds: readonly ResourceKind[] = [...RESOURCES.map(({ kind }) => kind), ...PLATFORM_KINDS];
  return new Map(kinds.map((kind) => [kind, entries.get(kind) ?? new Map()]));
}
