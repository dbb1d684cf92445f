import type { ProjectionResult } from '../_shared/alerts/project-alerts.ts';
import type { Recorded } from '../_shared/checks/advice/record-scan.ts';
import { countsInWords, countsOf } from '../_shared/checks/advice/report/grouped.ts';
import { renderScanSummary } from '../_shared/checks/advice/report/markdown.ts';
import type { ScanReport } from '../_shared/checks/advice/scan.ts';
import type { Outcome } from '../_shared/io/outcome.ts';

/** What a run did. */
export interface ScanDone {
  readonly report: ScanReport;
  readonly recorded: Recorded;
  readonly projection: ProjectionResult;
}

/** How a run of the action ends. Advice is a finding, not a failure: the issues are the alarm, the step stays green. */
export function scanOutcome({ report, recorded, projection }: ScanDone): Outcome {
  const counts = countsOf(report);
  const { ERROR, WARN, INFO, suppressed, unevaluated } = counts;
  return {
    reason: 'scanned',
    environment: report.environment,
    counts: {
      errors: ERROR,
      warnings: WARN,
      notes: INFO,
      suppressed,
      unevaluated,
      created: recorded.created,
      reopened: recorded.reopened,
      resolved: recorded.resolved,
      calls: projection.calls,
    },
    warnings: [
      ...(recorded.late ? ['A later scan was recorded before this one; what that one saw counts.'] : []),
      ...projection.problems.slice(0, 10),
    ],
    message: `${report.environment}: ${countsInWords(counts)}.${newsInWords(recorded)}${aboutIssues(projection)}`,
    summary: renderScanSummary(report),
    outputs: { errors: String(ERROR), warnings: String(WARN), unevaluated: String(unevaluated) },
  };
}

function newsInWords({ created, reopened, resolved }: Recorded): string {
  const news = [
    ...(created === 0 ? [] : [`${created} new`]),
    ...(reopened === 0 ? [] : [`${reopened} back`]),
    ...(resolved === 0 ? [] : [`${resolved} gone`]),
  ];
  return news.length === 0 ? '' : ` Since the last scan: ${news.join(', ')}.`;
}

function aboutIssues({ kind }: ProjectionResult): string {
  switch (kind) {
    case 'done':
      return '';
    case 'busy':
      return ' Another run writes the issues.';
    case 'waiting':
    case 'behind':
      return ' The next run of health writes the rest of the issues.';
  }
}
