import type { CheckPass, CheckResult } from '../checks/check-pass.ts';

/** GitHub shows ten annotations of a kind in a step; the rest is in the log all the same. */
const MOST_LINES = 100;

/** A pass as workflow commands: an annotation for each result, the worst first; ends in a newline when there are any. */
export function renderChecksGitHub({ results }: CheckPass): string {
  const lines = [...results].sort((a, b) => rank(a) - rank(b)).map(annotation);
  const left = lines.length - MOST_LINES;
  if (left > 0) lines.splice(MOST_LINES, left, `::notice title=checks::and ${left} more`);
  return lines.map((line) => `${line}\n`).join('');
}

function rank({ severity, state }: CheckResult): number {
  return ['critical', 'warning', 'info'].indexOf(severity) * 2 + (state === 'unknown' ? 1 : 0);
}

function annotation({ check, object, state, severity, finding }: CheckResult): string {
  const level =
    state === 'unknown' || severity === 'warning' ? 'warning' : severity === 'critical' ? 'error' : 'notice';
  const title = `${check}${object === '' ? '' : ` ${object}`}${state === 'unknown' ? ' is unknown' : ''}`;
  return `::${level} title=${property(title)}::${message(`${finding.detail} ${finding.remediation}`)}`;
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
