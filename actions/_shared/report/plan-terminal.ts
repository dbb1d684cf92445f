import type { Diagnostic } from '../declare/model.ts';
import type {
  ChangeAction,
  LostObject,
  MissingCapability,
  Plan,
  Risk,
  UnmanagedObject,
} from '../reconcile/model.ts';
import { lostGroups, lostNoun } from './lost-groups.ts';
import {
  changesInWords,
  type FieldChange,
  locationInWords,
  type PlanEntry,
  planEntries,
  type ScheduleContext,
  targetInWords,
} from './plan-entries.ts';
import { printable, printableValue } from './printable.ts';
import { type Painter, painter, type TerminalStyle } from './terminal-style.ts';

/** How a plan is printed in a terminal. */
export interface PlanTerminalOptions {
  readonly color: boolean;
  /** Schedules in words and next runs; left out, they are not shown. */
  readonly schedule?: ScheduleContext;
  /** Entries shown before the rest is counted; default 200. */
  readonly maxEntries?: number;
  /** One line a change: what, not how. Risks, notices and blockers are said all the same. */
  readonly brief?: boolean;
}

const ACTION_STYLE: Readonly<Record<ChangeAction, { sign: string; style: TerminalStyle }>> = {
  create: { sign: '+', style: 'good' },
  update: { sign: '~', style: 'change' },
  adopt: { sign: '=', style: 'change' },
  delete: { sign: '-', style: 'bad' },
};

/** The plan for a terminal, ending in a newline. Says everything `apply` would do and why it might refuse. */
export function renderPlanTerminal(plan: Plan, options: PlanTerminalOptions): string {
  const paint = painter(options.color);
  const entries = planEntries(plan.changes, options.schedule);
  const shown = entries.slice(0, options.maxEntries ?? 200);
  const lines = [
    `${paint('strong', `Plan for ${plan.environment}`)} (${plan.lane})`,
    paint('dim', `  ${targetInWords(plan.target)}`),
    '',
    ...(options.brief === true
      ? briefPlan(shown, paint)
      : shown.flatMap((entry) => entryLines(entry, paint))),
    ...(shown.length > 0 ? [''] : []),
    ...moreLine(entries.length - shown.length, 'changes', paint),
    ...objectLines(unmanagedTitle(plan.unmanaged), plan.unmanaged, paint),
    ...objectLines('Ours, no longer declared, kept (`--prune` deletes them)', plan.orphaned, paint),
    ...lostLines(plan.lost, paint),
    ...missingLines(plan.missing, paint),
    ...diagnosticLines(plan.notices, { title: 'Worth knowing', style: 'change', paint }),
    ...diagnosticLines(plan.blockers, { title: 'What would stop an apply', style: 'bad', paint }),
    `${paint('strong', capitalized(changesInWords(plan.changes)))}, ${plan.counts.unchanged} unchanged.` +
      paint('dim', `  digest ${plan.digest}`),
  ];
  return `${lines.join('\n')}\n`;
}

function titleLine(entry: PlanEntry, paint: Painter): string {
  const { sign, style } = ACTION_STYLE[entry.action];
  const where = entry.location === undefined ? '' : paint('dim', `  ${locationInWords(entry.location)}`);
  const title = `${paint(style, `${sign} ${entry.action}`)} ${paint('strong', printable(entry.name, 120))}`;
  return `${title} ${paint('dim', `(${entry.kinds.join(', ')})`)}${where}`;
}

/** More new migrations than this are a history, which nobody reads line by line. */
const FEW_MIGRATIONS = 5;

function briefPlan(entries: readonly PlanEntry[], paint: Painter): string[] {
  const migrations = entries.filter(({ kinds, action }) => kinds[0] === 'migration' && action === 'create');
  if (migrations.length <= FEW_MIGRATIONS) return entries.flatMap((entry) => briefLines(entry, paint));
  const weighty = migrations.filter(({ risks }) => risks.some(isWeighty));
  const { sign, style } = ACTION_STYLE.create;
  const history = `${paint(style, `${sign} create`)} ${paint('strong', `${migrations.length} migrations`)}`;
  const words = `, ${printable(migrations[0]?.name ?? '', 120)} to ${printable(migrations.at(-1)?.name ?? '', 120)}`;
  return [
    history + paint('dim', weighty.length === 0 ? words : `${words}; of them:`),
    ...weighty.flatMap((entry) => briefLines(entry, paint).map((line) => `  ${line}`)),
    ...entries.filter((entry) => !migrations.includes(entry)).flatMap((entry) => briefLines(entry, paint)),
  ];
}

function isWeighty(risk: Risk): boolean {
  return risk.severity !== 'info';
}

function briefLines(entry: PlanEntry, paint: Painter): string[] {
  return [titleLine(entry, paint), ...entry.risks.filter(isWeighty).map((risk) => riskLine(risk, paint))];
}

