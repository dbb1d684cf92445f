import { canonicalJson } from './canonical-json.ts';
import type { Change, ObjectFields, Risk, UnmanagedObject } from './model.ts';

/**
 * A renamed file is one job that goes and one that comes. Says so where a new job does exactly what a disappearing one
 * did: what goes on is the job, what stays behind is its history; and when the old one is kept, both run.
 *
 * @param orphaned jobs of ours that are no longer declared and stay
 */
export function withRenameRisks(
  changes: readonly Change[],
  orphaned: readonly UnmanagedObject[],
): readonly Change[] {
  const created = changes.filter((change) => change.kind === 'job' && change.action === 'create');
  if (created.length === 0) return changes;
  const deleted = new Map<string, string>();
  for (const { kind, name, action, before } of changes) {
    if (kind === 'job' && action === 'delete') note(deleted, name, before);
  }
  const kept = new Map<string, string>();
  for (const { kind, name, detail } of orphaned) if (kind === 'job') note(kept, name, detail);
  if (deleted.size + kept.size === 0) return changes;

  const newNames = new Map<string, string>();
  const risks = new Map<string, Risk>();
  for (const { name, after } of created) {
    const works = workOf(after);
    const old = works === null ? undefined : (deleted.get(works) ?? kept.get(works));
    if (works === null || old === undefined) continue;
    const goes = deleted.delete(works);
    if (goes) newNames.set(old, name);
    else kept.delete(works);
    risks.set(name, goes ? renamed(old) : doubled(old));
  }
  return changes.map((change) => {
    const risk = change.kind === 'job' && change.action === 'create' ? risks.get(change.name) : undefined;
    if (risk !== undefined) return { ...change, risks: [risk, ...change.risks] };
    const goesOnAs = change.action === 'delete' && isJob(change) ? newNames.get(change.name) : undefined;
    return goesOnAs === undefined ? change : { ...change, risks: [goesOn(goesOnAs)] };
  });
}

/** The first job of its kind; of twins only one can have been renamed. */
function note(known: Map<string, string>, name: string, fields: ObjectFields | null): void {
  const works = workOf(fields);
  if (works !== null && !known.has(works)) known.set(works, name);
}

/** What a job does, as one text; null when that was not read (of many deleted jobs only the first are). */
function workOf(fields: ObjectFields | null): string | null {
  return fields === null || typeof fields.schedule !== 'string' ? null : canonicalJson(fields);
}

function isJob({ kind }: Change): boolean {
  return kind === 'job' || kind === 'cron';
}

function renamed(old: string): Risk {
  return {
    severity: 'info',
    code: 'looks-renamed',
    message: `Looks like ${old} under a new name: it does the same. Its runs so far stay under ${old}, and an H in its schedule means another minute`,
  };
}

function doubled(old: string): Risk {
  return {
    severity: 'warning',
    code: 'runs-twice',
    message: `Does the same as ${old}, which no file declares any more and which is kept: both will run until ${old} is pruned`,
  };
}

function goesOn(name: string): Risk {
  return { severity: 'info', code: 'looks-renamed', message: `Goes on as ${name}, which does the same` };
}
