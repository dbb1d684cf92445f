import { createHmac, randomBytes } from 'node:crypto';
import type { HmacBlocks, SecretProbe } from '../database/vault-secrets.ts';
import type { Diagnostic, SecretDeclaration } from '../declare/model.ts';

/** The value an environment variable holds for a secret; an empty one counts as unset. */
export function secretValue(
  secret: SecretDeclaration,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const value = env[secret.valueEnv];
  return value === '' ? undefined : value;
}

/**
 * What is wrong with a value, without repeating it: white space (a pasted line break becomes part of a header), or a
 * shape other than declared (a URL without its scheme makes pg_net report "out of memory").
 */
export function checkValue(secret: SecretDeclaration, value: string): Diagnostic | undefined {
  const found = /\s/.test(value)
    ? {
        code: 'secret-white-space',
        what: 'holds white space',
        hint: 'Set it again without spaces and line breaks',
      }
    : secret.shape !== undefined && !new RegExp(secret.shape, 'u').test(value)
      ? {
          code: 'secret-shape',
          what: `does not match ${secret.shape}`,
          hint: `Set ${secret.valueEnv} to a value of that shape, or correct the shape`,
        }
      : undefined;
  if (found === undefined) return undefined;
  return {
    severity: 'error',
    code: found.code,
    message: `The value of secret ${secret.name} (variable ${secret.valueEnv}) ${found.what}`,
    hint: found.hint,
    location: secret.location,
  };
}

/**
 * Keyed digests of values, and the key blocks the database needs to build the same. A new key each time: what a log or
 * an onlooker may catch compares nothing else.
 */
export function probeSecrets(values: readonly { readonly name: string; readonly value: string }[]): {
  readonly probes: readonly SecretProbe[];
  readonly blocks: HmacBlocks;
} {
  const key = randomBytes(64);
  return {
    probes: values.map(({ name, value }) => ({
      name,
      hmac: createHmac('sha256', key).update(value, 'utf8').digest('hex'),
    })),
    blocks: { inner: padded(key, 0x36), outer: padded(key, 0x5c) },
  };
}

function padded(key: Buffer, pad: number): string {
  return Buffer.from(key.map((byte) => byte ^ pad)).toString('hex');
}