function entryLines(entry: PlanEntry, paint: Painter): string[] {
  const [only, ...others] = entry.fields;
  if (only !== undefined && others.length === 0 && entry.schedule === null && entry.risks.length === 0) {
    // Two dozen new migrations read better as two dozen lines.
    return [
      `${titleLine(entry, paint)}  ${paint('dim', `${only.field}:`)} ${fieldValue(entry.action, only, paint)}`,
    ];
  }
  return [
    titleLine(entry, paint),
    ...(entry.cause === 'declaration'
      ? []
      : [
          paint(
            'change',
            `    changed by hand since our last apply${entry.cause === 'both' ? ', and in the file' : ''}`,
          ),
        ]),
    ...scheduleLines(entry, paint),
    ...fieldLines(entry, paint),
    ...entry.risks.map((risk) => riskLine(risk, paint)),
  ];
}

function fieldLines(entry: PlanEntry, paint: Painter): string[] {
  const width = Math.max(...entry.fields.map((field) => field.field.length), 8);
  return entry.fields.map((field) => {
    const label = paint('dim', `    ${printable(field.field, 60).padEnd(width)}  `);
    return label + fieldValue(entry.action, field, paint);
  });
}

function fieldValue(action: ChangeAction, field: FieldChange, paint: Painter): string {
  switch (action) {
    case 'create':
      return printableValue(field.after, 160);
    case 'delete':
      return paint('dim', printableValue(field.before, 160));
    case 'update':
    case 'adopt':
      return `${paint('bad', printableValue(field.before, 160))} ${paint('dim', '->')} ${paint('good', printableValue(field.after, 160))}`;
  }
}

function scheduleLines({ schedule }: PlanEntry, paint: Painter): string[] {
  if (schedule === null) return [];
  const { before, after } = schedule;
  const words =
    before !== null && after !== null && before !== after
      ? `${before} ${paint('dim', '->')} ${after}`
      : (after ?? before);
  return [
    ...(words === null ? [] : [`${paint('dim', '    runs      ')}${words}`]),
    ...schedule.nextRuns.map(
      (run, index) =>
        paint('dim', index === 0 ? '    next      ' : '              ') +
        run.utc +
        (run.local === null ? '' : paint('dim', ` = ${run.local}`)),
    ),
  ];
}

function riskLine(risk: Risk, paint: Painter): string {
  const style: TerminalStyle =
    risk.severity === 'danger' ? 'bad' : risk.severity === 'warning' ? 'change' : 'dim';
  return `    ${paint(style, `! ${risk.severity}`)} ${printable(risk.message)} ${paint('dim', `[${risk.code}]`)}`;
}

function objectLines(title: string, objects: readonly UnmanagedObject[], paint: Painter): string[] {
  if (objects.length === 0) return [];
  const shown = objects.slice(0, 20);
  return [
    paint('strong', title),
    ...shown.map((object) => `  ${object.kind} ${printable(object.name, 120)}${detailOf(object, paint)}`),
    ...moreLine(objects.length - shown.length, 'objects', paint),
    '',
  ];
}

/** Only jobs can be adopted by a command; the rest is adopted by declaring it. */
function unmanagedTitle(objects: readonly UnmanagedObject[]): string {
  const jobs = objects.some(({ kind }) => kind === 'cron');
  return `Not managed here, never touched${jobs ? ' (`opsroom adopt` writes YAML for jobs)' : ''}`;
}

function detailOf(object: UnmanagedObject, paint: Painter): string {
  const { schedule } = object.detail;
  return typeof schedule === 'string' ? paint('dim', `  ${printable(schedule, 60)}`) : '';
}

function lostLines(lost: readonly LostObject[], paint: Painter): string[] {
  if (lost.length === 0) return [];
  return [
    paint('bad', 'Ours, gone or out of sight, and not brought back by an apply as things are'),
    ...lostGroups(lost).flatMap((group) => [
      `  ${group.names.length} ${lostNoun(group)}: ${printable(group.because)}`,
      paint('dim', `    ${printable(firstNames(group.names), 200)}`),
    ]),
    '',
  ];
}

function firstNames(names: readonly string[]): string {
  const rest = names.length - 5;
  return [...names.slice(0, 5), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

function missingLines(missing: readonly MissingCapability[], paint: Painter): string[] {
  if (missing.length === 0) return [];
  return [
    paint('change', 'Missing in this environment'),
    ...missing.flatMap((item) => [
      `  ${item.name}: ${printable(item.consequence)}`,
      paint('dim', `    ${printable(item.remedy)}`),
    ]),
    '',
  ];
}

function diagnosticLines(
  diagnostics: readonly Diagnostic[],
  { title, style, paint }: { readonly title: string; readonly style: TerminalStyle; readonly paint: Painter },
): string[] {
  if (diagnostics.length === 0) return [];
  return [
    paint(style, title),
    ...diagnostics.flatMap((item) => [
      `  ${locationInWords(item.location)} ${printable(item.message)} ${paint('dim', `[${item.code}]`)}`,
      ...(item.hint === undefined ? [] : [paint('dim', `    ${printable(item.hint)}`)]),
    ]),
    '',
  ];
}

function moreLine(count: number, what: string, paint: Painter): string[] {
  return count > 0
    ? [paint('dim', `  ... and ${count} more ${what} (all of them with --format json)`), '']
    : [];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
