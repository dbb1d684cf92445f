import { type Alert, isLive, standingOf } from '../alerts/alert.ts';
import { SEVERITY_SIGNS } from './alert-issue.ts';
import { moment, plainText } from './alert-text.ts';
import { boundedMarkdown, inBytes, SUMMARY_LIMIT } from './bounded-markdown.ts';

/** The alerts of an environment for the summary of a job: all that are not over, the worst first. */
export function renderAlertSummary(
  alerts: readonly Alert[],
  view: { readonly environment: string; readonly repositoryUrl: string },
): string {
  const live = alerts.filter(isLive);
  if (live.length === 0) return `✅ **${view.environment}**: nothing is wrong that is looked for.\n`;
  const unknown = live.filter(({ condition }) => condition === 'unknown').length;
  const count = live.length === 1 ? '1 alert' : `${live.length} alerts`;
  return boundedMarkdown({
    head: `### ${view.environment}: ${count}${unknown === 0 ? '' : `, ${unknown} of them unknown`}`,
    sections: [{ title: 'Alerts', items: live.map((alert) => line(alert, view.repositoryUrl)) }],
    foot: '',
    limit: SUMMARY_LIMIT / 2,
    measure: inBytes,
    more: (left) => `\n… and ${left} more.`,
  });
}

function line(alert: Alert, repositoryUrl: string): string {
  const issue =
    alert.issueNumber === null
      ? ''
      : ` [#${alert.issueNumber}](${repositoryUrl}/issues/${alert.issueNumber})`;
  const since = `since ${moment(alert.firstSeenAt)}`;
  return `- ${SEVERITY_SIGNS[alert.severity]} ${plainText(alert.title)}: ${standingOf(alert)}, ${since}${issue}`;
}
