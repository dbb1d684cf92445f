import { formatDiagnostics } from '../_shared/declare/format-diagnostics.ts';
import { loadDeclarations } from '../_shared/declare/load.ts';
import type { DeclarationResult, Diagnostic } from '../_shared/declare/model.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import type { StampedeReport } from '../_shared/schedule/stampede.ts';

export interface ValidateOptions {
  readonly root: string;
  readonly format: 'terminal' | 'json' | 'github';
  readonly env: string;
  readonly stampede?: boolean;
  readonly strict?: boolean;
}

/** A wrong folder must not look like a good one. */
const NOTHING_HERE: Diagnostic = {
  severity: 'error',
  code: 'no-runbooks',
  message: 'there is no folder runbooks/ with files here',
  hint: 'Run this in the repository that holds it, or name that with --root.',
  location: { file: 'runbooks', line: 1, column: 1 },
};

/** `opsroom validate`: exit 1 when a file has an error (with `--strict`, a warning too). */
export async function validate(options: ValidateOptions): Promise<number> {
  const result = await loadDeclarations({ root: options.root });
  const diagnostics = result.files === 0 ? [...result.diagnostics, NOTHING_HERE] : result.diagnostics;
  const color = wantsColor(process.stdout);
  const count = (severity: string) => diagnostics.filter((each) => each.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  const wanted = options.stampede === true && errors === 0;
  const text = formatDiagnostics(diagnostics, { format: options.format, root: options.root, color });
  if (options.format === 'json') {
    const told: object = JSON.parse(text);
    const stampede =
      options.stampede === true ? { stampede: wanted ? await reportOf(result, options.env) : null } : {};
    process.stdout.write(`${JSON.stringify({ ...told, ...stampede }, null, 2)}\n`);
  } else if (text !== '') process.stdout.write(`${text}\n`);
  if (options.format === 'terminal') {
    process.stdout.write(`${result.files} files: ${errors} errors, ${warnings} warnings\n`);
  }
  if (wanted && options.format !== 'json') {
    const { renderStampede } = await import('../_shared/schedule/render-stampede.ts');
    process.stdout.write(`${renderStampede(await reportOf(result, options.env))}\n`);
  }
  return errors > 0 || (options.strict === true && warnings > 0) ? 1 : 0;
}

/** The coming week of one environment, simulated. */
async function reportOf(result: DeclarationResult, env: string): Promise<StampedeReport> {
  const { stampede } = await import('../_shared/schedule/stampede.ts');
  return stampede(result.resolve(env).jobs, { from: new Date(), days: 7 });
}
