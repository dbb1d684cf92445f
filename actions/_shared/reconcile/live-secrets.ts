import type { VaultSecret } from '../database/vault-secrets.ts';
import { fieldsDigest } from './digest.ts';

/** What is known of the Vault. */
export interface LiveSecrets {
  readonly rows: readonly VaultSecret[];
  /** Whether a stored secret holds the value of its environment variable. */
  readonly same: ReadonlyMap<string, boolean>;
  /** Stored, but it can't be decrypted: written past the API, or restored under another root key. */
  readonly unreadable: ReadonlySet<string>;
}

/** Identity of a stored secret's state: Vault moves `updated_at` with every write. */
export function secretDigest(row: VaultSecret): string {
  return fieldsDigest([row.description, row.updated_at]);
}
