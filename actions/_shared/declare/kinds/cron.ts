/** A file of `runbooks/cron/`: one job, with its schedule compiled and what differs per environment. */
import { compileParsed } from '../../schedule/compile-schedule.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { timezoneProblem } from '../../schedule/zone-offsets.ts';
import { checkValue } from '../check-value.ts';
import { closestWord } from '../closest-word.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { CompiledSchedule, JobCall, JobDefinition, RetryCause } from '../model.ts';
import { type ReadCall, readCall, type SecretReference } from './cron-call.ts';
import {
  type AlertValue,
  CronShell,
  type ExpectValue,
  type OverrideValue,
  type RetryValue,
} from './cron-schema.ts';

type Definition = Omit<JobDefinition, 'schedule'>;

/** What one environment changes. */
export interface JobOverride {
  readonly active?: boolean;
  readonly schedule?: CompiledSchedule;
  readonly definition: Partial<Definition>;
}

/** A job as its file says it, for every environment. Plain JSON, so that it can be kept in the cache. */
export interface JobSpec {
  readonly name: string;
  /** As written at the top of the file; undefined leaves it to the environment. */
  readonly active?: boolean;
  readonly schedule: CompiledSchedule;
  readonly definition: Definition;
  readonly references: readonly SecretReference[];
  readonly overrides: Readonly<Record<string, JobOverride>>;
}

/** Reads the value of one file. Null when something in it is wrong; every fault is reported, not only the first. */
export function readJob(name: string, value: unknown, report: ReportFinding): JobSpec | null {
  const shell = checkValue(CronShell, value, report);
  const raw = asMap(value);
  const called = raw === null ? null : readCall(raw.call, report);
  const written = { source: raw?.schedule, timezone: raw?.timezone };
  const schedule =
    typeof written.source === 'string'
      ? readSchedule(name, { source: written.source, timezone: written.timezone }, [], report)
      : null;
  if (shell === null || called === null || schedule === null) return null;
  const overrides: Record<string, JobOverride> = {};
  for (const [environment, override] of Object.entries(shell.environments ?? {})) {
    const read = readOverride(
      { name, environment, base: { source: shell.schedule, timezone: shell.timezone }, override, called },
      report,
    );
    if (read !== null) overrides[environment] = read;
  }
  return {
    name,
    ...(shell.active === undefined ? {} : { active: shell.active }),
    schedule,
    definition: {
      call: called.call,
      ...(shell.owner === undefined ? {} : { owner: shell.owner }),
      ...(shell.description === undefined ? {} : { description: shell.description }),
      ...policies(shell, called.call),
    },
    references: called.references,
    overrides,
  };
}

function readSchedule(
  job: string,
  written: { readonly source: string; readonly timezone: unknown },
  under: ValuePath,
  report: ReportFinding,
): CompiledSchedule | null {
  const result = parseSchedule(written.source, { job });
  for (const { start, end, ...problem } of result.problems) {
    report({ ...problem, at: { path: [...under, 'schedule'], span: { start, end } } });
  }
  const timezone = typeof written.timezone === 'string' ? written.timezone : 'UTC';
  const zone = timezone === 'UTC' ? null : timezoneProblem(timezone);
  if (zone !== null) {
    const near = closestWord(timezone, zone.known);
    const hint =
      near === undefined
        ? 'Write an IANA name such as `America/New_York`, or `UTC`.'
        : `Did you mean \`${near}\`?`;
    report({
      severity: 'error',
      code: 'unknown-timezone',
      message: zone.message,
      hint,
      at: { path: [...under, 'timezone'] },
    });
  }
  if (!result.ok || zone !== null) return null;
  return compileParsed({ source: written.source, timezone, schedule: result.schedule });
}

interface OverrideInput {
  readonly name: string;
  readonly environment: string;
  readonly base: { readonly source: string; readonly timezone: string | undefined };
  readonly override: OverrideValue;
  readonly called: ReadCall;
}

function readOverride(input: OverrideInput, report: ReportFinding): JobOverride | null {
  const { override, called, base } = input;
  const under: ValuePath = ['environments', input.environment];
  const changesTime = override.schedule !== undefined || override.timezone !== undefined;
  const written = { source: override.schedule ?? base.source, timezone: override.timezone ?? base.timezone };
  const schedule = changesTime ? readSchedule(input.name, written, under, report) : undefined;
  const call =
    override.call === undefined
      ? undefined
      : overrideCall(called.call, override.call, [...under, 'call'], report);
  if (schedule === null || call === null) return null;
  return {
    ...(override.active === undefined ? {} : { active: override.active }),
    ...(schedule === undefined ? {} : { schedule }),
    definition: {
      ...(call === undefined ? {} : { call }),
      ...(override.owner === undefined ? {} : { owner: override.owner }),
      ...policies(override, called.call),
    },
  };
}

type CallChange = NonNullable<OverrideValue['call']>;

/** The call with an environment's changes; a change that means nothing to this kind of call is an error. */
function overrideCall(
  call: JobCall,
  change: CallChange,
  under: ValuePath,
  report: ReportFinding,
): JobCall | null {
  const allowed: Readonly<Record<JobCall['kind'], readonly string[]>> = {
    http: ['body', 'timeout'],
    sql: ['timeout'],
    enqueue: call.kind === 'enqueue' && call.await_report ? ['inputs'] : ['payload'],
  };
  const foreign = Object.keys(change).filter((key) => !allowed[call.kind].includes(key));
  for (const key of foreign) {
    report({
      severity: 'error',
      code: 'override-call',
      message: `\`${key}\` means nothing to this job's call`,
      hint: `Here an environment may change ${allowed[call.kind].map((word) => `\`${word}\``).join(' and ')}.`,
      at: { path: [...under, key], part: 'key' },
    });
  }
  if (foreign.length > 0) return null;
  const timeout = change.timeout === undefined ? {} : { timeout_ms: parseDuration(change.timeout) };
  switch (call.kind) {
    case 'http':
      return { ...call, ...(change.body === undefined ? {} : { body: change.body }), ...timeout };
    case 'sql':
      return { ...call, ...timeout };
    case 'enqueue':
      if (change.payload !== undefined) return { ...call, payload: change.payload };
      return { ...call, payload: { ...asMap(call.payload), inputs: change.inputs ?? {} } };
  }
}

interface Policies {
  readonly retry?: RetryValue;
  readonly overlap?: NonNullable<JobDefinition['overlap']>;
  readonly misfire?: NonNullable<JobDefinition['misfire']>;
  readonly expect?: ExpectValue;
  readonly alert?: AlertValue;
}

function policies(written: Policies, call: JobCall): Partial<Definition> {
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

function asMap(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
