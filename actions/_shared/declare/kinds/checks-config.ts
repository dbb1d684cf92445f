/** What a probe was told, compiled: durations in milliseconds, defaults filled in. */
import { checkValue } from '../check-value.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding, ValuePath } from '../finding.ts';
import type { Shape } from '../shape.ts';
import type { Levels, ProbeConfig, ProbeKind } from './checks-model.ts';
import {
  CRON_FAULTS,
  FUNCTION_FAULTS,
  type LevelsValue,
  PROBES,
  VAULT_FAULTS,
  WORKFLOW_FAULTS,
} from './checks-probes.ts';
import {
  readComparison,
  readJsonPath,
  readLevels,
  readList,
  readNames,
  readShare,
  readSource,
} from './checks-values.ts';

type ReadProbe = (value: unknown, under: ValuePath, report: ReportFinding) => ProbeConfig | null;

function reading<Value>(shape: Shape<Value>, compile: (value: Value) => ProbeConfig): ReadProbe {
  return (value, under, report) => {
    const written = checkValue(shape, value, report, under);
    return written === null ? null : compile(written);
  };
}

const minutes = 60_000;
const hours = 60 * minutes;
const days = 24 * hours;

const READERS: { readonly [Kind in ProbeKind]: ReadProbe } = {
  sql: reading(PROBES.sql, ({ query, rows, when }) => ({
    kind: 'sql',
    query: query.trim().replace(/;\s*$/, ''),
    rows: rows ?? false,
    when: readLevels(when, readComparison),
  })),
  http: reading(PROBES.http, (value) => ({
    kind: 'http',
    url: readSource(value.url),
    method: value.method ?? 'get',
    headers: Object.fromEntries(
      Object.entries(value.headers ?? {}).map(([name, text]) => [name, readSource(text)]),
    ),
    ...(value.body === undefined ? {} : { body: value.body }),
    status: value.status === undefined ? ['2xx'] : readList(value.status),
    contains: readList(value.contains),
    lacks: readList(value.lacks),
    json: (value.json ?? []).map(({ path, equals, at_least: atLeast, at_most: atMost }) => ({
      path: readJsonPath(path),
      written: path,
      ...(equals === undefined ? {} : { equals }),
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(atMost === undefined ? {} : { atMost }),
    })),
    latency: durations(value.latency),
    tlsDaysLeft: readLevels(value.tls_days_left, Number),
    attempts: value.attempts ?? 3,
    retryAfterMs: duration(value.retry_after, 2000),
  })),
  cron: reading(PROBES.cron, (value) => ({
    kind: 'cron',
    jobs: readNames(value.jobs, value.except),
    find: value.find ?? CRON_FAULTS.filter((fault) => fault !== 'scheduler'),
    lateByMs: duration(value.late_by, 5 * minutes),
  })),
  queue: reading(PROBES.queue, (value) => ({
    kind: 'queue',
    taskTypes: readNames(value.task_types, value.except),
    depth: readLevels(value.depth, Number),
    oldest: durations(value.oldest),
    deadLetters: readLevels(value.dead_letters, Number),
    deadWithinMs: duration(value.dead_within, days),
    paused: durations(value.paused),
  })),
  pg_net: reading(PROBES.pg_net, (value) => ({
    kind: 'pg_net',
    queueAge: durations(value.queue_age, [
      { severity: 'critical', at: 5 * minutes },
      { severity: 'warning', at: minutes },
    ]),
    failures: shares(value.failures, [0.75, 0.25]),
    windowMs: duration(value.window, hours),
    least: value.least ?? 20,
  })),
  vault: reading(PROBES.vault, (value) => ({
    kind: 'vault',
    secrets: readNames(value.secrets, value.except),
    find: value.find ?? VAULT_FAULTS,
  })),
  function: reading(PROBES.function, (value) => ({
    kind: 'function',
    functions: readNames(value.functions, value.except),
    find: value.find ?? FUNCTION_FAULTS,
    failures: shares(value.failures, [0.6, 0.2]),
    windowMs: duration(value.window, hours),
    least: value.least ?? 5,
  })),
  workflow: reading(PROBES.workflow, (value) => ({
    kind: 'workflow',
    files: [...new Set(value.files)].sort(),
    find: value.find ?? WORKFLOW_FAULTS.filter((fault) => fault !== 'late' || value.max_age !== undefined),
    maxAge: durations(value.max_age),
    failing: readLevels(value.failing, Number, [{ severity: null, at: 1 }]),
    stuckMs: duration(value.stuck, 6 * hours),
    branch: value.branch ?? null,
  })),
  provider: reading(PROBES.provider, (value) => ({
    kind: 'provider',
    name: value.name,
    credits: readLevels(value.credits, Number),
    keyLimit: readLevels(value.key_limit, Number),
    cacheAge: durations(value.cache_age),
    breakers: value.breakers ?? true,
  })),
  batch: reading(PROBES.batch, (value) => ({
    kind: 'batch',
    batches: readNames(value.batches, value.except),
    stalled: durations(value.stalled),
    silent: durations(value.silent),
    failures: readLevels(value.failures, Number),
    authErrors: value.auth_errors ?? true,
  })),
};

/** The probe and what it is told. Null when something in `value` is wrong (reported). */
export function readProbe(
  kind: ProbeKind,
  value: unknown,
  under: ValuePath,
  report: ReportFinding,
): ProbeConfig | null {
  // `pg_net:` with nothing behind it asks for the defaults.
  return READERS[kind](value ?? {}, under, report);
}

export function isProbeKind(key: string): key is ProbeKind {
  return Object.hasOwn(PROBES, key);
}

function duration(written: string | undefined, usual: number): number {
  return written === undefined ? usual : parseDuration(written);
}

function durations(written: LevelsValue<string> | undefined, usual: Levels = []): Levels {
  return readLevels(written, parseDuration, usual);
}

function shares(
  written: LevelsValue<string> | undefined,
  [critical, warning]: readonly [number, number],
): Levels {
  return readLevels(written, readShare, [
    { severity: 'critical', at: critical },
    { severity: 'warning', at: warning },
  ]);
}
