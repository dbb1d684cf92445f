import { HttpProblem } from './problem.ts';

/**
 * The request's `Idempotency-Key`: the same key asks for the same thing to be done once.
 *
 * @throws HttpProblem 400 for a key that is empty, longer than 255 characters or not printable ASCII
 */
export function idempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HttpProblem(
    400,
    'invalid_idempotency_key',
    'An idempotency key has 1 to 255 printable characters.',
  );
}
