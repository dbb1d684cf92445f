import { ConfigurationError, errorMessage } from './errors.ts';
import type { Environment } from './inputs.ts';
import type { Outcome } from './outcome.ts';
import { publish } from './publish.ts';
import { createRedaction, type Redaction } from './redaction.ts';
import { isGood, type RunRecord } from './run-record.ts';

/** What the body of an action gets. */
export interface ActionRun {
  readonly environment: Environment;
  readonly redaction: Redaction;
  readonly now: () => Date;
}

/**
 * Runs an action: the one place where its errors are caught. A ConfigurationError becomes annotations and a failed
 * step without a stack; anything else is a fault of ours, with its stack in a folded group.
 */
export async function runAction(name: string, work: (run: ActionRun) => Promise<Outcome>): Promise<void> {
  const redaction = createRedaction();
  const started = performance.now();
  const { outcome, fault } = await attempt(() =>
    work({ environment: process.env, redaction, now: () => new Date() }),
  );
  const record: RunRecord = {
    schema_version: 1,
    action: name,
    reason: outcome.reason,
    ok: isGood(outcome.reason),
    environment: outcome.environment ?? null,
    digest: outcome.digest ?? null,
    counts: outcome.counts ?? null,
    message: redaction.redact(outcome.message),
    duration_ms: Math.round(performance.now() - started),
  };
  await publish({ outcome, record, redaction, ...(fault === undefined ? {} : { fault }) });
}

async function attempt(
  work: () => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly fault?: unknown }> {
  try {
    return { outcome: await work() };
  } catch (error) {
    if (error instanceof ConfigurationError) {
      const message = error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
      return { outcome: { reason: 'configuration_error', message, diagnostics: error.diagnostics } };
    }
    const message = `A fault of ours, not of your files: ${errorMessage(error)}`;
    return { outcome: { reason: 'fault', message }, fault: error };
  }
}
