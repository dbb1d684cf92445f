import { type Alert, isLive, type Severity, standingOf, worstOf } from '../alerts/alert.ts';
import type { Unit } from '../alerts/decide-unit.ts';
import { jobOf } from '../alerts/job-of-alert.ts';
import type { JobRun } from '../alerts/statements.ts';
import { runsInWords, sparkline } from './alert-runs.ts';
import { cellCode, fenced, mention, moment, plainText } from './alert-text.ts';
import { boundedMarkdown, inCharacters, type MarkdownSection } from './bounded-markdown.ts';
import { inlineCode } from './markdown-text.ts';
import { printable } from './printable.ts';

/** What else is known when an issue is written. */
export interface AlertIssueView {
  readonly environment: string;
  readonly runUrl: string;
  /** Newest runs of jobs, oldest first. */
  readonly jobRuns: ReadonlyMap<string, readonly JobRun[]>;
  /** Numbers of the issues that show other alerts, by id of the alert. */
  readonly issueOf: ReadonlyMap<number, number>;
  /** The result measures less than this many characters. */
  readonly limit: number;
}

/** How severe, at a glance. */
export const SEVERITY_SIGNS: Readonly<Record<Severity, string>> = {
  info: '🔵',
  warning: '🟠',
  critical: '🔴',
};

/** The title of an issue: for people, who may change it; it is never how the issue is found. */
export function alertIssueTitle({ row, members }: Unit, environment: string): string {
  const live = members.filter(isLive);
  const [first] = live.length > 0 ? live : members;
  const what =
    row.kind === 'storm'
      ? `${live.length} alerts at once`
      : row.kind === 'group'
        ? `${live.length === 1 ? '1 alert' : `${live.length} alerts`} in ${row.key.slice('group:'.length)}`
        : (first?.title ?? 'an alert');
  return printable(`${environment}: ${what}`, 200);
}

/** The machine's block of an issue, in Markdown; everything foreign in it can neither mention, link nor close. */
export function renderAlertIssue(unit: Unit, view: AlertIssueView): string {
  return unit.row.kind === 'alert' && unit.members.length === 1
    ? renderOne(unit, view)
    : renderMany(unit, view);
}

function renderOne(unit: Unit, view: AlertIssueView): string {
  const [alert] = unit.members;
  if (alert === undefined) return '';
  return boundedMarkdown({
    head: [headline(alert), ...saidAbout(alert, view), facts(alert)].join('\n\n'),
    sections: [
      { title: 'What was seen', items: alert.message === '' ? [] : [fenced(alert.message)] },
      { title: 'Evidence', items: evidence(alert) },
      { title: 'Runs', items: graph(alert, view) },
      { title: 'What to do', items: remedies(alert) },
      { title: 'Muted by this', items: unit.muted.map((muted) => `- ${line(muted, view)}`), collapsed: true },
    ],
    foot: foot(view),
    limit: view.limit,
    measure: inCharacters,
    more,
  });
}

function renderMany(unit: Unit, view: AlertIssueView): string {
  const live = unit.members.filter(isLive);
  const over = unit.members.filter((alert) => !isLive(alert));
  const worst = worstOf(live);
  const intro =
    unit.row.kind === 'storm'
      ? 'So much became wrong at once that one issue stands for all of it. Look for what they have in common. When few are left, each gets an issue of its own and this one closes.'
      : 'These belong together and share one issue; it closes when all of them are over.';
  const count = `**${live.length} of ${unit.members.length} still there**`;
  const sections: MarkdownSection[] = [
    { title: 'Alerts', items: [...live, ...over].map((alert) => item(alert, view)) },
    { title: 'Runs', items: graphs(live, view), collapsed: true },
    { title: 'What to do', items: uniqueRemedies(live) },
    { title: 'Muted by these', items: unit.muted.map((muted) => `- ${line(muted, view)}`), collapsed: true },
  ];
  return boundedMarkdown({
    head: [`${worst === null ? '✅' : SEVERITY_SIGNS[worst]} ${count}`, intro, owners(live)]
      .filter((part) => part !== '')
      .join('\n\n'),
    sections,
    foot: foot(view),
    limit: view.limit,
    measure: inCharacters,
    more,
  });
}

function headline(alert: Alert): string {
  const sign = alert.status === 'resolved' ? '✅' : SEVERITY_SIGNS[alert.severity];
  return `${sign} **${plainText(alert.title)}**`;
}

