import type { ResourceKind, SourceLocation } from '../declare/model.ts';
import type { ChangeCause, ObjectFields, Risk, UnmanagedObject } from './model.ts';
import type { Ledger, PlannedChange } from './resources/resource.ts';

/** A declared object, reduced to what comparing needs. */
export interface DesiredObject {
  readonly name: string;
  readonly digest: string;
  readonly fields: () => ObjectFields;
  readonly location: SourceLocation;
}

/** A live object, reduced to what comparing needs. */
export interface LiveObject {
  readonly name: string;
  readonly digest: string;
  readonly fields: () => ObjectFields;
}

export interface Difference {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  readonly unmanaged: readonly UnmanagedObject[];
  readonly orphaned: readonly UnmanagedObject[];
  /** Declared, live and equal, but the ledger remembers something else. */
  readonly settled: readonly DesiredObject[];
  /** In the ledger, neither declared nor live. */
  readonly gone: readonly string[];
}

export interface DiffInput {
  readonly kind: ResourceKind;
  readonly desired: readonly DesiredObject[];
  readonly live: ReadonlyMap<string, LiveObject>;
  readonly ledger: Ledger;
  readonly prune: boolean;
  /** What a reviewer should weigh about one change. */
  readonly risks: (change: {
    readonly name: string;
    readonly before: ObjectFields | null;
    readonly after: ObjectFields | null;
  }) => readonly Risk[];
}

/**
 * Pair by name and compare. Three sides decide: what is declared, what is live, and what we applied last (the ledger).
 * An object that is live under a declared name without being ours is adopted, never silently overwritten; one that is
 * ours and no longer declared is deleted only when pruning; one that is neither is left alone.
 */
export function diffObjects(input: DiffInput): Difference {
  const { kind, desired, live, ledger } = input;
  const changes: PlannedChange[] = [];
  const settled: DesiredObject[] = [];
  const names = new Set<string>();
  let unchanged = 0;
  for (const wanted of desired) {
    names.add(wanted.name);
    const found = live.get(wanted.name);
    const applied = ledger.get(wanted.name);
    if (found !== undefined && applied !== undefined && found.digest === wanted.digest) {
      unchanged += 1;
      if (applied !== wanted.digest) settled.push(wanted);
      continue;
    }
    const action = found === undefined ? 'create' : applied === undefined ? 'adopt' : 'update';
    const before = found?.fields() ?? null;
    const after = wanted.fields();
    changes.push({
      change: {
        kind,
        name: wanted.name,
        action,
        cause: causeOf({ desired: wanted.digest, live: found?.digest, applied }),
        before,
        after,
        risks: input.risks({ name: wanted.name, before, after }),
        location: wanted.location,
      },
      desired: wanted.digest,
      live: found?.digest ?? null,
    });
  }
  return {
    changes: [...changes, ...deletions(input, names)],
    unchanged,
    ...undeclared(input, names),
    settled,
  };
}

/** Who moved: the file since our last apply, the live object, or both. */
export function causeOf(side: {
  readonly desired: string;
  readonly live: string | undefined;
  readonly applied: string | undefined;
}): ChangeCause {
  if (side.applied === undefined || side.live === side.applied) return 'declaration';
  return side.desired === side.applied ? 'drift' : 'both';
}

function deletions(input: DiffInput, declared: ReadonlySet<string>): PlannedChange[] {
  if (!input.prune) return [];
  const found: PlannedChange[] = [];
  for (const object of input.live.values()) {
    const applied = input.ledger.get(object.name);
    if (declared.has(object.name) || applied === undefined) continue;
    const before = object.fields();
    found.push({
      change: {
        kind: input.kind,
        name: object.name,
        action: 'delete',
        cause: object.digest === applied ? 'declaration' : 'both',
        before,
        after: null,
        risks: input.risks({ name: object.name, before, after: null }),
      },
      desired: null,
      live: object.digest,
    });
  }
  return found;
}

function undeclared(
  input: DiffInput,
  declared: ReadonlySet<string>,
): Pick<Difference, 'unmanaged' | 'orphaned' | 'gone'> {
  const unmanaged: UnmanagedObject[] = [];
  const orphaned: UnmanagedObject[] = [];
  for (const object of input.live.values()) {
    if (declared.has(object.name)) continue;
    const ours = input.ledger.has(object.name);
    if (ours && input.prune) continue;
    (ours ? orphaned : unmanaged).push({ kind: input.kind, name: object.name, detail: object.fields() });
  }
  const gone = [...input.ledger.keys()].filter((name) => !declared.has(name) && !input.live.has(name));
  return { unmanaged, orphaned, gone };
}
