import type { CallAuth, JobCall, JobDefinition } from '../declare/model.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ObjectFields } from './model.ts';

/**
 * What people compare of a job: short texts by field, only those that are set. Also takes a stored definition that was
 * edited by hand, so nothing in here may throw on odd values.
 */
export function jobFields(definition: JobDefinition): ObjectFields {
  const { schedule, call } = definition;
  return {
    schedule: schedule.source,
    timezone: schedule.timezone,
    ...callFields(call),
    ...present('description', definition.description),
    ...present('owner', definition.owner),
    ...(definition.retry === undefined ? {} : { retry: retryText(definition.retry) }),
    ...present('overlap', definition.overlap),
    ...present('misfire', definition.misfire),
    ...(definition.expect === undefined ? {} : { expect: canonicalJson(definition.expect) }),
    ...(definition.alert === undefined ? {} : { alert: canonicalJson(definition.alert) }),
  };
}

function present(field: string, value: string | undefined): ObjectFields {
  return value === undefined ? {} : { [field]: value };
}

function callFields(call: JobCall): ObjectFields {
  switch (call.kind) {
    case 'http':
      return {
        call: `${call.function === undefined ? 'http' : `function ${call.function}`}`,
        request: `${call.method} ${call.url ?? `{${call.url_secret}}${call.path ?? ''}`}`,
        ...(call.body === undefined ? {} : { body: canonicalJson(call.body) }),
        ...(Object.keys(call.headers).length === 0 ? {} : { headers: canonicalJson(call.headers) }),
        auth: call.auth.length === 0 ? 'none' : call.auth.map(authText).join(', '),
        timeout: durationText(call.timeout_ms),
      };
    case 'sql':
      return { call: 'sql', sql: call.sql, timeout: durationText(call.timeout_ms) };
    case 'enqueue':
      return {
        call: `enqueue ${call.task_type}`,
        payload: canonicalJson(call.payload),
        max_attempts: call.max_attempts,
        ...(call.await_report ? { await_report: true } : {}),
      };
  }
}

function authText(auth: CallAuth): string {
  switch (auth.kind) {
    case 'run_token':
      return 'run_token';
    case 'header':
      return `${auth.header} from ${auth.secret}`;
    case 'bearer':
      return `bearer from ${auth.secret}`;
    case 'apikey':
      return `apikey from ${auth.secret}`;
  }
}

function retryText(retry: NonNullable<JobDefinition['retry']>): string {
  return `${retry.attempts} attempts, ${durationText(retry.backoff_ms)}, on ${retry.on.join(', ')}`;
}

/** `90000` as `90s`, `3600000` as `1h`: the largest unit that divides it. */
export function durationText(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const;
  for (const [unit, size] of units) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return `${milliseconds}ms`;
}
