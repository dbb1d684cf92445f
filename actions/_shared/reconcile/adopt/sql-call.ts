import { holdsSecret, redactSecrets } from '../redact.ts';
import type { FoundSecrets } from './found-secrets.ts';
import type { ReadCall } from './request-call.ts';

// The same shapes `redactSecrets` cuts out, but only those a lookup can take the place of inside a string literal.
const TOKEN =
  /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|\bsb_secret_[A-Za-z0-9_-]{8,}|\bsbp_[A-Za-z0-9]{20,}|(?<=bearer\s+)[A-Za-z0-9._~+/=-]{6,}/gi;

/**
 * A command as an SQL call. Tokens in string literals become lookups in the Vault; whatever still looks like a secret
 * then is cut out, because the file goes into git.
 */
export function sqlCall(command: string, secrets: FoundSecrets): ReadCall {
  const references: string[] = [];
  const replaced = command
    .trim()
    .replace(/'(?:[^']|'')*'/g, (literal) =>
      literal.replace(TOKEN, '') === literal ? literal : `(${withLookups(literal, secrets, references)})`,
    );
  const notes: string[] = [];
  if (holdsSecret(replaced)) {
    notes.push(
      'A secret that could not be moved into the Vault was cut out ([redacted]): complete the statement by hand',
    );
  }
  return { call: { sql: `${redactSecrets(replaced).replace(/[ \t]+$/gm, '')}\n` }, notes, references };
}

function withLookups(literal: string, secrets: FoundSecrets, references: string[]): string {
  return literal.replace(TOKEN, (value) => {
    const name = secrets.add(value, 'token');
    references.push(name);
    return `' || (select decrypted_secret from vault.decrypted_secrets where name = '${name}') || '`;
  });
}