/** What people, or other alerts, said about it. */
function saidAbout(alert: Alert, view: AlertIssueView): string[] {
  const by = (name: string | null): string => (name === null ? '' : ` by ${plainText(name, 60)}`);
  switch (standingOf(alert)) {
    case 'acknowledged':
      return [`Acknowledged${by(alert.acknowledgedBy)}, until it is over or worse.`];
    case 'snoozed':
      return [`Snoozed${by(alert.snoozedBy)}${until(alert.snoozedUntil)}, or until it is worse.`];
    case 'silenced':
      return [`Silenced${by(alert.silencedBy)}${until(alert.silencedUntil)}.`];
    case 'muted': {
      const cause = view.issueOf.get(alert.mutedBy ?? 0);
      return [`Muted: it follows from ${cause === undefined ? 'another alert' : `#${cause}`}.`];
    }
    case 'unknown':
      return [
        `**Unknown** since ${moment(alert.unknownSince ?? alert.lastSeenAt)}: the check could not look, so it may be over or not.${
          alert.details.unknown === undefined ? '' : ` ${plainText(alert.details.unknown)}`
        }`,
      ];
    case 'resolved':
      return [
        `Over since ${moment(alert.resolvedAt ?? alert.lastSeenAt)}${alert.resolvedBy === null ? '' : `: ${plainText(alert.resolvedBy, 60)}`}${
          alert.note === null ? '' : `, ${plainText(alert.note)}`
        }.`,
      ];
    case 'firing':
    case 'recovering':
      return [];
  }
}

function until(at: Date | null): string {
  return at === null ? '' : ` until ${moment(at)}`;
}

function facts(alert: Alert): string {
  const { owner, runbook } = alert.details;
  const rows = [
    ['Severity', alert.severity],
    ['First seen', moment(alert.firstSeenAt)],
    ['Seen', `${alert.count === 1 ? 'once' : `${alert.count} times`}, last ${moment(alert.lastSeenAt)}`],
    ...(alert.check === null ? [['Kind', cellCode(alert.kind)]] : [['Check', cellCode(alert.check)]]),
    ...(alert.object === null || alert.object === '' ? [] : [['Object', cellCode(alert.object)]]),
    ...(owner === undefined ? [] : [['Owner', mention(owner).replaceAll('|', '\\|')]]),
    ...(runbook === undefined ? [] : [['Runbook', cellCode(runbook)]]),
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

// Shown elsewhere, or of use to machines only.
const NO_EVIDENCE = new Set([
  'owner',
  'runbook',
  'runbook_command',
  'remediation',
  'remedy',
  'evidence',
  'cache_key',
  'unknown',
]);
const MOST_EVIDENCE = 40;

/** Evidence is one table; a table cannot be cut, so its rows are bounded here. */
function evidence({ details }: Alert): string[] {
  const given: Readonly<Record<string, unknown>> =
    details.evidence ?? Object.fromEntries(Object.entries(details).filter(([key]) => !NO_EVIDENCE.has(key)));
  const rows = Object.entries(given)
    .filter(([, value]) => value !== null && value !== undefined)
    .slice(0, MOST_EVIDENCE)
    .map(([key, value]) => `| ${cellCode(key, 60)} | ${cellCode(valueText(value), 300)} |`);
  return rows.length === 0 ? [] : [['| | |', '|---|---|', ...rows].join('\n')];
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function graph(alert: Alert, view: AlertIssueView): string[] {
  const runs = view.jobRuns.get(jobOf(alert) ?? '') ?? [];
  return runs.length === 0 ? [] : [`\`${sparkline(runs)}\` ${runsInWords(runs)}`];
}

function graphs(alerts: readonly Alert[], view: AlertIssueView): string[] {
  return alerts.flatMap((alert) =>
    graph(alert, view).map((text) => `- ${inlineCode(jobOf(alert) ?? '', 80)} ${text}`),
  );
}

function remedies({ details, object }: Alert): string[] {
  const { remediation = details.remedy, runbook_command: command } = details;
  return [
    ...(remediation === undefined ? [] : [`${plainText(remediation, 2000)}`]),
    ...(command === undefined
      ? []
      : [`Answer with ${inlineCode(command.replaceAll('$object', object ?? ''), 300)} to run it.`]),
  ];
}

function uniqueRemedies(alerts: readonly Alert[]): string[] {
  return [...new Set(alerts.flatMap(remedies))].map((text) => `- ${text}`);
}

/** One line of a checklist: ticked when it is over. */
function item(alert: Alert, view: AlertIssueView): string {
  return `- [${isLive(alert) ? ' ' : 'x'}] ${line(alert, view)}`;
}

function line(alert: Alert, view: AlertIssueView): string {
  const standing = standingOf(alert);
  const notes = standing === 'firing' || standing === 'recovering' ? [] : saidAbout(alert, view);
  const sign = isLive(alert) ? `${SEVERITY_SIGNS[alert.severity]} ` : '';
  const detail = alert.message === '' ? '' : `: ${plainText(alert.message, 160)}`;
  return `${sign}${plainText(alert.title, 160)}${isLive(alert) ? detail : ''}${notes.length === 0 ? '' : ` (${notes.join(' ')})`}`;
}

function owners(alerts: readonly Alert[]): string {
  const named = [...new Set(alerts.flatMap(({ details }) => details.owner ?? []))].slice(0, 10);
  return named.length === 0 ? '' : `Owners: ${named.map(mention).join(', ')}`;
}

function foot({ runUrl }: AlertIssueView): string {
  return [
    'Answer in the first line of a comment: `/ack`, `/snooze 2h`, `/silence key=… for 1d`, `/resolve`, `/run <runbook>`, `/status`, `/help`. Closing this issue acknowledges it.',
    `It closes by itself when it is over, and is reopened when it comes back. Written by [this run](${runUrl}); what you write above and below this block stays.`,
  ].join('\n');
}

function more(count: number): string {
  return `\n… and ${count} more.`;
}
