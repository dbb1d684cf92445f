import type { Diagnostic, Severity, SourceLocation } from '../declare/model.ts';
import type { ChangeAction, MissingCapability, Plan, Risk, UnmanagedObject } from '../reconcile/model.ts';
import { boundedMarkdown, inBytes, inCharacters, type MarkdownSection } from './bounded-markdown.ts';
import { type LostGroup, lostGroups, lostNoun } from './lost-groups.ts';
import { codeValue, escapeMarkdown, inlineCode } from './markdown-text.ts';
import {
  changesInWords,
  type FieldChange,
  locationInWords,
  type PlanEntry,
  planEntries,
  type ScheduleContext,
  targetInWords,
} from './plan-entries.ts';

/** How a plan becomes Markdown. */
export interface PlanMarkdownOptions {
  /** Schedules in words and next runs; left out, they are not shown. */
  readonly schedule?: ScheduleContext;
  /** Lint of the files, errors first. */
  readonly diagnostics?: readonly Diagnostic[];
  /** Makes a place in a file a link; left out, places are plain text. */
  readonly linkTo?: (location: SourceLocation) => string;
  /** The result is shorter than this; default no limit. */
  readonly limit?: number;
  readonly unit?: 'characters' | 'bytes';
  /** Words before the name of the environment; `Plan for` when left out. */
  readonly title?: string;
  /** Words after it; how much there is to do when left out. */
  readonly verdict?: string;
  /** Last paragraph: commit, time, where the rest is. */
  readonly footer?: string;
}

const SIGN: Readonly<Record<ChangeAction, string>> = { create: '➕', update: '✏️', adopt: '🤝', delete: '🗑️' };
const LINT_SIGN: Readonly<Record<Severity, string>> = { error: '❌', warning: '⚠️', notice: 'ℹ️' };
const RISK_SIGN: Readonly<Record<Risk['severity'], string>> = { danger: '🛑', warning: '⚠️', info: 'ℹ️' };

/** The plan as Markdown, always under `limit`, cut between items only. */
export function renderPlanMarkdown(plan: Plan, options: PlanMarkdownOptions = {}): string {
  const entries = planEntries(plan.changes, options.schedule);
  const drifted = entries.filter((entry) => entry.cause !== 'declaration').length;
  return documentOf(
    {
      headline: `${options.title ?? 'Plan for'} ${inlineCode(plan.environment)}: ${options.verdict ?? changesInWords(plan.changes)}`,
      facts: [
        `${plan.counts.unchanged} ${plan.counts.unchanged === 1 ? 'object' : 'objects'} unchanged${drifted === 0 ? '' : `, **${drifted} changed by hand since the last apply**`}`,
        escapeMarkdown(targetInWords(plan.target)),
      ].join(' · '),
      sections: [
        { title: 'What would stop an apply', items: plan.blockers.map((item) => lintItem(item, options)) },
        {
          title: 'Ours, gone or out of sight, and not brought back by an apply as things are',
          items: lostGroups(plan.lost).map(lostItem),
        },
        { title: 'Risks', items: riskItems(entries) },
        { title: 'Changes', items: entries.map((entry) => entryItem(entry, options)) },
        lintSection(options),
        { title: 'Missing in this environment', items: plan.missing.map(missingItem) },
        {
          title: `Worth knowing (${plan.notices.length})`,
          collapsed: true,
          items: plan.notices.map((item) => lintItem(item, options)),
        },
        objectSection('Ours, no longer declared, kept (prune deletes them)', plan.orphaned),
        objectSection('Not managed here, never touched', plan.unmanaged),
      ],
    },
    { ...options, footer: footerOf(plan, options) },
  );
}

/** The whole digest, because `expect-digest` takes nothing less; what has a title of its own is no plan to apply. */
function footerOf(plan: Plan, { footer, title }: PlanMarkdownOptions): string {
  const digest = title === undefined ? [`plan ${inlineCode(plan.digest)}`] : [];
  return [...(footer === undefined ? [] : [footer]), ...digest].join(' · ');
}

/** Why there is no plan, when the declarations could be checked but the database was not asked. */
export interface LintOnly {
  /** Null for lint that is about no environment. */
  readonly environment: string | null;
  /** One sentence, for example `From a fork: checked without secrets.` */
  readonly reason: string;
}

/** The same document without a plan: lint only. */
export function renderLintMarkdown(lint: LintOnly, options: PlanMarkdownOptions = {}): string {
  const diagnostics = options.diagnostics ?? [];
  const errors = diagnostics.filter((item) => item.severity === 'error').length;
  return documentOf(
    {
      headline: `${lint.environment === null ? 'Lint' : `Plan for ${inlineCode(lint.environment)}`}: ${errors === 0 ? 'files are valid' : `${errors} ${errors === 1 ? 'error' : 'errors'} in the files`}`,
      facts: lint.reason,
      sections: [lintSection(options)],
    },
    options,
  );
}

