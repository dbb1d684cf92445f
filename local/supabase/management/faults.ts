import { ManagementError } from './api-error.ts';
import type { OperationId } from './description.ts';

/** What can go wrong out there. */
export type FaultKind =
  /** 429; nothing happened. */
  | 'too_many_requests'
  /** 500; nothing happened. */
  | 'server_error'
  /** 500, and it did happen. */
  | 'server_error_after_write'
  /** 402: a limit of the plan; nothing happened. */
  | 'payment_required'
  /** The connection breaks; nothing happened. */
  | 'disconnect'
  /** It works, but takes `delayMs`. */
  | 'slow';

/** A fault waiting for calls of an operation. */
export interface Fault {
  readonly operation: OperationId;
  readonly kind: FaultKind;
  /** How many calls fail. */
  times: number;
  readonly delayMs?: number;
  /** Only calls for this function. */
  readonly slug?: string;
}

/** Takes the next waiting fault of a call. */
export function takeFault(
  faults: readonly Fault[],
  call: { readonly operation: OperationId; readonly slug: string | null },
): Fault | null {
  const fault = faults.find(
    (item) =>
      item.operation === call.operation &&
      item.times > 0 &&
      (item.slug === undefined || item.slug === call.slug),
  );
  if (fault === undefined) return null;
  fault.times -= 1;
  return fault;
}

/** True when the call is carried out although it fails. */
export function happensAnyway(kind: FaultKind): boolean {
  return kind === 'server_error_after_write' || kind === 'slow';
}

/** The answer of a fault; null when it has none of its own. */
export function faultAnswer(kind: FaultKind): ManagementError | null {
  switch (kind) {
    case 'too_many_requests':
      return new ManagementError(429, 'ThrottlerException: Too Many Requests');
    case 'server_error':
    case 'server_error_after_write':
      return new ManagementError(500, 'Internal server error');
    case 'payment_required':
      return new ManagementError(402, 'Max number of functions reached for project');
    case 'disconnect':
    case 'slow':
      return null;
  }
}
