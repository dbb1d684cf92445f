import { stringify } from 'yaml';
import type { CronJobRow } from '../../database/cron-jobs.ts';
import type { EnvironmentDeclaration } from '../../declare/model.ts';
import { type FoundSecret, FoundSecrets } from './found-secrets.ts';
import { readNetRequest } from './read-request.ts';
import { type ReadCall, requestCall } from './request-call.ts';
import { sqlCall } from './sql-call.ts';

/** One live job in the words of `runbooks/cron/`. */
export interface JobFile {
  readonly name: string;
  readonly content: string;
  readonly notes: readonly string[];
  readonly references: readonly string[];
  readonly secrets: readonly FoundSecret[];
}

/**
 * Names of files for live jobs: lower-case, and each once. Jobs without a name, or called alike but for case or owner, have
 * to be told apart; what is declared already keeps its file.
 */
export function fileNames(
  rows: readonly CronJobRow[],
  declared: readonly string[],
): ReadonlyMap<CronJobRow, string> {
  const taken = new Set(declared);
  const names = new Map<CronJobRow, string>();
  for (const row of rows) {
    const wanted = fileName(row);
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted.slice(0, 58)}-${count}`;
    taken.add(name);
    names.set(row, name);
  }
  return names;
}

/** Write the file of a live job. */
export async function jobFile(
  row: CronJobRow,
  context: {
    readonly name: string;
    readonly environment: EnvironmentDeclaration;
    readonly user: string;
    readonly database: string;
  },
): Promise<JobFile> {
  const { name } = context;
  const request = await readNetRequest(row.command);
  const found = new FoundSecrets(name, row.command);
  const draft = found.draft();
  const called = request === undefined ? undefined : requestCall(request, draft);
  const secrets = called === undefined ? found : draft;
  const read: ReadCall = called ?? (await sqlCall(row.command, secrets));
  const content = stringify(
    {
      description: `Adopted from ${context.environment.name}`,
      schedule: row.schedule,
      ...activity(row, context.environment),
      call: read.call,
    },
    { lineWidth: 0, flowCollectionPadding: true },
  );
  return {
    name,
    content: `# yaml-language-server: $schema=../schemas/cron.schema.json\n${content}`,
    notes: [...firesNotes(row), ...read.notes, ...placeNotes(row, name, context)],
    references: read.references,
    secrets: secrets.all,
  };
}

/** Jobs sleep outside production unless a file says otherwise; what runs now goes on running, and only there. */
function activity(row: CronJobRow, environment: EnvironmentDeclaration): Readonly<Record<string, unknown>> {
  if (!row.active) return { active: false };
  return environment.jobsAwake ? {} : { environments: { [environment.name]: { active: true } } };
}

function fileName(row: CronJobRow): string {
  const name = (row.jobname ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[_-]+|-+$/g, '')
    .slice(0, 63);
  return name === '' ? `job-${row.jobid}` : name;
}

const FIRES = /\bselect\s+ops\.fire\('((?:[^']|'')+)'\)\s*;?\s*$/i;

/** A row of ours somebody renamed or copied: as a declared job it would only fire the other one. */
function firesNotes(row: CronJobRow): string[] {
  const fired = FIRES.exec(row.command)?.[1];
  if (fired === undefined) return [];
  return [
    `It fires job ${fired}, which has a row of its own when it is declared: rather than adopt this one, select cron.unschedule(${row.jobid})`,
  ];
}

function placeNotes(
  row: CronJobRow,
  name: string,
  { user, database }: { readonly user: string; readonly database: string },
): string[] {
  const notes: string[] = [];
  if (row.jobname !== name) {
    notes.push(
      `Declared as ${name} because ${row.jobname === null ? 'the job has no name' : `${JSON.stringify(row.jobname)} ${row.jobname === fileName(row) ? 'is the name of another job' : 'is no name for a file'}`}: the live one goes on beside it until select cron.unschedule(${row.jobid})`,
    );
  }
  if (row.username !== user) {
    notes.push(
      `The live job belongs to role ${row.username}; the declared one will run as ${user}, beside it, until ${row.username} or a superuser does select cron.unschedule(${row.jobid})`,
    );
  }
  if (row.database !== database) {
    notes.push(`The live job runs in database ${row.database}; the declared one will run in ${database}`);
  }
  return notes;
}
