import { createHash } from 'node:crypto';
import type { Plan } from './model.ts';
import type { PlannedChange } from './resources/resource.ts';

/**
 * sha256 over every change with the digests of both its sides, and where it would be applied. Two plans with the same
 * digest do the same to the same things; fields and secret values need not be repeated in it.
 */
export function planDigest(plan: {
  readonly environment: string;
  readonly target: Plan['target'];
  readonly changes: readonly PlannedChange[];
}): string {
  const hash = createHash('sha256');
  hash.update(['opsroom plan 1', plan.environment, plan.target.database, plan.target.user].join('\u001f'));
  let lines = '';
  for (const { change, desired, live } of plan.changes) {
    lines += `\n${change.kind}\u001f${change.action}\u001f${change.name}\u001f${desired ?? ''}\u001f${live ?? ''}`;
  }
  return hash.update(lines).digest('hex');
}
