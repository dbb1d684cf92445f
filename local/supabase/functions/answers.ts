/**
 * What the platform answers in place of a function. Bodies, statuses and headers are those of the gateway the supabase CLI
 * 3.1.0 serves functions with; `sb-error-code` and IDLE_TIMEOUT as in https://supabase.com/docs/guides/functions/error-codes
 */
import type { FunctionAnswer } from './call.ts';

/** Why a token is refused. */
export type AuthFailure =
  | 'UNAUTHORIZED_NO_AUTH_HEADER'
  | 'UNAUTHORIZED_INVALID_JWT_FORMAT'
  | 'UNAUTHORIZED_JWT'
  | 'UNAUTHORIZED_ASYMMETRIC_JWT'
  | 'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM';

/** Why a function has no answer of its own. */
export type WorkerFailure = 'BOOT_ERROR' | 'WORKER_ERROR' | 'WORKER_LIMIT' | 'IDLE_TIMEOUT';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, x-client-info, apikey',
  'access-control-expose-headers': 'sb-error-code',
};

const WORKER_FAILURES: Readonly<
  Record<WorkerFailure, { readonly status: number; readonly message: string }>
> = {
  BOOT_ERROR: { status: 503, message: 'Worker failed to boot (please check logs)' },
  WORKER_ERROR: { status: 500, message: 'Function exited due to an error (please check logs)' },
  WORKER_LIMIT: {
    status: 546,
    message: 'Worker failed to respond due to a resource limit (please check logs)',
  },
  IDLE_TIMEOUT: { status: 504, message: 'Function did not respond within the request idle timeout' },
};

/** 404: no such function. */
export function functionNotFound(): FunctionAnswer {
  return { status: 404, headers: { ...CORS, 'content-type': 'text/plain' }, body: 'Function not found' };
}

/** 405: a method the platform doesn't pass on. */
export function methodNotAllowed(): FunctionAnswer {
  return {
    status: 405,
    headers: { ...CORS, 'content-type': 'text/plain', allow: 'GET, POST, PUT, PATCH, DELETE, OPTIONS' },
    body: 'Method not allowed',
  };
}

/** 401: the gateway's check of the token failed. */
export function unauthorized(code: AuthFailure, message = 'Invalid JWT'): FunctionAnswer {
  return withCode(401, code, { code, message, msg: message });
}

/** The answer for a function that could not give one. */
export function workerFailure(code: WorkerFailure): FunctionAnswer {
  const { status, message } = WORKER_FAILURES[code];
  return withCode(status, code, { code, message });
}

/** Health of the host. */
export function healthy(): FunctionAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'ok' }),
  };
}

function withCode(status: number, code: string, body: unknown): FunctionAnswer {
  return {
    status,
    headers: { ...CORS, 'content-type': 'application/json', 'sb-error-code': code },
    body: JSON.stringify(body),
  };
}
