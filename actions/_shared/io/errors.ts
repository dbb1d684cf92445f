import type { Diagnostic } from '../declare/model.ts';

/**
 * The user's to fix: a wrong file, input or setting. Says what, where, and what to do; the edge prints it without
 * a stack and turns each diagnostic into an annotation on its line. Anything else that is thrown is a fault.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly diagnostics: readonly Diagnostic[];
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: {
      readonly hint?: string;
      readonly diagnostics?: readonly Diagnostic[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.diagnostics = options.diagnostics ?? [];
  }
}

/** What was thrown, in words. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
