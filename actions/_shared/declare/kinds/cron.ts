/** A file of `runbooks/cron/`: one job, with its schedule compiled and what differs per environment. */
import { compileParsed } from '../../schedule/compile-schedule.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { timezoneProblem } from '../../schedule/zone-offsets.ts';
import { checkValue } from '../check-value.ts';
import { closestWord } from '../closest-word.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { CompiledSchedule, JobCall, JobDefinition } from '../model.ts';
import { type ReadCall, readCall, type SecretReference } from './cron-call.ts';
import { policies } from './cron-policies.ts';
import {
  CronShell,
  type CronShellValue,
  HTTP_TIMEOUT,
  HttpTimeout,
  type OverrideValue,
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

/** Stands for a schedule that could not be read, so that the rest of its file is looked at all the same. */
const UNREAD: CompiledSchedule = {
  source: '',
  expression: '@reboot',
  kind: 'reboot',
  timezone: 'UTC',
  cronSchedule: '@reboot',
};

/**
 * Reads the value of one file; every fault is reported, not only the first. Null when not even its call could be read. A job
 * with a fault of another kind is good enough for the checks that follow, and for nothing else: a file with an error keeps
 * every environment from being resolved.
 */
export function readJob(name: string, value: unknown, report: ReportFinding): JobSpec | null {
  const raw = asMap(value);
  const shell = checkValue(CronShell, value, report) ?? (raw === null ? null : readableShell(raw));
  const called = raw === null ? null : readCall(raw.call, report);
  const written = { source: raw?.schedule, timezone: raw?.timezone };
  const schedule =
    typeof written.source === 'string'
      ? readSchedule(name, { source: written.source, timezone: written.timezone }, [], report)
      : null;
  if (shell === null) return null;
  const overrides: Record<string, JobOverride> = {};
  for (const [environment, override] of Object.entries(shell.environments ?? {})) {
    const base = { source: shell.schedule, timezone: shell.timezone, read: schedule !== null };
    overrides[environment] = readOverride({ name, environment, base, override, called }, report);
  }
  if (called === null) return null;
  return {
    name,
    ...(shell.active === undefined ? {} : { active: shell.active }),
    schedule: schedule ?? UNREAD,
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

/** What there is to check in a file of which some part is wrong (and reported): what differs where, where that is good. */
function readableShell(raw: Readonly<Record<string, unknown>>): CronShellValue {
  const ignore = (): void => undefined;
  const read = (part: object) => checkValue(CronShell, { schedule: '', ...part }, ignore);
  const rest = read({ environments: raw.environments }) ?? { schedule: '' };
  return Object.hasOwn(raw, 'owner') ? { ...rest, owner: `${raw.owner}` } : rest;
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
    const near = zone.known.length === 1 ? zone.known[0] : closestWord(timezone, zone.known);
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
  /** `read` is false when the schedule of the file itself is wrong: that is said once, not for each environment. */
  readonly base: { readonly source: string; readonly timezone: string | undefined; readonly read: boolean };
  readonly override: OverrideValue;
  readonly called: ReadCall | null;
}

/** What differs, as far as it is good; what is not is reported. */
function readOverride(input: OverrideInput, report: ReportFinding): JobOverride {
  const { override, called, base } = input;
  const under: ValuePath = ['environments', input.environment];
  const changesTime = override.schedule !== undefined || (override.timezone !== undefined && base.read);
  const written = { source: override.schedule ?? base.source, timezone: override.timezone ?? base.timezone };
  const schedule = changesTime ? readSchedule(input.name, written, under, report) : undefined;
  const call =
    override.call === undefined || called === null
      ? null
      : overrideCall(called.call, override.call, [...under, 'call'], report);
  return {
    ...(override.active === undefined ? {} : { active: override.active }),
    ...(schedule ? { schedule } : {}),
    definition: {
      ...(call === null ? {} : { call }),
      ...(override.owner === undefined ? {} : { owner: override.owner }),
      ...(called === null ? {} : policies(override, called.call)),
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
  const { timeout: written } = change;
  if (call.kind === 'http' && written !== undefined && !HttpTimeout.accepts(written)) {
    report({
      severity: 'error',
      code: 'invalid-value',
      message: `a request may take from ${HTTP_TIMEOUT.join(' to ')}, not ${written}`,
      hint: 'Let the function answer at once and report later (`expect: { report: true }`), or queue the work.',
      at: { path: [...under, 'timeout'] },
    });
    return null;
  }
  const timeout = written === undefined ? {} : { timeout_ms: parseDuration(written) };
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

function asMap(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
