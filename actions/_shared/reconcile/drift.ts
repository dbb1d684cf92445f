import type { Sql } from '../database/connect.ts';
import type { PlanOptions } from './build-plan.ts';
import { DELETION_GUARD } from './deletion-guard.ts';
import { sha256 } from './digest.ts';
import type { Change, Plan } from './model.ts';
import { computePlan } from './plan.ts';

/**
 * What was changed by hand since our last apply: a plan with those changes only, and with what is lost. Changes that wait
 * for the next apply because a file moved on are no drift; objects nobody declared stay listed as unmanaged.
 *
 * @throws ConfigurationError when the database can't be reached
 */
export async function computeDrift(
  options: Omit<PlanOptions, 'prune'> & { readonly sql: Sql },
): Promise<Plan> {
  const plan = await computePlan({ ...options, prune: false });
  const changes = plan.changes.filter(isDrift);
  const count = (action: Change['action']): number =>
    changes.filter((change) => change.action === action).length;
  return {
    ...plan,
    digest: sha256(JSON.stringify(['drift', plan.environment, changes, plan.lost])),
    changes,
    // Deletions that the files want are no drift, and neither is it that there are too many of them.
    blockers: plan.blockers.filter(({ code }) => code !== DELETION_GUARD),
    counts: {
      ...plan.counts,
      create: count('create'),
      update: count('update'),
      delete: count('delete'),
      adopt: count('adopt'),
      unchanged: plan.counts.unchanged,
    },
  };
}

/** How many objects a drift is about; 0 when nothing was changed by hand. */
export function driftSize({ changes, lost }: Plan): number {
  return changes.length + lost.length;
}

function isDrift(change: Change): boolean {
  switch (change.cause) {
    case 'drift':
    case 'both':
      return true;
    case 'declaration':
      return false;
  }
}
