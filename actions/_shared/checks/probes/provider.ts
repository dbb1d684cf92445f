/** A provider that is paid for, from its caches: credit that runs out, keys near their limit, caches that are old, breakers that are open. */
import { type OpenRouterState, probeOpenRouter } from '../statements.ts';
import { atLeast, atMost, type Reached } from './judge-levels.ts';
import { type Blindness, type CheckOf, type Fault, looked, type Probe } from './probe.ts';
import { words } from './words.ts';

type Config = CheckOf<'provider'>['config'];
type Unclear = Blindness & { readonly object: string };

export const providerProbe: Probe<'provider', OpenRouterState, undefined> = {
  kind: 'provider',
  read: (tx, _checks, { now }) => probeOpenRouter(tx, now),
  judge({ config }, { rows }) {
    const parts = [credits(rows, config), keys(rows, config), breakers(rows, config)];
    return looked(
      parts.flatMap(({ faults }) => faults),
      parts.flatMap(({ unclear }) => unclear),
    );
  },
};

interface Part {
  readonly faults: readonly Fault[];
  readonly unclear: readonly Unclear[];
}

function credits({ credits: caches }: OpenRouterState, config: Config): Part {
  if (config.credits.length === 0 && config.cacheAge.length === 0) return { faults: [], unclear: [] };
  if (caches.length === 0) return { faults: [], unclear: [neverAsked('credits')] };
  const unclear: Unclear[] = [];
  const faults = caches.flatMap((cache): Fault[] => {
    const object = `credits:${cache.base_url}`;
    const found = staleness('credits', cache, config);
    if (cache.total === null || cache.used === null) {
      unclear.push(unreadable(object));
      return found;
    }
    const left = cache.total - cache.used;
    const level = atMost(config.credits, left);
    return level === undefined
      ? found
      : [
          amount(object, level, {
            name: 'provider_credits_low',
            title: left <= 0 ? 'OpenRouter credits are used up' : 'OpenRouter credits run low',
            detail: `${dollars(left)} of ${dollars(cache.total)} are left; ${dollars(level.at)} is where it becomes bad.`,
            remediation: 'Top up the account at https://openrouter.ai/settings/credits.',
            evidence: {
              base_url: cache.base_url,
              left,
              total: cache.total,
              asked: `${words(cache.age_s * 1000)} ago`,
            },
          }),
          ...found,
        ];
  });
  return { faults, unclear };
}

function keys({ keys: caches }: OpenRouterState, config: Config): Part {
  if (config.keyLimit.length === 0 && config.cacheAge.length === 0) return { faults: [], unclear: [] };
  if (caches.length === 0) return { faults: [], unclear: [neverAsked('key')] };
  const unclear: Unclear[] = [];
  const faults = caches.flatMap((cache): Fault[] => {
    const object = `key:${cache.base_url}`;
    const found = staleness('key', cache, config);
    if (cache.is_readable !== true) unclear.push(unreadable(object));
    // A key without a limit of its own.
    const level = cache.left === null ? undefined : atMost(config.keyLimit, cache.left);
    return level === undefined || cache.left === null
      ? found
      : [
          amount(object, level, {
            name: 'provider_key_limit',
            title:
              cache.left <= 0
                ? 'The OpenRouter key has reached its limit'
                : 'The OpenRouter key is near its limit',
            detail: `${dollars(cache.left)} of the key's own limit are left; ${dollars(level.at)} is where it becomes bad.`,
            remediation: 'Raise the limit of the key, or wait until it is reset.',
            evidence: {
              base_url: cache.base_url,
              left: cache.left,
              asked: `${words(cache.age_s * 1000)} ago`,
            },
          }),
          ...found,
        ];
  });
  return { faults, unclear };
}

function breakers({ breakers: open }: OpenRouterState, config: Config): Part {
  if (!config.breakers) return { faults: [], unclear: [] };
  const faults = open.map(
    ({ model, open_until: until, failures, status, error }): Fault => ({
      object: `breaker:${model}`,
      name: 'provider_breaker_open',
      title: `${model} is not called for now`,
      detail: `The circuit breaker of ${model} opened after ${failures} failures in a row${status === null ? '' : `, the last with HTTP ${status}`}${error === null ? '.' : `: ${error}`}`,
      remediation:
        'See whether the provider has an incident or withdrew the model; the breaker closes with the first call that succeeds.',
      evidence: { model, open_until: until, failures, status },
    }),
  );
  return { faults, unclear: [] };
}

function staleness(
  cache: 'credits' | 'key',
  { base_url: url, age_s: age }: { readonly base_url: string; readonly age_s: number },
  { cacheAge }: Config,
): Fault[] {
  const level = atLeast(cacheAge, age * 1000);
  if (level === undefined) return [];
  return [
    amount(`${cache}:${url}`, level, {
      name: 'provider_cache_stale',
      title: `What is known of OpenRouter (${cache}) is old`,
      detail: `${url} was last asked ${words(age * 1000)} ago; nothing said since then is known.`,
      remediation: 'Look at the job that asks: is it awake, and does its key still open anything?',
      evidence: { base_url: url, cache, age: words(age * 1000) },
    }),
  ];
}

function amount(object: string, level: Reached, fault: Omit<Fault, 'object' | 'severity'>): Fault {
  return { object, severity: level.severity, ...fault };
}

function neverAsked(cache: 'credits' | 'key'): Unclear {
  return {
    object: cache,
    reason: `ops.openrouter_${cache}_cache is empty: nobody has ever asked.`,
    remediation: 'Let the job that fills it run once.',
  };
}

function unreadable(object: string): Unclear {
  return {
    object,
    reason: 'What the cache holds has none of the fields that were expected.',
    remediation: 'Look at its payload: the answer of the provider may have changed.',
  };
}

function dollars(amountLeft: number): string {
  return `${amountLeft.toFixed(2)} USD`;
}
