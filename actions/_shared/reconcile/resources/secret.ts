import type { Transaction } from '../../database/connect.ts';
import { errorCode, isConnectionLost } from '../../database/connection-errors.ts';
import { inSavepoint } from '../../database/transaction.ts';
import {
  createSecrets,
  deleteSecrets,
  matchSecrets,
  readSecrets,
  readSecretsOnBehalf,
  type SecretUpdate,
  type SecretValue,
  updateSecrets,
  type VaultSecret,
} from '../../database/vault-secrets.ts';
import type { DesiredState } from '../../declare/model.ts';
import { type LiveSecrets, secretDigest } from '../live-secrets.ts';
import { planSecrets } from '../plan-secrets.ts';
import { probeSecrets, secretValue } from '../secret-probe.ts';
import {
  type ApplyContext,
  type LedgerNote,
  oneAfterTheOther,
  type ReadContext,
  type Resource,
} from './resource.ts';

/** Vault secrets: created and updated through Vault's own functions, compared without the value leaving either side. */
export const secretResource: Resource<LiveSecrets> = {
  kind: 'secret',
  // A secret that can't be decrypted fails its statement, inside a savepoint.
  readsAlone: true,

  async read(tx, context) {
    const nothing = { same: new Map<string, boolean>(), unreadable: new Set<string>() };
    switch (context.capabilities.vault) {
      case 'absent':
      case 'closed':
        return { rows: [], ...nothing };
      case 'names':
        return { rows: await readSecretsOnBehalf(tx), ...nothing };
      case 'ready': {
        const rows = await readSecrets(tx);
        return { rows, ...(await compareValues(tx, rows, context)) };
      }
    }
  },

  plan: (live, context) => planSecrets(live, { ...context, desired: forVault(context.desired) }),

  apply: (tx, live, context) => oneAfterTheOther(store(tx, live, context)),

  async prune(tx, live, names) {
    const wanted = new Set(names);
    await deleteSecrets(
      tx,
      live.rows.filter((row) => wanted.has(row.name)).map((row) => row.id),
    );
  },
};

/** Without the secrets that only Edge Functions read. */
function forVault(desired: DesiredState): DesiredState {
  return { ...desired, secrets: desired.secrets.filter(({ vault }) => vault !== false) };
}

async function store(
  tx: Transaction,
  live: LiveSecrets,
  { desired, env, changes }: ApplyContext,
): Promise<readonly LedgerNote[]> {
  if (changes.length === 0) return [];
  const stored = new Map(live.rows.map((row) => [row.name, row]));
  const names = new Set(changes.map(({ change }) => change.name));
  const secrets = desired.secrets.filter((secret) => names.has(secret.name));
  const created: SecretValue[] = [];
  const updated: SecretUpdate[] = [];
  const broken: string[] = [];
  for (const secret of secrets) {
    const { name, description } = secret;
    const value = secretValue(secret, env);
    const row = stored.get(name);
    if (row !== undefined && !live.unreadable.has(name)) {
      const keeps = value === undefined || live.same.get(name) === true;
      if (!keeps || row.description !== description) {
        updated.push({ id: row.id, description, value: keeps ? null : value });
      }
      continue;
    }
    if (row !== undefined) broken.push(row.id);
    if (value !== undefined) created.push({ name, description, value });
  }
  await withoutValues(async () => {
    if (broken.length > 0) await deleteSecrets(tx, broken);
    if (created.length > 0) await createSecrets(tx, created);
    if (updated.length > 0) await updateSecrets(tx, updated);
  });
  const after = new Map((await readSecrets(tx)).map((row) => [row.name, row]));
  return secrets.flatMap((secret): LedgerNote[] => {
    const row = after.get(secret.name);
    if (row === undefined) throw new Error(`Vault did not keep secret ${secret.name}`);
    return [
      {
        name: row.name,
        digest: secretDigest(row),
        applied: JSON.stringify({ description: row.description, updated_at: row.updated_at }),
        sourcePath: secret.location.file,
      },
    ];
  });
}

async function compareValues(
  tx: Transaction,
  rows: readonly VaultSecret[],
  { desired, env }: ReadContext,
): Promise<Pick<LiveSecrets, 'same' | 'unreadable'>> {
  const stored = new Set(rows.map((row) => row.name));
  const values = forVault(desired).secrets.flatMap((secret) => {
    const value = secretValue(secret, env);
    return value === undefined || !stored.has(secret.name) ? [] : [{ name: secret.name, value }];
  });
  if (values.length === 0) return { same: new Map(), unreadable: new Set() };
  const all = await tryCompare(tx, values);
  if (all !== undefined) return { same: all, unreadable: new Set() };
  // One secret that can't be decrypted fails the statement for all: find which, one by one.
  const same = new Map<string, boolean>();
  const unreadable = new Set<string>();
  for (const value of values) {
    const one = await tryCompare(tx, [value]);
    if (one === undefined) unreadable.add(value.name);
    else for (const [name, equal] of one) same.set(name, equal);
  }
  return { same, unreadable };
}

async function tryCompare(
  tx: Transaction,
  values: readonly { readonly name: string; readonly value: string }[],
): Promise<Map<string, boolean> | undefined> {
  const { probes, blocks } = probeSecrets(values);
  try {
    const matches = await inSavepoint(tx, (inner) => matchSecrets(inner, probes, blocks));
    return new Map(matches.map((match) => [match.name, match.same === true]));
  } catch (error) {
    if (isConnectionLost(error) || errorCode(error)?.startsWith('57') === true) throw error;
    return undefined;
  }
}

/** Errors of the driver carry the statement's parameters; what leaves here carries the server's code only. */
async function withoutValues(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    const code = errorCode(error) ?? 'unknown';
    throw Object.assign(new Error(`Vault refused to store a secret (SQLSTATE ${code})`), { code });
  }
}
