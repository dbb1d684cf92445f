import type { Transaction } from '../../database/connect.ts';
import type { ResourceKind } from '../../declare/model.ts';
import { cronResource } from './cron.ts';
import { jobResource } from './job.ts';
import { migrationResource } from './migration.ts';
import { projectResource } from './project.ts';
import type {
  ApplyContext,
  Applying,
  KindPlan,
  PlanContext,
  PruneContext,
  ReadContext,
  Resource,
} from './resource.ts';
import { secretResource } from './secret.ts';

/** One kind with what was read of it: the type of the live side stays inside its module. */
export interface LiveKind {
  readonly kind: ResourceKind;
  readonly plan: (context: PlanContext) => KindPlan;
  readonly apply: (tx: Transaction, context: ApplyContext) => Applying;
  readonly prune: (tx: Transaction, names: readonly string[], context: PruneContext) => Promise<void>;
}

export interface RegisteredResource {
  readonly kind: ResourceKind;
  readonly read: (tx: Transaction, context: ReadContext) => Promise<LiveKind>;
  readonly readsAlone: boolean;
}

function register<L>(resource: Resource<L>): RegisteredResource {
  return {
    kind: resource.kind,
    readsAlone: resource.readsAlone === true,
    read: async (tx, context) => {
      const live = await resource.read(tx, context);
      return {
        kind: resource.kind,
        plan: (planContext) => resource.plan(live, planContext),
        apply: (transaction, applyContext) => resource.apply(transaction, live, applyContext),
        prune: (transaction, names, pruneContext) => resource.prune(transaction, live, names, pruneContext),
      };
    },
  };
}

/** Every kind, in the order it is applied; prune goes backwards. */
export const RESOURCES: readonly RegisteredResource[] = [
  register(migrationResource),
  register(secretResource),
  register(jobResource),
  register(cronResource),
  register(projectResource),
];
