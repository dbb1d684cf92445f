import Table from 'cli-table3';
import { type Severity, standingOf } from '../alerts/alert.ts';
import type { AlertEvent, AnsweredAlert } from '../alerts/commands/alert-statements.ts';
import { PLAIN_BORDERS } from './plain-borders.ts';
import { printable } from './printable.ts';
import { painter, type TerminalStyle } from './terminal-style.ts';

const SEVERITY_STYLE: Readonly<Record<Severity, TerminalStyle>> = {
  critical: 'bad',
  warning: 'change',
  info: 'dim',
};

/** Alerts as a table, as given; ends in a newline. */
export function renderAlertsTerminal(
  alerts: readonly AnsweredAlert[],
  { color }: { readonly color: boolean },
): string {
  if (alerts.length === 0) return 'Nothing is wrong.\n';
  const paint = painter(color);
  const table = new Table({
    head: ['alert', 'severity', 'stands', 'seen', 'since (UTC)', 'what'].map((title) => paint('dim', title)),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_BORDERS,
  });
  for (const alert of alerts) {
    table.push([
      String(alert.id),
      paint(SEVERITY_STYLE[alert.severity], alert.severity),
      alert.status === 'pending' ? 'pending' : standingOf(alert),
      String(alert.count),
      time(alert.firstSeenAt),
      printable(alert.title, 90),
    ]);
  }
  return `${table.toString()}\n`;
}

/** One alert and what happened to it; ends in a newline. */
export function renderHistoryTerminal(
  alert: AnsweredAlert,
  events: readonly AlertEvent[],
  view: { readonly color: boolean },
): string {
  const lines = events.map(({ at, event, actor, note }) => {
    const by = actor === null ? '' : ` by ${printable(actor, 60)}`;
    return `  ${time(at)}  ${event.replaceAll('_', ' ')}${by}${note === null || note === '' ? '' : `: ${printable(note, 200)}`}`;
  });
  return `${renderAlertsTerminal([alert], view)}${lines.map((line) => `${line}\n`).join('')}`;
}

function time(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}
