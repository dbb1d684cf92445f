import { redactText } from '../log/log.ts';

/** Longest error kept with a job, in characters. */
export const LONGEST_ERROR = 2000;

const passwordInUrl = /([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s@/]+@/gi;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;

/**
 * What was thrown as text that may be kept: name, message and causes, without a stack (it holds paths and changes from
 * release to release), bounded, and without what looks like a credential or is one of `secrets`.
 */
export function describeError(thrown: unknown, secrets: readonly string[] = []): string {
  const parts: string[] = [];
  let current = thrown;
  while (parts.length < 4 && current !== undefined && current !== null) {
    parts.push(describeOne(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return bound(redactSecrets(parts.join('; because: ') || 'unknown error', secrets));
}

/** The text without credentials. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) if (secret.length >= 4) safe = safe.replaceAll(secret, '[redacted]');
  return redactText(safe.replaceAll(passwordInUrl, '$1:[redacted]@').replaceAll(bearer, '$1 [redacted]'));
}

function describeOne(thrown: unknown): string {
  if (thrown instanceof Error) {
    const message = thrown.message.slice(0, 2 * LONGEST_ERROR);
    return thrown.name === 'Error' || message.startsWith(thrown.name)
      ? message || thrown.name
      : `${thrown.name}: ${message}`;
  }
  return String(typeof thrown === 'object' ? 'something that is no Error was thrown' : thrown).slice(
    0,
    2 * LONGEST_ERROR,
  );
}

function bound(text: string): string {
  // A character PostgreSQL's text cannot hold.
  const storable = text.replaceAll('\u0000', '\\0').toWellFormed();
  return storable.length <= LONGEST_ERROR
    ? storable
    : `${storable.slice(0, LONGEST_ERROR - 1)}…`.toWellFormed();
}
