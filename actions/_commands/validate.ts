import { formatDiagnostics } from '../_shared/declare/format-diagnostics.ts';
import { loadDeclarations } from '../_shared/declare/load.ts';

export interface ValidateOptions {
  readonly root: string;
  readonly format: 'terminal' | 'json' | 'github';
  readonly env: string;
  readonly stampede?: boolean;
  readonly strict?: boolean;
}

/** `opsroom validate`: exit 1 when a file has an error (with `--strict`, a warning too). */
export async function validate(options: ValidateOptions): Promise<number> {
  const result = await loadDeclarations({ root: options.root });
  const color = process.stdout.isTTY === true;
  const text = formatDiagnostics(result.diagnostics, { format: options.format, root: options.root, color });
  if (text !== '') process.stdout.write(`${text}\n`);
  const count = (severity: string) => result.diagnostics.filter((each) => each.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  if (options.format === 'terminal') {
    process.stdout.write(`${result.files} files: ${errors} errors, ${warnings} warnings\n`);
  }
  if (options.stampede === true && errors === 0) {
    const { stampede, renderStampede } = await import('../_shared/schedule/stampede.ts');
    const { jobs } = result.resolve(options.env);
    const report = stampede(jobs, { from: new Date(), days: 7 });
    process.stdout.write(
      options.format === 'json' ? `${JSON.stringify(report)}\n` : `${renderStampede(report)}\n`,
    );
  }
  return errors > 0 || (options.strict === true && warnings > 0) ? 1 : 0;
}
