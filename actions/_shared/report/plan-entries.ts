import type { ResourceKind, SourceLocation } from '../declare/model.ts';
import { changeKey } from '../reconcile/change-key.ts';
import type {
  Change,
  ChangeAction,
  ChangeCause,
  ObjectFields,
  Plan,
  PlanCounts,
  Risk,
} from '../reconcile/model.ts';
import { printRun, type ReadableSchedule, type ScheduleReader } from './readable-schedule.ts';

/** One field that differs. */
export interface FieldChange {
  readonly field: string;
  readonly before: ObjectFields[string] | undefined;
  readonly after: ObjectFields[string] | undefined;
}

/** A schedule that changes (or appears), in words, with its next runs. */
export interface ScheduleChange {
  readonly before: string | null;
  readonly after: string | null;
  /** Next runs under the new schedule; empty when the job is deleted or sleeps. */
  readonly nextRuns: readonly { readonly utc: string; readonly local: string | null }[];
}

/**
 * What a person sees as one thing: a job is two objects in the database (its definition and its row of cron.job), and a
 * reviewer should read its change once.
 */
export interface PlanEntry {
  readonly name: string;
  readonly kinds: readonly ResourceKind[];
  readonly action: ChangeAction;
  readonly cause: ChangeCause;
  readonly fields: readonly FieldChange[];
  readonly schedule: ScheduleChange | null;
  readonly risks: readonly Risk[];
  readonly location: SourceLocation | undefined;
}

/** How schedules are read, and from when next runs count. */
export interface ScheduleContext {
  readonly now: Date;
  readonly schedules: ScheduleReader;
  /** Time zone of whoever reads, where that is known; IANA name. */
  readonly readerZone?: string;
  /** How many next runs to show. */
  readonly runs?: number;
}

// Reading ten thousand schedules takes seconds, and no report shows that many.
const READ_AT_MOST = 500;

/** Groups a plan's changes into entries, in the plan's own order; the first 500 get their schedules read. */
export function planEntries(changes: readonly Change[], context: ScheduleContext | undefined): PlanEntry[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = changeKey(change);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return [...groups.values()].map((group, index) =>
    entryOf(group, index < READ_AT_MOST ? context : undefined),
  );
}

function entryOf(group: readonly Change[], context: ScheduleContext | undefined): PlanEntry {
  // The job definition holds the schedule as written (time zone, H); the cron row only what pg_cron is told.
  const ordered = [...group].sort((a, b) => Number(b.kind === 'job') - Number(a.kind === 'job'));
  const [lead] = ordered;
  if (lead === undefined) throw new Error('a plan entry needs at least one change');
  return {
    name: lead.name,
    kinds: ordered.map((change) => change.kind),
    action: lead.action,
    cause: causeOf(ordered.map((change) => change.cause)),
    fields: tellingFields(ordered),
    schedule: scheduleChange(ordered, context),
    risks: mergeRisks(ordered),
    location: ordered.find((change) => change.location !== undefined)?.location,
  };
}

function causeOf(causes: readonly ChangeCause[]): ChangeCause {
  const [first] = causes;
  return first !== undefined && causes.every((cause) => cause === first) ? first : 'both';
}

/**
 * What of a change is worth reading. A new (or deleted) job is two objects, and most of its row in cron.job follows from
 * its definition; in an update every difference is told.
 */
function tellingFields(changes: readonly Change[]): FieldChange[] {
  const fields = mergeFields(changes);
  const [lead] = changes;
  const whole = lead?.action === 'create' || lead?.action === 'delete';
  return whole && lead.kind === 'job' ? fields.filter((field) => !followsFromDefinition(field)) : fields;
}

function followsFromDefinition({ field, before, after }: FieldChange): boolean {
  const value = after ?? before;
  switch (field) {
    case 'command':
    case 'database':
    case 'username':
    case 'cron.schedule':
      return true;
    case 'active':
      return value === true;
    case 'timezone':
      return value === 'UTC';
    default:
      return false;
  }
}

function mergeFields(changes: readonly Change[]): FieldChange[] {
  const merged: FieldChange[] = [];
  for (const change of changes) {
    for (const field of fieldChanges(change)) {
      const same = merged.find((other) => other.field === field.field);
      if (same === undefined) merged.push(field);
      else if (same.before !== field.before || same.after !== field.after) {
        merged.push({ ...field, field: `${change.kind}.${field.field}` });
      }
    }
  }
  return merged;
}

