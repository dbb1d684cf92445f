import { printable } from '../../../report/printable.ts';
import { type Painter, painter, type TerminalStyle } from '../../../report/terminal-style.ts';
import type { FindingLevel } from '../../finding.ts';
import type { ScanReport } from '../scan.ts';
import type { ScannedFinding } from '../suppressions.ts';
import { countsInWords, countsOf, groupsOf } from './grouped.ts';

const STYLES = { ERROR: 'bad', WARN: 'change', INFO: 'dim' } as const satisfies Record<
  FindingLevel,
  TerminalStyle
>;
const WORDS = { ERROR: 'error', WARN: 'warning', INFO: 'note' } as const satisfies Record<
  FindingLevel,
  string
>;

/** Objects shown of one rule; the rest is counted. */
const MOST_SHOWN = 20;

/** A scan for people, grouped by rule; ends in a newline. `all` shows what is suppressed too. */
export function renderScanTerminal(
  report: ScanReport,
  { color, all }: { readonly color: boolean; readonly all: boolean },
): string {
  const paint = painter(color);
  const lines: string[] = [];
  for (const group of groupsOf(report, { all })) {
    const open = group.open.length;
    lines.push(
      `${paint(open === 0 ? 'dim' : STYLES[group.level], open === 0 ? 'lived with' : WORDS[group.level])}  ${paint('strong', group.title)}  ${paint('dim', group.rule)}`,
    );
    lines.push(...objectLines(group.open, paint));
    lines.push(...group.suppressed.slice(0, MOST_SHOWN).map((each) => suppressedLine(each, paint)));
    lines.push(`   ${paint('dim', 'do:')} ${printable(group.remediation, 1000)}`, '');
  }
  if (report.unevaluated.length > 0) {
    lines.push(paint('change', 'Could not look (in full):'));
    for (const { rule, reason } of report.unevaluated) lines.push(`   ${rule}: ${printable(reason)}`);
    lines.push('');
  }
  lines.push(`${report.environment}: ${countsInWords(countsOf(report))}.`);
  return `${lines.join('\n')}\n`;
}

function objectLines(found: readonly ScannedFinding[], paint: Painter): readonly string[] {
  const shown = found
    .slice(0, MOST_SHOWN)
    .map(
      ({ finding }) =>
        ` - ${printable(finding.detail, 1000)}\n   ${paint('dim', printable(finding.cache_key, 300))}`,
    );
  const left = found.length - shown.length;
  return left > 0 ? [...shown, ` - and ${left} more (--format json lists them)`] : shown;
}

function suppressedLine({ finding, suppression }: ScannedFinding, paint: Painter): string {
  const until = `until ${suppression?.expires} by ${suppression?.owner}: ${suppression?.reason}`;
  return paint('dim', ` - ${printable(finding.detail, 300)} (${printable(until, 300)})`);
}
