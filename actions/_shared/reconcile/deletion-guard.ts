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
  const deleted = new Map<Noun, Set<string>>();
  for (const { action, kind, name } of changes) {
    const noun = NOUNS[kind];
    if (action !== 'delete' || noun === undefined) continue;
    deleted.set(noun, (deleted.get(noun) ?? new Set()).add(name));
  }
  const deletions = [...deleted.values()].reduce((sum, names) => sum + names.size, 0);
  if (deletions === 0 || deletions <= allowDeletes) return [];
  const reasons = [...deleted].flatMap(([noun, names]) =>
    reasonsFor(noun, names.size, managed(noun, ledger), environment),
  );
  if (reasons.length === 0) return [];
  return [
    {
      severity: 'error',
      code: DELETION_GUARD,
      message: `The plan ${reasons.join(', and ')}`,
      hint: `If that is meant: --allow-deletes ${deletions} (on GitHub, allow-deletes of the button of reconcile)`,
      location: environment.location,
    },
  ];
}

type Noun = 'job' | 'secret' | 'project' | 'function' | 'Edge secret';

/** What people call an object that may be deleted; a job is its definition and its row of cron.job. */
const NOUNS: Readonly<Partial<Record<ResourceKind, Noun>>> = {
  job: 'job',
  cron: 'job',
  secret: 'secret',
  project: 'project',
  function: 'function',
  edge_secret: 'Edge secret',
};

function managed(noun: Noun, ledger: ReadonlyMap<ResourceKind, Ledger>): number {
  const kinds = (Object.keys(NOUNS) as ResourceKind[]).filter((kind) => NOUNS[kind] === noun);
  return Math.max(...kinds.map((kind) => ledger.get(kind)?.size ?? 0));
}

function reasonsFor(
  noun: Noun,
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