/** The fields of a change that differ, in the order they are declared. */
export function fieldChanges(change: Change): FieldChange[] {
  const names = new Set([...Object.keys(change.after ?? {}), ...Object.keys(change.before ?? {})]);
  return [...names]
    .map((field) => ({ field, before: change.before?.[field], after: change.after?.[field] }))
    .filter(({ before, after }) => (before ?? null) !== (after ?? null));
}

function mergeRisks(changes: readonly Change[]): Risk[] {
  const seen = new Map<string, Risk>();
  for (const risk of changes.flatMap((change) => change.risks))
    seen.set(`${risk.code}\n${risk.message}`, risk);
  return [...seen.values()];
}

function scheduleChange(
  changes: readonly Change[],
  context: ScheduleContext | undefined,
): ScheduleChange | null {
  if (context === undefined) return null;
  const before = readSide(changes, 'before', context);
  const after = readSide(changes, 'after', context);
  if (before === null && after === null) return null;
  const asleep = (side: 'before' | 'after') => changes.some((change) => change[side]?.active === false);
  const runs = after === null || asleep('after') ? [] : after.next(context.now, context.runs ?? 3);
  return {
    before: before === null ? null : inWords(before, asleep('before')),
    after: after === null ? null : inWords(after, asleep('after')),
    nextRuns: runs.map((at) => printRun(at, localZone(after, context))),
  };
}

/** Local time is that of the schedule; for one in UTC, that of the reader where it is known. */
function localZone(schedule: ReadableSchedule | null, { readerZone = 'UTC' }: ScheduleContext): string {
  return schedule === null || schedule.timezone === 'UTC' ? readerZone : schedule.timezone;
}

function readSide(
  changes: readonly Change[],
  side: 'before' | 'after',
  { schedules }: ScheduleContext,
): ReadableSchedule | null {
  for (const change of changes) {
    const source = change[side]?.schedule;
    if (typeof source !== 'string') continue;
    const timezone = change[side]?.timezone;
    return schedules({
      name: change.name,
      source,
      timezone: typeof timezone === 'string' && timezone !== '' ? timezone : 'UTC',
    });
  }
  return null;
}

function inWords({ words, timezone }: ReadableSchedule, asleep: boolean): string {
  // The words may already name the zone; saying it twice helps nobody.
  const zoned = words.includes(timezone) ? words : `${words} (${timezone})`;
  return asleep ? `${zoned}, but asleep` : zoned;
}

const COUNT_WORDS = [
  ['create', 'to create'],
  ['update', 'to update'],
  ['adopt', 'to adopt'],
  ['delete', 'to delete'],
] as const satisfies readonly (readonly [keyof PlanCounts, string])[];

/** `2 to create, 1 to delete`; `no changes` when there is nothing to do. */
export function countsInWords(counts: PlanCounts): string {
  const parts = COUNT_WORDS.filter(([key]) => counts[key] > 0).map(
    ([key, words]) => `${counts[key]} ${words}`,
  );
  return parts.length === 0 ? 'no changes' : parts.join(', ');
}

/** The same counted as people read it: a job is one thing, although it is two objects in the database. */
export function changesInWords(changes: readonly Change[]): string {
  const names = { create: new Set(), update: new Set(), adopt: new Set(), delete: new Set() };
  for (const change of changes) names[change.action].add(changeKey(change));
  const { create, update, adopt, delete: gone } = names;
  return countsInWords({
    create: create.size,
    update: update.size,
    adopt: adopt.size,
    delete: gone.size,
    unchanged: 0,
    unmanaged: 0,
  });
}

/** What the target is: `database postgres as postgres, PostgreSQL 17.4, pg_cron 1.6.4, ...`. */
export function targetInWords(target: Plan['target']): string {
  return [
    `database ${target.database} as ${target.user}`,
    `PostgreSQL ${target.server_version}`,
    versionOf('pg_cron', target.pg_cron),
    versionOf('pg_net', target.pg_net),
    versionOf('Vault', target.vault),
  ].join(', ');
}

function versionOf(name: string, version: string | null): string {
  return version === null ? `no ${name}` : `${name} ${version}`;
}

/** `runbooks/cron/sync.yaml:4:11`, as editors and terminals link it. */
export function locationInWords(location: SourceLocation): string {
  return `${location.file}:${location.line}:${location.column}`;
}
