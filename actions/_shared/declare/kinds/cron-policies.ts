/** What a job promises and what happens when it does not keep it, as the database reads it. */
import { parseDuration } from '../duration.ts';
import type { JobCall, JobDefinition, RetryCause } from '../model.ts';
import type { AlertValue, ExpectValue, RetryValue } from './cron-schema.ts';

type Definition = Omit<JobDefinition, 'schedule'>;

interface Policies {
  readonly retry?: RetryValue;
  readonly overlap?: NonNullable<JobDefinition['overlap']>;
  readonly misfire?: NonNullable<JobDefinition['misfire']>;
  readonly expect?: ExpectValue;
  readonly alert?: AlertValue;
}

/** The policies a file or an environment writes; what is left out keeps its default. */
export function policies(written: Policies, call: JobCall): Partial<Definition> {
  return {
    ...(written.retry === undefined ? {} : { retry: readRetry(written.retry, call) }),
    ...(written.overlap === undefined ? {} : { overlap: written.overlap }),
    ...(written.misfire === undefined ? {} : { misfire: written.misfire }),
    ...(written.expect === undefined ? {} : { expect: readExpect(written.expect) }),
    ...(written.alert === undefined ? {} : { alert: readAlert(written.alert) }),
  };
}

function readRetry(retry: RetryValue, call: JobCall): NonNullable<Definition['retry']> {
  const usual: readonly RetryCause[] = call.kind === 'sql' ? ['sql'] : ['5xx', 'timeout', 'network'];
  return {
    attempts: retry.attempts,
    backoff_ms: retry.backoff === undefined ? 30_000 : parseDuration(retry.backoff),
    on: retry.on === undefined ? usual : retry.on.map((cause) => (cause === 429 ? '429' : cause)),
  };
}

function readExpect(expect: ExpectValue): NonNullable<Definition['expect']> {
  const [share, window] = (expect.min_success ?? '').split('%/');
  return {
    ...(expect.within === undefined ? {} : { within_ms: parseDuration(expect.within) }),
    ...(expect.max_duration === undefined ? {} : { max_duration_ms: parseDuration(expect.max_duration) }),
    ...(window === undefined
      ? {}
      : {
          min_success: {
            ratio: Math.round(Number(share) * 10_000) / 1_000_000,
            window_ms: parseDuration(window),
          },
        }),
    ...(expect.report === undefined ? {} : { report: expect.report }),
  };
}

function readAlert(alert: AlertValue): NonNullable<Definition['alert']> {
  return {
    after: alert.after ?? 1,
    severity: alert.severity ?? 'warning',
    ...(alert.runbook === undefined ? {} : { runbook: alert.runbook }),
  };
}
