import type { ResourceKind } from '../declare/model.ts';
import type { LostObject } from '../reconcile/model.ts';

/** Objects lost for the same reason: ten thousand jobs gone with one extension are one thing to a reader. */
export interface LostGroup {
  readonly kind: ResourceKind;
  readonly because: string;
  readonly names: readonly string[];
}

/** Groups by kind and reason, in the order of the plan. */
export function lostGroups(lost: readonly LostObject[]): readonly LostGroup[] {
  const groups = Map.groupBy(lost, ({ kind, because }) => `${kind}\n${because}`);
  return [...groups.values()].flatMap((objects) => {
    const [first] = objects;
    return first === undefined
      ? []
      : [{ kind: first.kind, because: first.because, names: objects.map(({ name }) => name) }];
  });
}

const NOUNS: Readonly<Record<ResourceKind, string>> = {
  migration: 'migration',
  secret: 'secret',
  job: 'job',
  cron: 'scheduled job',
  project: 'project',
  edge_secret: 'Edge secret',
  api_schemas: 'exposed schema',
  function: 'function',
};

/** What people call an object of a kind. */
export function lostNoun({ kind, names }: LostGroup): string {
  const noun = NOUNS[kind];
  return names.length === 1 ? noun : `${noun}s`;
}
