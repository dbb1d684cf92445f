import * as z from 'zod';

const Amount = z.object({ data: z.object({ total_credits: z.number(), total_usage: z.number() }) });
/** `limit_remaining` is null for a key without a limit of its own. */
const Key = z.object({ data: z.object({ limit_remaining: z.number().nullable() }) });

/** What the provider's caches hold, as rows. */
export interface ProviderState {
  readonly credits: readonly CacheRow[];
  readonly keys: readonly CacheRow[];
  readonly breakers: readonly BreakerRow[];
}

export interface CacheRow {
  readonly base_url: string;
  readonly fetched_at: string;
  readonly payload: unknown;
}

export interface BreakerRow {
  readonly model: string;
  readonly is_open: boolean;
  readonly open_until: string | null;
  readonly failure_streak: number;
  readonly last_status: number | null;
}

/** When to worry: US dollars, and minutes. */
export interface Thresholds {
  readonly minCredits: number;
  readonly minKeyLimit: number;
  readonly maxCacheAge: number;
}

/** Something that is wrong now. What is absent from the list of a whole check is right again. */
export interface Finding {
  readonly kind: 'openrouter_credits' | 'openrouter_key' | 'openrouter_cache' | 'openrouter_breaker';
  readonly dedupeKey: string;
  readonly severity: 'warning' | 'critical';
  readonly title: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Every dedupe key this check owns starts so. */
export const PREFIX = 'openrouter:';

/**
 * Judge what the caches say. Pure.
 *
 * @param now milliseconds since 1970
 */
export function judge(state: ProviderState, thresholds: Thresholds, now: number): readonly Finding[] {
  return [
    ...state.credits.flatMap((row) => [
      ...judgeAge('credits', row, thresholds, now),
      ...judgeCredits(row, thresholds),
    ]),
    ...state.keys.flatMap((row) => [...judgeAge('key', row, thresholds, now), ...judgeKey(row, thresholds)]),
    ...absent('credits', state.credits),
    ...absent('key', state.keys),
    ...state.breakers.flatMap(judgeBreaker),
  ];
}

function judgeCredits({ base_url, payload }: CacheRow, { minCredits }: Thresholds): Finding[] {
  const parsed = Amount.safeParse(payload);
  if (!parsed.success) return [unreadable('credits', base_url)];
  const left = parsed.data.data.total_credits - parsed.data.data.total_usage;
  if (left >= minCredits) return [];
  return [
    {
      kind: 'openrouter_credits',
      dedupeKey: `${PREFIX}credits:${base_url}`,
      severity: left <= minCredits / 4 ? 'critical' : 'warning',
      title: left <= 0 ? 'OpenRouter credits are used up' : 'OpenRouter credits run low',
      message: `${left.toFixed(2)} USD left of ${parsed.data.data.total_credits.toFixed(2)}; the limit is ${minCredits.toFixed(2)}. Top up the account.`,
      details: { base_url, left, min_credits: minCredits },
    },
  ];
}

function judgeKey({ base_url, payload }: CacheRow, { minKeyLimit }: Thresholds): Finding[] {
  const parsed = Key.safeParse(payload);
  if (!parsed.success) return [unreadable('key', base_url)];
  const left = parsed.data.data.limit_remaining;
  if (left === null || left >= minKeyLimit) return [];
  return [
    {
      kind: 'openrouter_key',
      dedupeKey: `${PREFIX}key:${base_url}`,
      severity: left <= 0 ? 'critical' : 'warning',
      title: left <= 0 ? 'The OpenRouter key has reached its limit' : 'The OpenRouter key is near its limit',
      message: `${left.toFixed(2)} USD of the key's own limit are left; the limit is ${minKeyLimit.toFixed(2)}. Raise the limit of the key.`,
      details: { base_url, left, min_key_limit: minKeyLimit },
    },
  ];
}

function judgeAge(
  cache: 'credits' | 'key',
  row: CacheRow,
  { maxCacheAge }: Thresholds,
  now: number,
): Finding[] {
  const minutes = (now - Date.parse(row.fetched_at)) / 60_000;
  if (minutes <= maxCacheAge) return [];
  return [
    {
      kind: 'openrouter_cache',
      dedupeKey: `${PREFIX}cache:${cache}:${row.base_url}`,
      severity: 'warning',
      title: `The OpenRouter ${cache} cache is stale`,
      message: `Last fetched ${Math.round(minutes)} minutes ago, ${maxCacheAge} are allowed. What it says may not be true any more; look at openrouter-refresh.`,
      details: { base_url: row.base_url, fetched_at: row.fetched_at, max_cache_age: maxCacheAge },
    },
  ];
}

/** No row is no health: nobody has fetched it yet, or somebody emptied the table. */
function absent(cache: 'credits' | 'key', rows: readonly CacheRow[]): Finding[] {
  if (rows.length > 0) return [];
  return [
    {
      kind: 'openrouter_cache',
      dedupeKey: `${PREFIX}cache:${cache}`,
      severity: 'warning',
      title: `The OpenRouter ${cache} cache is empty`,
      message: 'Nothing is known of it: run openrouter-refresh.',
      details: {},
    },
  ];
}

function unreadable(cache: 'credits' | 'key', baseUrl: string): Finding {
  return {
    kind: 'openrouter_cache',
    dedupeKey: `${PREFIX}cache:${cache}:${baseUrl}:shape`,
    severity: 'warning',
    title: `The OpenRouter ${cache} cache holds something else`,
    message: "It does not have the shape of the provider's answer: look at openrouter-refresh.",
    details: { base_url: baseUrl },
  };
}

function judgeBreaker(row: BreakerRow): Finding[] {
  if (!row.is_open) return [];
  return [
    {
      kind: 'openrouter_breaker',
      dedupeKey: `${PREFIX}breaker:${row.model}`,
      severity: 'critical',
      title: `The circuit breaker of ${row.model} is open`,
      message: `${row.failure_streak} failures in a row, the last with status ${row.last_status ?? 'unknown'}; closed to calls until ${row.open_until ?? 'somebody resets it'}.`,
      details: { model: row.model, open_until: row.open_until, failure_streak: row.failure_streak },
    },
  ];
}
