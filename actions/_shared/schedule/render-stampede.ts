/** The stampede report for a terminal. */
import type { StampedeReport } from './stampede.ts';

const NAMES_SHOWN = 12;

/** Plain text, no colour. */
export function renderStampede(report: StampedeReport): string {
  const { peak, advice } = report;
  const span = `the next ${report.days} days`;
  if (peak.at === null) return `Nothing is scheduled in ${span}.`;
  const lines = [
    `${report.jobs} active jobs over ${span}: at most ${peak.count} start in one minute (${peak.at.slice(0, 16).replace('T', ' ')} UTC).`,
  ];
  const shown = peak.jobs.slice(0, NAMES_SHOWN);
  const rest = peak.count - shown.length;
  lines.push(`  ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`);
  if (report.crowded_minutes === 0) return [...lines, `No minute is over the advised ${advice}.`].join('\n');
  lines.push(`${report.crowded_minutes} minutes are over the advised ${advice}.`);
  if (report.proposals.length === 0) {
    return [...lines, 'No job could move to a quieter minute: run some of them less often.'].join('\n');
  }
  lines.push('Quieter minutes:');
  const width = Math.max(...report.proposals.map((move) => move.job.length));
  for (const move of report.proposals)
    lines.push(`  ${move.job.padEnd(width)}  ${move.schedule}  ->  ${move.proposed}`);
  lines.push(
    `With these, at most ${report.after.peak} start in one minute, and ${report.after.crowded_minutes} minutes are over ${advice}.`,
  );
  if (report.proposals.length >= 20)
    lines.push('Writing `H` for the minute spreads jobs without choosing minutes by hand.');
  return lines.join('\n');
}
