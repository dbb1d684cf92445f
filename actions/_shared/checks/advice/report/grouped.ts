/** Findings by rule: one heading, one list of objects. Pure. */
import type { FindingLevel } from '../../finding.ts';
import type { ScanReport } from '../scan.ts';
import type { ScannedFinding } from '../suppressions.ts';

/** Everything one rule found. */
export interface RuleGroup {
  readonly rule: string;
  readonly title: string;
  /** The worst of its findings that are not suppressed, or of all when all are. */
  readonly level: FindingLevel;
  readonly remediation: string;
  readonly open: readonly ScannedFinding[];
  readonly suppressed: readonly ScannedFinding[];
}

/** Groups in the order of the report: worst first. Without `all`, only what is not suppressed. */
export function groupsOf(report: ScanReport, { all }: { readonly all: boolean }): readonly RuleGroup[] {
  return [...Map.groupBy(report.findings, ({ finding }) => finding.name)].flatMap(([rule, found]) => {
    const open = found.filter(({ suppression }) => suppression === null);
    const suppressed = found.filter(({ suppression }) => suppression !== null);
    const first = open[0] ?? (all ? found[0] : undefined);
    if (first === undefined) return [];
    const { title, level, remediation } = first.finding;
    return [{ rule, title, level, remediation, open, suppressed: all ? suppressed : [] }];
  });
}

/** How many of each level are not suppressed, and how much else there is to say. */
export interface ScanCounts {
  readonly ERROR: number;
  readonly WARN: number;
  readonly INFO: number;
  readonly suppressed: number;
  readonly unevaluated: number;
}

export function countsOf(report: ScanReport): ScanCounts {
  const open = report.findings.filter(({ suppression }) => suppression === null);
  const count = (level: FindingLevel): number => open.filter(({ finding }) => finding.level === level).length;
  return {
    ERROR: count('ERROR'),
    WARN: count('WARN'),
    INFO: count('INFO'),
    suppressed: report.findings.length - open.length,
    unevaluated: report.unevaluated.length,
  };
}

/** `2 errors, 1 warning, 5 notes; 3 lived with; 2 rules could not look`. */
export function countsInWords(counts: ScanCounts): string {
  const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const found = [
    ...(counts.ERROR === 0 ? [] : [plural(counts.ERROR, 'error')]),
    ...(counts.WARN === 0 ? [] : [plural(counts.WARN, 'warning')]),
    ...(counts.INFO === 0 ? [] : [plural(counts.INFO, 'note')]),
  ];
  return [
    found.length === 0 ? 'Nothing found' : found.join(', '),
    ...(counts.suppressed === 0 ? [] : [`${counts.suppressed} lived with`]),
    ...(counts.unevaluated === 0
      ? []
      : [`${plural(counts.unevaluated, 'rule')} could not look at everything`]),
  ].join('; ');
}
