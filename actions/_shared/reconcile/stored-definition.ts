import * as z from 'zod';
import { lazily } from '../declare/lazily.ts';
import type { JobDefinition } from '../declare/model.ts';
import { canonicalJson } from './canonical-json.ts';
import { jobFields } from './job-fields.ts';
import type { ObjectFields } from './model.ts';
import { redactSecrets } from './redact.ts';

/** A definition as the database holds it; somebody may have edited it, so it is parsed like any foreign value. */
const storedDefinition = lazily(() => {
  const Auth = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('run_token') }),
    z.object({ kind: z.literal('header'), header: z.string(), secret: z.string() }),
    z.object({ kind: z.literal('bearer'), secret: z.string() }),
    z.object({ kind: z.literal('apikey'), secret: z.string() }),
  ]);

  const Call = z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('http'),
      function: z.string().exactOptional(),
      method: z.enum(['get', 'post', 'delete']),
      url: z.string().exactOptional(),
      url_secret: z.string().exactOptional(),
      path: z.string().exactOptional(),
      headers: z.record(z.string(), z.string()),
      body: z.unknown().optional(),
      auth: z.array(Auth),
      timeout_ms: z.number(),
    }),
    z.object({ kind: z.literal('sql'), sql: z.string(), timeout_ms: z.number() }),
    z.object({
      kind: z.literal('enqueue'),
      task_type: z.string(),
      payload: z.unknown(),
      max_attempts: z.number(),
      await_report: z.boolean(),
    }),
  ]);

  const Schedule = z.object({
    source: z.string(),
    expression: z.string(),
    kind: z.enum(['cron', 'interval', 'reboot']),
    timezone: z.string(),
    seconds: z.number().exactOptional(),
    match: z
      .object({
        minutes_low: z.number(),
        minutes_high: z.number(),
        hours: z.number(),
        days: z.number(),
        months: z.number(),
        weekdays: z.number(),
        either_day: z.boolean(),
        last_day: z.boolean(),
        fixed_time: z.boolean(),
      })
      .exactOptional(),
  });
  return z.object({
    schedule: Schedule,
    call: Call,
    owner: z.string().exactOptional(),
    description: z.string().exactOptional(),
    retry: z
      .object({
        attempts: z.number(),
        backoff_ms: z.number(),
        on: z.array(z.enum(['4xx', '429', '5xx', 'timeout', 'network', 'lost', 'sql', 'report'])),
      })
      .exactOptional(),
    overlap: z.enum(['skip', 'queue_one', 'allow']).exactOptional(),
    misfire: z.enum(['skip', 'once', 'all']).exactOptional(),
    expect: z
      .object({
        within_ms: z.number().exactOptional(),
        max_duration_ms: z.number().exactOptional(),
        min_success: z.object({ ratio: z.number(), window_ms: z.number() }).exactOptional(),
        report: z.boolean().exactOptional(),
      })
      .exactOptional(),
    alert: z
      .object({
        after: z.number(),
        severity: z.enum(['info', 'warning', 'critical']),
        runbook: z.string().exactOptional(),
      })
      .exactOptional(),
  });
});

/** The stored definition as ours, or `undefined` when it is none. */
export function parseStoredDefinition(stored: unknown): JobDefinition | undefined {
  const parsed = storedDefinition().safeParse(stored);
  return parsed.success ? parsed.data : undefined;
}

/** Fields of a stored definition; of one we can't read, its text. */
export function storedFields(stored: unknown): ObjectFields {
  const definition = parseStoredDefinition(stored);
  const fields = definition === undefined ? { definition: canonicalJson(stored) } : jobFields(definition);
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      field,
      typeof value === 'string' ? redactSecrets(value) : value,
    ]),
  );
}