function documentOf(
  document: {
    readonly headline: string;
    readonly facts: string;
    readonly sections: readonly MarkdownSection[];
  },
  options: PlanMarkdownOptions,
): string {
  return `${boundedMarkdown({
    head: `### ${document.headline}\n\n${document.facts}`,
    sections: document.sections,
    foot: options.footer === undefined || options.footer === '' ? '' : `<sub>${options.footer}</sub>`,
    limit: (options.limit ?? Number.MAX_SAFE_INTEGER) - 1,
    measure: options.unit === 'bytes' ? inBytes : inCharacters,
    more: (count) => `- *… ${count} more in the summary of the run*`,
  })}\n`;
}

function entryItem(entry: PlanEntry, options: PlanMarkdownOptions): string {
  const where = entry.location === undefined ? '' : ` — ${placeOf(entry.location, options)}`;
  const hand = entry.cause === 'declaration' ? '' : ' · *changed by hand*';
  return [
    `- ${SIGN[entry.action]} **${entry.action}** ${inlineCode(entry.name)} (${entry.kinds.join(', ')})${where}${hand}`,
    ...scheduleLines(entry),
    ...entry.fields.map((field) => `  - ${fieldLine(entry.action, field)}`),
  ].join('\n');
}

function fieldLine(action: ChangeAction, field: FieldChange): string {
  const name = escapeMarkdown(field.field, 60);
  switch (action) {
    case 'create':
      return `${name}: ${codeValue(field.after)}`;
    case 'delete':
      return `${name}: ~~${codeValue(field.before)}~~`;
    case 'update':
    case 'adopt':
      return `${name}: ${codeValue(field.before)} → ${codeValue(field.after)}`;
  }
}

function scheduleLines({ schedule }: PlanEntry): string[] {
  if (schedule === null) return [];
  const { before, after } = schedule;
  const words =
    before !== null && after !== null && before !== after
      ? `${escapeMarkdown(before)} → **${escapeMarkdown(after)}**`
      : escapeMarkdown(after ?? before ?? '');
  const runs = schedule.nextRuns.map((run) => (run.local === null ? run.utc : `${run.utc} (${run.local})`));
  return [`  - runs: ${words}`, ...(runs.length === 0 ? [] : [`  - next: ${runs.join('; ')}`])];
}

// Of one kind of risk more than these tell nothing new, and would push the changes themselves out of a comment.
const RISKS_OF_A_KIND = 10;

function riskItems(entries: readonly PlanEntry[]): string[] {
  const order: readonly Risk['severity'][] = ['danger', 'warning', 'info'];
  const all = entries.flatMap((entry) => entry.risks.map((risk) => ({ risk, name: entry.name })));
  return order.flatMap((severity) => {
    const kinds = Map.groupBy(
      all.filter(({ risk }) => risk.severity === severity),
      ({ risk }) => risk.code,
    );
    return [...kinds].flatMap(([code, risks]) => {
      const shown = risks
        .slice(0, RISKS_OF_A_KIND)
        .map(
          ({ risk, name }) =>
            `- ${RISK_SIGN[severity]} ${inlineCode(name)}: ${escapeMarkdown(risk.message)} (${inlineCode(code)})`,
        );
      const rest = risks.length - shown.length;
      return rest === 0
        ? shown
        : [...shown, `- ${RISK_SIGN[severity]} … and ${rest} more like it (${inlineCode(code)})`];
    });
  });
}

function lintSection(options: PlanMarkdownOptions): MarkdownSection {
  const order: readonly Severity[] = ['error', 'warning', 'notice'];
  const diagnostics = options.diagnostics ?? [];
  const sorted = order.flatMap((severity) => diagnostics.filter((item) => item.severity === severity));
  return { title: 'Lint', items: sorted.map((item) => lintItem(item, options)) };
}

function lintItem(item: Diagnostic, options: PlanMarkdownOptions): string {
  const hint = item.hint === undefined ? '' : ` *${escapeMarkdown(item.hint)}*`;
  return `- ${LINT_SIGN[item.severity]} ${placeOf(item.location, options)} ${escapeMarkdown(item.message)}${hint} (${inlineCode(item.code)})`;
}

function placeOf(location: SourceLocation, { linkTo }: PlanMarkdownOptions): string {
  const words = escapeMarkdown(locationInWords(location), 200);
  return linkTo === undefined ? words : `[${words}](${linkTo(location)})`;
}

/** As many names as anybody reads; JSON has the rest. */
const NAMES_OF_A_GROUP = 50;

function lostItem(group: LostGroup): string {
  const shown = group.names.slice(0, NAMES_OF_A_GROUP).map((name) => inlineCode(name));
  const rest = group.names.length - shown.length;
  const names = [...shown, ...(rest === 0 ? [] : [`… and ${rest} more`])].join(', ');
  return `- 🛑 ${group.names.length} ${lostNoun(group)}: ${escapeMarkdown(group.because)} (${names})`;
}

function missingItem(item: MissingCapability): string {
  return `- ${inlineCode(item.name)}: ${escapeMarkdown(item.consequence)} *${escapeMarkdown(item.remedy)}*`;
}

function objectSection(title: string, objects: readonly UnmanagedObject[]): MarkdownSection {
  return {
    title: `${title} (${objects.length})`,
    collapsed: true,
    items: objects.map((object) => {
      const { schedule } = object.detail;
      return `- ${object.kind} ${inlineCode(object.name)}${typeof schedule === 'string' ? ` ${inlineCode(schedule)}` : ''}`;
    }),
  };
}
