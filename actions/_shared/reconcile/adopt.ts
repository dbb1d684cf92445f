import { stringify } from 'yaml';
import type { Sql } from '../database/connect.ts';
import { connectionPlace, explainConnectionError } from '../database/connection-errors.ts';
import { type CronJobRow, readCronJobs } from '../database/cron-jobs.ts';
import { readLedger } from '../database/managed-objects.ts';
import { readTarget } from '../database/read-target.ts';
import { readTransaction } from '../database/transaction.ts';
import type { DesiredState } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';
import { type FoundSecret, variableName } from './adopt/found-secrets.ts';
import { fileNames, type JobFile, jobFile } from './adopt/job-file.ts';
import { capabilitiesOf } from './capabilities.ts';

/** A file to write so that a live job becomes a declared one. */
export interface AdoptedFile {
  /** Path in the repository. */
  readonly path: string;
  /** `append`: the content belongs at the end of a file that is already there. */
  readonly mode: 'create' | 'append';
  readonly content: string;
  /** What a person should know or do; never holds a secret. */
  readonly notes: readonly string[];
}

/**
 * Write live jobs nobody declared as files of `runbooks/`. Requests through pg_net are read from the parsed command;
 * secrets written out in it become references to the Vault. Changes nothing, and no secret value is in the result:
 * `storeFoundSecrets` moves the values inside the database.
 *
 * @param options.names only these jobs; all undeclared ones by default
 * @throws ConfigurationError for a name that is no live, undeclared job
 */
export async function adopt(options: {
  readonly sql: Sql;
  readonly desired: DesiredState;
  readonly names?: readonly string[];
}): Promise<AdoptedFile[]> {
  const { desired } = options;
  const { rows, names, user, database } = await readUnmanaged(options.sql, desired);
  const files: JobFile[] = [];
  for (const row of chosen(rows, options.names)) {
    const name = names.get(row) ?? '';
    files.push(await jobFile(row, { name, environment: desired.environment, user, database }));
  }
  const adopted = files.map(
    (file): AdoptedFile => ({
      path: `runbooks/cron/${file.name}.yaml`,
      mode: 'create',
      content: file.content,
      notes: [...file.notes, ...file.secrets.map(secretNote)],
    }),
  );
  const secrets = newSecrets(files, desired);
  return secrets === undefined ? adopted : [...adopted, secrets];
}

interface Unmanaged {
  readonly rows: readonly CronJobRow[];
  /** What each is called as a file. */
  readonly names: ReadonlyMap<CronJobRow, string>;
  readonly user: string;
  readonly database: string;
}

/** Live jobs that are neither ours nor declared. */
export async function readUnmanaged(sql: Sql, desired: DesiredState): Promise<Unmanaged> {
  try {
    return await readTransaction(sql, async (tx) => {
      const capabilities = capabilitiesOf(await readTarget(tx));
      const { user, database, cron, ops } = capabilities;
      if (cron.state !== 'ready' || cron.source !== 'table') {
        const what =
          cron.state === 'absent'
            ? 'There is no pg_cron to adopt jobs from'
            : `Role ${capabilities.reader ?? user} may not read the commands in cron.job`;
        throw new ConfigurationError(what, { hint: 'Run `opsroom plan`: it says what is lacking' });
      }
      const ledger = ops.ledger ? await readLedger(tx) : undefined;
      const ours = new Set(ledger?.get('cron')?.keys());
      for (const job of desired.jobs) ours.add(job.name);
      const rows = (await readCronJobs(tx)).filter(
        (row) => row.jobname === null || !ours.has(row.jobname) || row.username !== user,
      );
      const declared = desired.jobs.map((job) => job.name);
      return { rows, names: fileNames(rows, declared), user, database };
    });
  } catch (error) {
    throw explainConnectionError(error, connectionPlace(sql)) ?? error;
  }
}

function chosen(rows: readonly CronJobRow[], names: readonly string[] | undefined): readonly CronJobRow[] {
  if (names === undefined) return rows;
  const known = new Set(rows.map((row) => row.jobname));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const others = [...known].filter((name) => name !== null).join(', ') || 'none';
    throw new ConfigurationError(`No undeclared live job is called ${unknown.join(', ')}`, {
      hint: `Undeclared live jobs: ${others}`,
    });
  }
  return rows.filter((row) => row.jobname !== null && names.includes(row.jobname));
}

function secretNote({ name, verbatim }: FoundSecret): string {
  const move = verbatim
    ? `Set ${variableName(name)}, or let adopt move the value inside the database (--store-secrets)`
    : `Set ${variableName(name)}: the command spells the value in another way, so adopt can't move it`;
  return `A secret was written out in the command: it is the Vault secret ${name} now. ${move}; then replace it where it comes from, because logs and run details hold it`;
}

/** Entries for secrets.yaml: those found, and those referred to that nobody declared. */
function newSecrets(files: readonly JobFile[], desired: DesiredState): AdoptedFile | undefined {
  const declared = new Set(desired.secrets.map((secret) => secret.name));
  const entries: Record<string, unknown> = {};
  for (const file of files) {
    const found = new Map(file.secrets.map((secret) => [secret.name, secret.description]));
    for (const name of file.references) {
      if (declared.has(name)) continue;
      entries[name] = {
        description: found.get(name) ?? `Used by job ${file.name}`,
        value: { env: variableName(name) },
        ...(name.endsWith('url') ? { shape: '^https://' } : {}),
      };
    }
  }
  const names = Object.keys(entries);
  if (names.length === 0) return undefined;
  return {
    path: 'runbooks/secrets.yaml',
    mode: 'append',
    content: stringify(entries, { lineWidth: 0 }),
    notes: [
      `An apply keeps what the Vault holds where a variable is not set: ${names.map(variableName).join(', ')}`,
    ],
  };
}
