import { moment, plainText, roughDuration } from '../../report/alert-text.ts';
import type { AlertEvent, AnsweredAlert } from './alert-statements.ts';

const MOST_ALERTS = 20;

/** How an issue's alerts stand, and what happened to the first of them so far. */
export function statusText(
  alerts: readonly AnsweredAlert[],
  { events, now }: { readonly events: readonly AlertEvent[]; readonly now: Date },
): string {
  const rows = alerts
    .slice(0, MOST_ALERTS)
    .map(
      (alert) =>
        `| ${plainText(alert.title, 120)} | ${alert.severity} | ${standing(alert, now)} | ${alert.count} |`,
    );
  const more = alerts.length > MOST_ALERTS ? `\n\n… and ${alerts.length - MOST_ALERTS} more.` : '';
  const table = ['| alert | severity | how it stands | seen |', '|---|---|---|---|', ...rows].join('\n');
  if (events.length === 0) return table + more;
  const history = events.map(
    ({ at, event, actor, note }) =>
      `- ${moment(at)} ${event.replaceAll('_', ' ')}${actor === null ? '' : ` by ${plainText(actor, 60)}`}${note === null || note === '' ? '' : `: ${plainText(note, 200)}`}`,
  );
  return `${table}${more}\n\n<details><summary>What happened so far</summary>\n\n${history.join('\n')}\n\n</details>`;
}

function standing(alert: AnsweredAlert, now: Date): string {
  const since = `for ${roughDuration(now.getTime() - alert.firstSeenAt.getTime())}`;
  switch (alert.status) {
    case 'resolved':
      return `resolved ${alert.resolvedAt === null ? '' : moment(alert.resolvedAt)}`;
    case 'acknowledged':
      return `${alert.condition} ${since}, acknowledged by ${plainText(alert.acknowledgedBy ?? 'somebody', 60)}`;
    case 'snoozed':
      return `${alert.condition} ${since}, snoozed until ${alert.snoozedUntil === null ? 'later' : moment(alert.snoozedUntil)}`;
    case 'silenced':
      return `${alert.condition} ${since}, silenced${alert.silenceId === null ? '' : ` by silence ${alert.silenceId}`}`;
    case 'pending':
    case 'active':
      return `${alert.condition} ${since}${alert.mutedBy === null ? '' : `, muted by alert ${alert.mutedBy}`}`;
  }
}
