import { countsOf } from '../_shared/checks/advice/report/grouped.ts';
import { type ScanReport, scan } from '../_shared/checks/advice/scan.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { type TargetOptions, withTarget } from './target.ts';

export type ScanFormat = 'terminal' | 'json' | 'github' | 'sarif';
export type FailOn = 'error' | 'warn' | 'info' | 'never';

export interface ScanOptions extends TargetOptions {
  readonly format: ScanFormat;
  readonly failOn: FailOn;
  /** Leave out what a file suppresses. */
  readonly newOnly?: boolean;
  /** What could not be looked at fails too. */
  readonly strict?: boolean;
}

/**
 * `opsroom scan`: look for advice. Changes nothing. Exit 0: nothing of the level asked for; 2: something; 3: with
 * `--strict`, some rule could not look at everything. What a file suppresses never counts.
 */
export async function scanEnvironment(options: ScanOptions): Promise<number> {
  return withTarget(options, async ({ desired, declarations, sql }) => {
    const policy = declarations.advisories(options.env);
    const report = await scan(sql, { desired, policy, now: new Date() });
    process.stdout.write(await render(report, options));
    return exitCode(report, options);
  });
}

async function render(report: ScanReport, { format, newOnly = false }: ScanOptions): Promise<string> {
  const shown = newOnly
    ? { ...report, findings: report.findings.filter(({ suppression }) => suppression === null) }
    : report;
  switch (format) {
    case 'terminal': {
      const { renderScanTerminal } = await import('../_shared/checks/advice/report/terminal.ts');
      return renderScanTerminal(shown, { color: wantsColor(process.stdout), all: !newOnly });
    }
    case 'json':
      return `${JSON.stringify(shown, null, 2)}\n`;
    case 'github':
      return (await import('../_shared/checks/advice/report/github-annotations.ts')).renderScanAnnotations(
        shown,
      );
    case 'sarif':
      return (await import('../_shared/checks/advice/report/sarif.ts')).renderSarif(shown);
  }
}

function exitCode(report: ScanReport, { failOn, strict = false }: ScanOptions): number {
  const { ERROR, WARN, INFO, unevaluated } = countsOf(report);
  const counted = { never: 0, error: ERROR, warn: ERROR + WARN, info: ERROR + WARN + INFO }[failOn];
  if (counted > 0) return 2;
  return strict && unevaluated > 0 ? 3 : 0;
}
