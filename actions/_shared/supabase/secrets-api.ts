import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ConfigurationError } from '../io/errors.ts';
import type { ManagementClient } from './management-client.ts';

/** A secret of the project's functions. Its value never comes back, only the SHA-256 of it. */
export const EdgeSecret = z
  .object({ name: z.string(), value: z.string(), updated_at: z.string().nullish() })
  .transform(({ name, value, updated_at: updatedAt }) => ({
    name,
    digest: value,
    updatedAt: updatedAt === null || updatedAt === undefined ? null : new Date(updatedAt),
  }));
/** A secret of the project's functions. */
export type EdgeSecret = z.infer<typeof EdgeSecret>;

/** Secrets a project may have, and how long they may be. https://supabase.com/docs/guides/functions/limits */
const MOST_AT_ONCE = 100;
const LONGEST_NAME = 256;
const LONGEST_VALUE = 24_576;

/** The digest the API shows for a value: 64 hexadecimal characters. */
export function secretDigest(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** All secrets, the platform's own (`SUPABASE_…`) among them. */
export async function listSecrets(client: ManagementClient): Promise<EdgeSecret[]> {
  return z
    .array(EdgeSecret)
    .parse(await client.send({ method: 'GET', path: '/secrets', what: 'list the secrets' }));
}

/** Sets secrets, all in one request. @throws ConfigurationError naming a name that can't be set, never a value */
export async function setSecrets(
  client: ManagementClient,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return;
  if (entries.length > MOST_AT_ONCE)
    throw new ConfigurationError(`More than ${MOST_AT_ONCE} secrets at once.`);
  for (const [name, value] of entries) checkSecret(name, value);
  await client.send({
    method: 'POST',
    path: '/secrets',
    json: entries.map(([name, value]) => ({ name, value })),
    what: `set the secrets ${entries.map(([name]) => name).join(', ')}`,
  });
}

function checkSecret(name: string, value: string): void {
  if (name.startsWith('SUPABASE_')) {
    throw new ConfigurationError(`The secret ${name} can't be set: the platform sets names with SUPABASE_.`, {
      hint: 'Give it another name.',
    });
  }
  if (name === '' || name.length > LONGEST_NAME)
    throw new ConfigurationError(`The name of a secret has 1 to ${LONGEST_NAME} characters.`);
  if (value.length > LONGEST_VALUE) {
    throw new ConfigurationError(
      `The value of the secret ${name} is longer than ${LONGEST_VALUE} characters.`,
    );
  }
}

/** Removes secrets; those that are not there stay gone. */
export async function unsetSecrets(client: ManagementClient, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await client.send({
    method: 'DELETE',
    path: '/secrets',
    json: names,
    what: `remove the secrets ${names.join(', ')}`,
  });
}
