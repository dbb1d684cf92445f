import { printable } from '../../../report/printable.ts';
import type { FindingLevel } from '../../finding.ts';
import type { ScanReport } from '../scan.ts';
import { countsInWords, countsOf, groupsOf } from './grouped.ts';

const COMMANDS = { ERROR: 'error', WARN: 'warning', INFO: 'notice' } as const satisfies Record<
  FindingLevel,
  string
>;
const MOST_NAMED = 10;

/** A workflow command for each rule: GitHub keeps ten annotations of a kind and step, so objects share one. */
export function renderScanAnnotations(report: ScanReport): string {
  const lines = groupsOf(report, { all: false }).map(({ rule, title, level, remediation, open }) => {
    const named = open.slice(0, MOST_NAMED).map(({ finding }) => `- ${printable(finding.detail, 500)}`);
    const left = open.length - named.length;
    const text = [title, ...named, ...(left > 0 ? [`- and ${left} more`] : []), remediation].join('\n');
    return `::${COMMANDS[level]} title=${property(rule)}::${data(text)}`;
  });
  for (const { rule, reason } of report.unevaluated)
    lines.push(`::warning title=${property(`cannot evaluate ${rule}`)}::${data(printable(reason))}`);
  lines.push(`${report.environment}: ${countsInWords(countsOf(report))}.`);
  return `${lines.join('\n')}\n`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
