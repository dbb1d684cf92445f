import { GitHubError } from './github-error.ts';
import type { OperationId } from './operations.ts';

/** What can go wrong out there. */
export type FaultKind =
  /** 403 with `retry-after`; nothing happened. */
  | 'secondary_limit'
  /** 429 with `retry-after`; nothing happened. */
  | 'too_many_requests'
  /** 502; nothing happened. */
  | 'bad_gateway'
  /** 502, and it did happen. */
  | 'bad_gateway_after_write';

/** A fault waiting for calls of an operation. */
export interface Fault {
  readonly operation: OperationId;
  readonly kind: FaultKind;
  /** How many calls fail. */
  times: number;
}

/** Takes the next waiting fault of an operation. */
export function takeFault(faults: readonly Fault[], operation: string): FaultKind | null {
  const fault = faults.find((item) => item.operation === operation && item.times > 0);
  if (fault === undefined) return null;
  fault.times -= 1;
  return fault.kind;
}

/** True when the call is carried out although it fails. */
export function happensAnyway(kind: FaultKind): boolean {
  return kind === 'bad_gateway_after_write';
}

/** The answer of a fault, worded as GitHub words it: clients look at the text. */
export function faultAnswer(kind: FaultKind): GitHubError {
  switch (kind) {
    case 'secondary_limit':
      return new GitHubError(
        403,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        {
          headers: { 'retry-after': '1' },
        },
      );
    case 'too_many_requests':
      return new GitHubError(
        429,
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        {
          headers: { 'retry-after': '1' },
        },
      );
    case 'bad_gateway':
    case 'bad_gateway_after_write':
      return new GitHubError(502, 'Server Error');
  }
}
