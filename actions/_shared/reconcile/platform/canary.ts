import { setTimeout as sleep } from 'node:timers/promises';
import { functionsUrlOf, type Platform } from './platform.ts';

/** What became of a call without credentials. */
export type CanaryVerdict =
  /** 401: it asks who is calling. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'answered'; readonly status: number }
  /** It could not be told. */
  | { readonly kind: 'unknown'; readonly why: string };

const TRIES = 5;
const ANSWER_MS = 15_000;
/** A new function is not everywhere at once, and starts on its first call. */
const PASSING = new Set([404, 429, 500, 502, 503, 504, 546]);

/** Calls a function as anybody on the internet could. Every function of ours answers 401 to that, whatever it is for. */
export async function callWithoutCredentials(platform: Platform, slug: string): Promise<CanaryVerdict> {
  let verdict: CanaryVerdict = { kind: 'unknown', why: 'it was not called' };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    if (tries > 1) await (platform.pause ?? sleep)(250 * 2 ** tries);
    verdict = await callOnce(platform, slug);
    if (verdict.kind !== 'unknown') return verdict;
  }
  return verdict;
}

async function callOnce(platform: Platform, slug: string): Promise<CanaryVerdict> {
  try {
    const response = await fetch(`${functionsUrlOf(platform)}/${slug}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { status } = response;
    await response.body?.cancel();
    if (status === 401) return { kind: 'refused' };
    return PASSING.has(status)
      ? { kind: 'unknown', why: `it answered ${status}` }
      : { kind: 'answered', status };
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    return { kind: 'unknown', why: late ? 'it did not answer in time' : 'there was no connection' };
  }
}
