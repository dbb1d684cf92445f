import { CommanderError } from 'commander';
import { formatDiagnostics } from '../declare/format-diagnostics.ts';
import { ConfigurationError } from './errors.ts';

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
      const color = process.stderr.isTTY === true;
      process.stderr.write(
        `${formatDiagnostics(error.diagnostics, { format: 'terminal', root: process.cwd(), color })}\n`,
      );
    }
    process.stderr.write(`error: ${error.message}\n`);
    if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
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
