import { GitHubError } from './github-error.ts';
import type { OperationId } from './operations.ts';

/** What can go wrong out there. */
export type FaultKind =
  /** 403 with `retry-after`; nothing happened. */
  | 'secondary_limit'
  /** 429 with `retry-after`; nothing happened. */
  | 'too_many_requests'
  /** 403 of a token that used up its hour; nothing happened. */
  | 'rate_limit'
  /** 502; nothing happened. */
  | 'bad_gateway'
  /** 502, and it did happen. */
  | 'bad_gateway_after_write'
  /** The connection breaks; nothing happened. */
  | 'lost_request'
  /** The connection breaks, and it did happen. */
  | 'lost_answer';

/** A fault waiting for calls of an operation. */
export interface Fault {
  readonly operation: OperationId | 'any';
  readonly kind: FaultKind;
  /** How many calls fail. */
  times: number;
  /** What `retry-after` says, in seconds; default 1. */
  readonly retryAfter?: number;
}

/** Faults by chance, the same ones for the same seed and the same order of calls. */
export interface Chaos {
  readonly seed: number;
  /** Share of calls that fail, 0 to 1. */
  readonly rate: number;
  /** Default: every kind. `stale_list`: the lists of the next `staleMs` show the world of now. */
  readonly kinds?: readonly (FaultKind | 'stale_list')[];
  /** Default: every operation. */
  readonly operations?: readonly OperationId[];
  readonly retryAfter?: number;
  /** Default: 1,000. */
  readonly staleMs?: number;
}

/** A fault that strikes a call now. */
export interface Strike {
  readonly kind: FaultKind | 'stale_list';
  readonly retryAfter: number;
  readonly staleMs: number;
}

/** What is to go wrong. */
export interface FaultPlan {
  readonly fail: (fault: Fault) => void;
  /** Returns how to stop it. */
  readonly failAtRandom: (chaos: Chaos) => () => void;
  /** The fault for a call of this operation, if it is its turn. */
  readonly next: (operation: string) => Strike | null;
}

const EVERY_KIND: readonly (FaultKind | 'stale_list')[] = [
  'secondary_limit',
  'too_many_requests',
  'bad_gateway',
  'bad_gateway_after_write',
  'lost_request',
  'lost_answer',
  'stale_list',
];

/** A plan with nothing in it. */
export function createFaultPlan(): FaultPlan {
  const faults: Fault[] = [];
  const chances = new Set<() => Strike | null>();
  const byOperation = new WeakMap<() => Strike | null, Chaos>();
  return {
    fail: (fault) => void faults.push(fault),
    failAtRandom: (chaos) => {
      const roll = dice(chaos);
      byOperation.set(roll, chaos);
      chances.add(roll);
      return () => chances.delete(roll);
    },
    next: (operation) => {
      const fault = faults.find(
        (each) => each.times > 0 && (each.operation === 'any' || each.operation === operation),
      );
      if (fault !== undefined) {
        fault.times -= 1;
        return { kind: fault.kind, retryAfter: fault.retryAfter ?? 1, staleMs: 0 };
      }
      for (const roll of chances) {
        const wanted = byOperation.get(roll)?.operations;
        if (wanted !== undefined && !wanted.some((each) => each === operation)) continue;
        const strike = roll();
        if (strike !== null) return strike;
      }
      return null;
    },
  };
}

function dice({
  seed,
  rate,
  kinds = EVERY_KIND,
  retryAfter = 1,
  staleMs = 1_000,
}: Chaos): () => Strike | null {
  const random = seededRandom(seed);
  return () => {
    if (random() >= rate) return null;
    const kind = kinds[Math.floor(random() * kinds.length)];
    return kind === undefined ? null : { kind, retryAfter, staleMs };
  };
}

/** Numbers from 0 to 1 that only look random (mulberry32, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** True when the call is carried out although it fails. */
export function happensAnyway(kind: FaultKind): boolean {
  return kind === 'bad_gateway_after_write' || kind === 'lost_answer';
}

/** The answer of a fault, worded as GitHub words it: clients look at the text. Null: there is none, the line is cut. */
export function faultAnswer({
  kind,
  retryAfter,
}: {
  readonly kind: FaultKind;
  readonly retryAfter: number;
}): GitHubError | null {
  switch (kind) {
    case 'secondary_limit':
    case 'too_many_requests':
      return new GitHubError(
        kind === 'secondary_limit' ? 403 : 429,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        { headers: { 'retry-after': String(retryAfter) } },
      );
    case 'rate_limit':
      return rateLimited(new Date(Date.now() + retryAfter * 1_000));
    case 'bad_gateway':
    case 'bad_gateway_after_write':
      return new GitHubError(502, 'Server Error');
    case 'lost_request':
    case 'lost_answer':
      return null;
  }
}

/** 403 of a token whose hour is used up until then. */
export function rateLimited(reset: Date): GitHubError {
  return new GitHubError(403, 'API rate limit exceeded for installation.', {
    headers: {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(reset.getTime() / 1_000)),
    },
  });
}
