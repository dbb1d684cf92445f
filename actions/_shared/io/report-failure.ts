import { CommanderError } from 'commander';
import { formatDiagnostics } from '../declare/format-diagnostics.ts';
import { ConfigurationError } from './errors.ts';
import { wantsColor } from './wants-color.ts';

/** A fault may quote what it failed on; more than this helps nobody. */
const longestFault = 8000;

/**
 * The one place where a command's error is told to a person: what the user can fix is said without a stack,
 * everything else is a fault of ours with its stack and causes.
 *
 * @returns the exit code: 1, or what the command line parser asked for (0 for `--help`)
 */
export function reportFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof ConfigurationError) {
    if (error.diagnostics.length > 0) {
      const color = wantsColor(process.stderr);
      process.stderr.write(
        `${formatDiagnostics(error.diagnostics, { format: 'terminal', root: process.cwd(), color })}\n`,
      );
    }
    process.stderr.write(`error: ${error.message}\n`);
    if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
    return 1;
  }
  const trouble = troubleOfThisMachine(error);
  if (trouble !== undefined) {
    process.stderr.write(`error: ${trouble}\n`);
    return 1;
  }
  process.stderr.write('This is a fault of opsroom, not of your files:\n');
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text.slice(0, longestFault)}\n`);
  for (
    let cause = error instanceof Error ? error.cause : undefined;
    cause instanceof Error;
    cause = cause.cause
  ) {
    process.stderr.write(`caused by ${cause.message.slice(0, longestFault)}\n`);
  }
  return 1;
}

/** What a machine may run out of, by the code of the system error. */
const SHORTAGES: Readonly<Record<string, string>> = {
  ENOSPC: 'No space is left on the disk',
  EDQUOT: 'Your share of the disk is used up',
  EROFS: 'The disk is read-only',
  EMFILE: 'This process may not open more files; `ulimit -n` says how many',
  ENFILE: 'This machine has no more files to open',
  ENOMEM: 'No memory is left',
};

function troubleOfThisMachine(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const shortage = SHORTAGES[error.code];
  if (shortage === undefined) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : '';
  return `${shortage}${path}. Mend that and run the same command again`;
}
