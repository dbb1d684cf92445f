import type { DesiredState, Diagnostic, ResourceKind } from '../declare/model.ts';
import { missingNet, targetOf } from './capabilities.ts';
import { deletionGuard } from './deletion-guard.ts';
import type { ChangeAction, Plan, PlanCounts } from './model.ts';
import { planDigest } from './plan-digest.ts';
import { type PlatformPlan, planPlatform } from './platform/plan-platform.ts';
import type { Platform } from './platform/platform.ts';
import type { LiveState } from './read-live.ts';
import { withRenameRisks } from './rename-risks.ts';
import type { KindPlan, PlannedChange } from './resources/resource.ts';

export interface PlanOptions {
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Delete what is ours and no longer declared, of every kind; else only of the kinds the environment prunes. */
  readonly prune: boolean;
  /** Consent to at most this many deletions. */
  readonly allowDeletes?: number | undefined;
  /** The Supabase project, for functions, their secrets and exposed schemas; left out, those are left as they are. */
  readonly platform?: Platform | undefined;
}

/** A plan together with what applying it needs. */
export interface PlannedWork {
  readonly plan: Plan;
  readonly kinds: ReadonlyMap<ResourceKind, KindPlan>;
  /** What is behind the Management API, applied after the database. */
  readonly platform: PlatformPlan;
}

/** What has to happen, from what is declared and what is live. Pure. */
export function buildPlan(live: LiveState, options: PlanOptions): PlannedWork {
  const { desired, env } = options;
  const kinds = new Map<ResourceKind, KindPlan>();
  for (const kind of live.kinds) {
    kinds.set(
      kind.kind,
      kind.plan({
        desired,
        env,
        capabilities: live.capabilities,
        ledger: live.ledger.get(kind.kind) ?? new Map(),
        prune: options.prune || isPruned(kind.kind, desired.environment.prune),
      }),
    );
  }
  const platform = planPlatform(live.platform, {
    desired,
    env,
    prune: options.prune,
    remembers: live.capabilities.ops.ledger || desired.migrations.length > 0,
  });
  const parts = [...kinds.values(), ...platform.values()];
  const ordered = [
    ...orderChanges([...kinds.values()].map((part) => part.changes)),
    ...orderChanges([...platform.values()].map((part) => part.changes)),
  ];
  const orphaned = parts.flatMap((part) => part.orphaned);
  const changes = withRenameRisks(
    ordered.map(({ change }) => change),
    orphaned,
  );
  const blockers: Diagnostic[] = [
    ...withoutRepeats(parts.flatMap((part) => part.blockers)),
    ...deletionGuard({
      changes,
      ledger: withoutGone(live.ledger, [...kinds, ...platform]),
      environment: desired.environment,
      allowDeletes: options.allowDeletes,
    }),
  ];
  const target = targetOf(live.facts);
  const plan: Plan = {
    schema_version: 1,
    environment: desired.environment.name,
    lane: desired.environment.lane,
    digest: planDigest({ environment: desired.environment.name, target, changes: ordered }),
    counts: countsOf(changes, parts),
    changes,
    unmanaged: parts.flatMap((part) => part.unmanaged),
    orphaned,
    missing: [...parts.flatMap((part) => part.missing), ...missingNet(live.capabilities, desired.jobs)],
    lost: parts.flatMap((part) => part.lost),
    blockers,
    notices: parts.flatMap((part) => part.notices),
    target,
  };
  return { plan, kinds, platform };
}

/** What of the ledger is still there: what somebody deleted by hand must not make the rest look like a small part. */
function withoutGone(
  ledger: LiveState['ledger'],
  kinds: readonly (readonly [ResourceKind, KindPlan])[],
): LiveState['ledger'] {
  const forget = new Map(kinds.map(([kind, part]) => [kind, new Set(part.forget)]));
  return new Map(
    [...ledger].map(([kind, entries]) => {
      const gone = forget.get(kind) ?? new Set<string>();
      return [kind, gone.size === 0 ? entries : new Map([...entries].filter(([name]) => !gone.has(name)))];
    }),
  );
}

/** A secret that both the Vault and a function need is wrong once. */
function withoutRepeats(blockers: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(blockers.map((each) => [`${each.code}\n${each.message}`, each])).values()];
}

/** A job is its definition and its row of cron.job: pruning one means pruning both. */
function isPruned(kind: ResourceKind, pruned: readonly ResourceKind[]): boolean {
  if (kind === 'job' || kind === 'cron') return pruned.includes('job') || pruned.includes('cron');
  return pruned.includes(kind);
}

/** Kinds in their order, deletions last and backwards: what uses a thing goes before the thing. */
export function orderChanges(kinds: readonly (readonly PlannedChange[])[]): PlannedChange[] {
  const isDelete = ({ change }: PlannedChange): boolean => change.action === 'delete';
  return [
    ...kinds.flatMap((changes) => changes.filter((change) => !isDelete(change))),
    ...[...kinds].reverse().flatMap((changes) => changes.filter(isDelete)),
  ];
}

function countsOf(changes: Plan['changes'], parts: readonly KindPlan[]): PlanCounts {
  const count = (action: ChangeAction): number => changes.filter((change) => change.action === action).length;
  return {
    create: count('create'),
    update: count('update'),
    delete: count('delete'),
    adopt: count('adopt'),
    unchanged: parts.reduce((sum, part) => sum + part.unchanged, 0),
    unmanaged: parts.reduce((sum, part) => sum + part.unmanaged.length, 0),
  };
}
