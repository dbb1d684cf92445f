/** What can be said about one job by looking at its file alone. */
import { formatDuration } from '../duration.ts';
import type { ReportFinding } from '../finding.ts';
import type { JobSpec } from '../kinds/cron.ts';
import type { JobCall } from '../model.ts';
import { lintBody, lintHttp } from './lint-http.ts';
import { lintSql } from './lint-sql.ts';

/** Supabase advises ten minutes at most for what pg_cron runs. */
const LONG_SQL_MS = 10 * 60_000;
/** One slow request holds up the two hundred others of its batch. */
const LONG_REQUEST_MS = 60_000;

/** Reports what will hurt although it is well formed. Returns the job with the secrets its SQL reads added. */
export function lintJob(spec: JobSpec, report: ReportFinding): JobSpec {
  const { call } = spec.definition;
  lintTimeout(spec, call, report);
  lintOverrides(spec, report);
  lintPolicies(spec, report);
  switch (call.kind) {
    case 'http':
      lintHttp(call, report);
      return spec;
    case 'sql': {
      const references = lintSql(call.sql, ['call', 'sql'], report);
      return references.length === 0 ? spec : { ...spec, references: [...spec.references, ...references] };
    }
    case 'enqueue':
      return spec;
  }
}

/** What an environment changes of the call is held to the same rules. */
function lintOverrides(spec: JobSpec, report: ReportFinding): void {
  const { call: base } = spec.definition;
  for (const [environment, { definition }] of Object.entries(spec.overrides)) {
    const { call } = definition;
    if (call === undefined || call.kind === 'enqueue' || base.kind === 'enqueue') continue;
    const under = ['environments', environment];
    if (call.timeout_ms !== base.timeout_ms) lintTimeout(spec, call, report, under);
    if (call.kind === 'http' && base.kind === 'http' && base.body === undefined)
      lintBody(call, [...under, 'call', 'body'], report);
  }
}

function lintTimeout(
  spec: JobSpec,
  call: JobCall,
  report: ReportFinding,
  under: readonly string[] = [],
): void {
  if (call.kind === 'enqueue') return;
  const at = { path: [...under, 'call', 'timeout'] };
  const limit = call.kind === 'sql' ? LONG_SQL_MS : LONG_REQUEST_MS;
  const written = formatDuration(call.timeout_ms);
  if (call.timeout_ms > limit) {
    const [message, hint] =
      call.kind === 'sql'
        ? [
            `${written} is long for a job inside the database: Supabase advises 10m at most`,
            'Work in smaller batches, or queue the work.',
          ]
        : [
            `a request of up to ${written} holds up every other request of its batch`,
            'Let the function answer at once and report later (`expect: { report: true }`), or queue the work.',
          ];
    report({ severity: 'warning', code: 'timeout-long', message, hint, at });
    return;
  }
  const every = cadenceMs(spec);
  if (every === null || call.timeout_ms < every || spec.definition.overlap !== undefined) return;
  report({
    severity: 'warning',
    code: 'timeout-exceeds-cadence',
    message: `a run may take ${written}, and the next one is due after ${formatDuration(every)}: late runs are skipped`,
    hint: 'Lower the timeout, run less often, or say what is meant: `overlap: skip` or `queue_one`.',
    at,
  });
}

/** The shortest time between two runs, for the schedules where it is short. */
function cadenceMs(spec: JobSpec): number | null {
  const { seconds, match } = spec.schedule;
  if (seconds !== undefined) return seconds * 1000;
  return match !== undefined && match.minutes_low === 2 ** 30 - 1 && match.minutes_high === 2 ** 30 - 1
    ? 60_000
    : null;
}

function lintPolicies(spec: JobSpec, report: ReportFinding): void {
  const { definition, schedule } = spec;
  if (
    schedule.source !== '' &&
    schedule.kind !== 'cron' &&
    definition.misfire !== undefined &&
    definition.misfire !== 'skip'
  ) {
    report({
      severity: 'warning',
      code: 'misfire-without-slots',
      message: 'only schedules with fixed times can miss a run',
      hint: 'Remove `misfire`, or write the schedule as five fields.',
      at: { path: ['misfire'] },
    });
  }
  if (definition.owner === undefined) {
    report({
      severity: 'notice',
      code: 'job-unowned',
      message: 'nobody owns this job',
      hint: 'Add `owner: "@team"`.',
      at: { path: ['schedule'], part: 'key' },
    });
  }
}
