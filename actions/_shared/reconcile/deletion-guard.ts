import type { Diagnostic, EnvironmentDeclaration, ResourceKind } from '../declare/model.ts';
import type { Change } from './model.ts';
import type { Ledger } from './resources/resource.ts';

/** Code of the blocker; an apply stopped by it alone ends as `deletion_guard`. */
export const DELETION_GUARD = 'deletion-guard';

/**
 * Refuses a plan that deletes more than the environment's limits, or everything we manage of a kind (a file tree that
 * failed to load looks like that), unless somebody consented to that many.
 */
export function deletionGuard(input: {
  readonly changes: readonly Change[];
  readonly ledger: ReadonlyMap<ResourceKind, Ledger>;
  readonly environment: EnvironmentDeclaration;
  readonly allowDeletes: number | undefined;
}): Diagnostic[] {
  const { changes, ledger, environment, allowDeletes = 0 } = input;
  const jobs = new Set<string>();
  const secrets = new Set<string>();
  for (const change of changes) {
    if (change.action === 'delete') (change.kind === 'secret' ? secrets : jobs).add(change.name);
  }
  const deletions = jobs.size + secrets.size;
  if (deletions === 0 || deletions <= allowDeletes) return [];
  const managedJobs = Math.max(ledger.get('job')?.size ?? 0, ledger.get('cron')?.size ?? 0);
  const reasons = [
    ...reasonsFor('job', jobs.size, managedJobs, environment),
    ...reasonsFor('secret', secrets.size, ledger.get('secret')?.size ?? 0, environment),
  ];
  if (reasons.length === 0) return [];
  return [
    {
      severity: 'error',
      code: DELETION_GUARD,
      message: `The plan ${reasons.join(', and ')}`,
      hint: `If that is meant: --allow-deletes ${deletions}`,
      location: environment.location,
    },
  ];
}

function reasonsFor(
  noun: string,
  deleted: number,
  managed: number,
  { limits }: EnvironmentDeclaration,
): string[] {
  if (deleted === 0) return [];
  const objects = deleted === 1 ? `1 ${noun}` : `${deleted} ${noun}s`;
  if (deleted > limits.deleteCount) return [`deletes ${objects}; the limit is ${limits.deleteCount}`];
  if (deleted >= managed) return [`deletes every ${noun} we manage (${objects})`];
  const percent = (deleted / managed) * 100;
  // One object of a handful is always a large share of it.
  if (deleted > 1 && percent > limits.deletePercent) {
    return [
      `deletes ${objects} of ${managed}, ${Math.round(percent)} %; the limit is ${limits.deletePercent} %`,
    ];
  }
  return [];
}
