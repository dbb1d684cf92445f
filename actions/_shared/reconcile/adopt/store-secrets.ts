import { hash } from 'node:crypto';
import type { Sql } from '../../database/connect.ts';
import type { CronJobRow } from '../../database/cron-jobs.ts';
import { APPLY_LIMITS, writeTransaction } from '../../database/transaction.ts';
import { type SecretInCommand, storeSecretsOfCommands } from '../../database/vault-secrets.ts';
import type { DesiredState } from '../../declare/model.ts';
import { readUnmanaged } from '../adopt.ts';
import { jobFile } from './job-file.ts';

/**
 * Move the secrets `adopt` found in commands into the Vault, inside the database: the values are neither sent nor
 * returned. The commands keep them until the next apply replaces the jobs.
 *
 * @param options.names jobs to do this for, by the names of their files
 * @returns names of the Vault secrets made; those that exist already, and those a command spells in another way, are left alone
 */
export async function storeFoundSecrets(options: {
  readonly sql: Sql;
  readonly desired: DesiredState;
  readonly names: readonly string[];
}): Promise<string[]> {
  const { desired } = options;
  const { rows, names, user, database } = await readUnmanaged(options.sql, desired);
  const places: SecretInCommand[] = [];
  for (const row of rows) {
    const name = names.get(row);
    if (name === undefined || !options.names.includes(name)) continue;
    const file = await jobFile(row, { name, environment: desired.environment, user, database });
    for (const secret of file.secrets) if (secret.verbatim) places.push(placeOf(row, secret));
  }
  if (places.length === 0) return [];
  return writeTransaction(options.sql, APPLY_LIMITS, (tx) => storeSecretsOfCommands(tx, places));
}

function placeOf(
  row: CronJobRow,
  secret: { readonly name: string; readonly description: string; readonly value: string },
): SecretInCommand {
  const before = row.command.slice(0, row.command.indexOf(secret.value));
  return {
    jobid: row.jobid,
    commandMd5: hash('md5', row.command),
    start: [...before].length + 1,
    length: [...secret.value].length,
    name: secret.name,
    description: secret.description,
  };
}
