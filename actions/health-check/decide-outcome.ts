import type { PassCounts } from '../_shared/alerts/pass-statements.ts';
import type { ProjectionResult } from '../_shared/alerts/project-alerts.ts';
import type { UnreachableOutcome } from '../_shared/alerts/unreachable-issue.ts';
import type { Outcome } from '../_shared/io/outcome.ts';

/** What a run did. */
export interface HealthRun {
  readonly environment: string;
  readonly counts: PassCounts;
  readonly projection: ProjectionResult;
  /** The database's clock. */
  readonly now: Date;
  readonly summary: string;
}

/** For so long issues may lag behind alerts before the run is red: six runs, each of which could have caught up. */
const LONGEST_LAG_MS = 30 * 60_000;

/** How a run of the action ends whose database answered. Alerts are findings, not failures: the issues are the alarm. */
export function healthOutcome({ environment, counts, projection, now, summary }: HealthRun): Outcome {
  const open = counts.active + counts.acknowledged + counts.snoozed + counts.silenced + counts.muted;
  const isLate =
    projection.kind !== 'done' &&
    projection.projectedAt !== null &&
    now.getTime() - projection.projectedAt.getTime() > LONGEST_LAG_MS;
  return {
    reason: isLate ? 'issues_behind' : 'checked',
    environment,
    counts: { ...numbersOf(counts), ...projection.counts, calls: projection.calls },
    warnings: [
      ...(counts.late ? ['A newer pass was recorded before this one; what it saw counts.'] : []),
      ...projection.problems.slice(0, 10),
    ],
    message: `${environment}: ${inWords(counts, open)}.${aboutIssues(projection)}`,
    summary,
    outputs: { alerts: String(open), unknown: '' },
  };
}

/** How a run of the action ends whose database did not answer. */
export function unreachableOutcome(run: {
  readonly environment: string;
  readonly what: string;
  readonly issue: UnreachableOutcome | null;
  readonly problem: string | null;
}): Outcome {
  const { environment, what, issue, problem } = run;
  const number = issue?.number ?? null;
  const where = number === null ? '' : ` Issue #${number} ${issue?.kind ?? ''}.`;
  return {
    reason: 'partly_checked',
    environment,
    message: `${environment}: unknown, the database cannot be reached: ${what}.${where}`,
    warnings: problem === null ? [] : [problem],
    summary: `**${environment}: unknown.** The database cannot be reached; no other issue was changed.${where}\n`,
    outputs: { alerts: '', unknown: number === null ? '' : String(number) },
  };
}

function numbersOf({ late: _, ...counts }: PassCounts): Record<string, number> {
  return counts;
}

function inWords(counts: PassCounts, open: number): string {
  const words = [
    [counts.active, 'active'],
    [counts.acknowledged, 'acknowledged'],
    [counts.snoozed, 'snoozed'],
    [counts.silenced, 'silenced'],
    [counts.muted, 'muted'],
    [counts.unknown, 'of them unknown'],
    [counts.pending, 'pending'],
  ] as const;
  const said = words.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  if (said.length === 0) return 'nothing is wrong that is looked for';
  return `${open === 1 ? '1 alert' : `${open} alerts`} (${said.join(', ')})`;
}

function aboutIssues({ kind, left }: ProjectionResult): string {
  switch (kind) {
    case 'done':
      return '';
    case 'busy':
      return ' Another run writes the issues.';
    case 'waiting':
      return ' GitHub asked us to wait; the next run writes the issues.';
    case 'behind':
      return ` ${left === 0 ? 'Issues' : left === 1 ? '1 issue' : `${left} issues`} will be written by the next run.`;
  }
}
