import { type Alert, isLive, type Severity, standingOf, worstOf } from '../alerts/alert.ts';
import type { Unit } from '../alerts/decide-unit.ts';
import { jobOf } from '../alerts/job-of-alert.ts';
import type { JobRun } from '../alerts/statements.ts';
import { alertEvidence } from './alert-evidence.ts';
import { runsInWords, sparkline } from './alert-runs.ts';
import { fenced, mention, moment, plainText, prose } from './alert-text.ts';
import { boundedMarkdown, inCharacters, type MarkdownSection } from './bounded-markdown.ts';
import { inlineCode } from './markdown-text.ts';
import { printable } from './printable.ts';
import { runRemedy } from './run-remedy.ts';

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
  const [first, ...others] = live.length > 0 ? live : members;
  if (row.kind === 'storm') return printable(`${environment}: ${live.length} alerts at once`, 200);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${printable(`${environment}: ${first?.title ?? 'an alert'}`, 180)}${more}`;
}

/** The machine's block of an issue, in Markdown; everything foreign in it can neither mention, link nor close. */
export function renderAlertIssue(unit: Unit, view: AlertIssueView): string {
  return unit.row.kind !== 'storm' && unit.members.length === 1
    ? renderOne(unit, view)
    : renderMany(unit, view);
}

function renderOne(unit: Unit, view: AlertIssueView): string {
  const [alert] = unit.members;
  if (alert === undefined) return '';
  return boundedMarkdown({
    head: [`${headline(alert)}\n${inShort(alert)}`, ...saidAbout(alert, view), ...togetherWith(unit)].join(
      '\n\n',
    ),
    sections: [
      { title: seenOrNot(alert), items: alert.message === '' ? [] : [fenced(alert.message)] },
      { title: 'What to do', items: remedies(alert) },
      { title: 'Runs', items: graph(alert, view) },
      { title: 'Evidence', items: alertEvidence(alert) },
      { title: 'Muted by this', items: unit.muted.map((muted) => `- ${name(muted)}`), collapsed: true },
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
    { title: 'What to do', items: uniqueRemedies(live) },
    { title: 'Runs', items: graphs(live, view), collapsed: true },
    { title: 'Muted by these', items: unit.muted.map((muted) => `- ${name(muted)}`), collapsed: true },
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
    case 'recovering':
      return ['Not seen any more; it is over when it stays away.'];
    case 'firing':
      return [];
  }
}

function until(at: Date | null): string {
  return at === null ? '' : ` until ${moment(at)}`;
}

/** The message of an alert that never was more than unknown says why nobody could look. */
function seenOrNot({ condition, details }: Alert): string {
  return condition === 'unknown' && details.unknown === undefined ? 'Why it could not look' : 'What was seen';
}

/** What a glance must tell: how bad, whose, since when. */
function inShort({ severity, details, firstSeenAt, lastSeenAt, count }: Alert): string {
  const times = count === 1 ? 'seen once' : `seen ${count} times, last ${moment(lastSeenAt)}`;
  const owner = details.owner === undefined ? [] : [mention(details.owner)];
  return [severity, ...owner, `since ${moment(firstSeenAt)}`, times].join(' · ');
}

function togetherWith({ row }: Unit): string[] {
  if (row.kind !== 'group') return [];
  return [
    `Whatever else becomes wrong in ${inlineCode(row.key.slice('group:'.length), 100)} joins this issue.`,
  ];
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

function remedies(alert: Alert): string[] {
  const { details, object, condition } = alert;
  const code = details.error_code;
  const { remediation = details.remedy ?? (code === undefined ? undefined : runRemedy(code, details.job)) } =
    details;
  const command = commandOf(alert);
  return [
    ...(remediation === undefined ? [] : [prose(remediation, 2000)]),
    // What nobody could look at is not mended by a runbook.
    ...(command === null || condition === 'unknown'
      ? []
      : [
          `Answer with ${inlineCode(command.replaceAll('$object', object || '…'), 300)} to start the runbook.`,
        ]),
  ];
}

function commandOf({ details }: Alert): string | null {
  if (details.runbook_command !== undefined) return details.runbook_command;
  return details.runbook === undefined ? null : `/run ${details.runbook}`;
}

function uniqueRemedies(alerts: readonly Alert[]): string[] {
  return [...new Set(alerts.flatMap(remedies))].map((text) => `- ${text}`);
}

/** One that says nothing for itself. */
function name({ severity, title, message }: Alert): string {
  const detail = message === '' ? '' : `: ${prose(message, 200)}`;
  return `${SEVERITY_SIGNS[severity]} ${plainText(title, 160)}${detail}`;
}

/** One line of a checklist: ticked when it is over. */
function item(alert: Alert, view: AlertIssueView): string {
  return `- [${isLive(alert) ? ' ' : 'x'}] ${line(alert, view)}`;
}

function line(alert: Alert, view: AlertIssueView): string {
  const standing = standingOf(alert);
  const notes = standing === 'firing' || standing === 'recovering' ? [] : saidAbout(alert, view);
  const what = isLive(alert) ? name(alert) : plainText(alert.title, 160);
  return notes.length === 0 ? what : `${what} (${notes.join(' ')})`;
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
