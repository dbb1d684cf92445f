import type { Transaction } from '../../database/connect.ts';
import {
  alterJobs,
  type CronJobAlteration,
  type CronJobRow,
  type NewPlacedJob,
  readCronJobs,
  readCronJobsOnBehalf,
  scheduleJobs,
  schedulePlacedJobs,
  unscheduleJobs,
} from '../../database/cron-jobs.ts';
import type { DesiredJob } from '../../declare/model.ts';
import type { Capabilities } from '../capabilities.ts';
import { cronGaps, isSchedulable } from '../cron-gaps.ts';
import { cronNotices } from '../cron-notices.ts';
import { cronRisks } from '../cron-risks.ts';
import { type DesiredObject, diffObjects, type LiveObject } from '../diff.ts';
import { extensionLost, lostObjects } from '../lost.ts';
import type { LostObject, ObjectFields } from '../model.ts';
import { redactCommand } from '../redact.ts';
import {
  EMPTY_PLAN,
  type LedgerNote,
  type PlanContext,
  type PruneContext,
  type Resource,
} from './resource.ts';

/** The columns of `cron.job` that decide what runs when, and as whom. */
interface CronFields {
  readonly schedule: string;
  readonly command: string;
  readonly active: boolean;
  readonly database: string;
  readonly username: string;
}

/** Rows of `cron.job`. */
export const cronResource: Resource<readonly CronJobRow[]> = {
  kind: 'cron',

  async read(tx, { capabilities }) {
    const { state, source } = capabilities.cron;
    if (state !== 'ready') return [];
    return source === 'table' ? readCronJobs(tx) : readCronJobsOnBehalf(tx);
  },

  plan(rows, context) {
    const { desired, capabilities, ledger, prune } = context;
    const { ours, others } = sortRows(rows, context);
    const lost = lostJobs(ours, context);
    const missing = cronGaps(capabilities, desired.jobs, lost);
    const notices = cronNotices({ rows, others }, context);
    if (capabilities.cron.state !== 'ready') return { ...EMPTY_PLAN, missing, lost, notices };
    const jobs = desired.jobs.filter((job) => isSchedulable(job, capabilities));
    const skipped = new Set(
      desired.jobs.filter((job) => !isSchedulable(job, capabilities)).map((job) => job.name),
    );
    const difference = diffObjects({
      kind: 'cron',
      desired: jobs.map((job) => desiredObject(job, capabilities)),
      live: without(skipped, new Map([...ours].map(([name, row]) => [name, liveObject(name, row)]))),
      ledger: without(skipped, ledger),
      prune,
      risks: cronRisks,
    });
    const { settled, gone, ...plan } = difference;
    const wanted = new Map(jobs.map((job) => [job.name, job]));
    return {
      ...EMPTY_PLAN,
      ...plan,
      unmanaged: [...plan.unmanaged, ...others.map(unmanagedRow)],
      missing,
      lost,
      notices,
      forget: gone,
      note: settled.flatMap((object) => {
        const job = wanted.get(object.name);
        return job === undefined ? [] : [noteOf(job, capabilities)];
      }),
    };
  },

  apply(tx, rows, { desired, changes, capabilities }) {
    const byName = new Map(desired.jobs.map((job) => [job.name, job]));
    const live = new Map(rows.filter((row) => row.jobname !== null).map((row) => [rowKey(row), row]));
    const plain: DesiredJob[] = [];
    const placed: NewPlacedJob[] = [];
    const altered: CronJobAlteration[] = [];
    const notes: LedgerNote[] = [];
    for (const { change } of changes) {
      const job = byName.get(change.name);
      if (job === undefined) continue;
      const fields = desiredFields(job, capabilities);
      const row =
        change.action === 'create'
          ? undefined
          : (live.get(key(job.name, fields.username)) ?? rows.find((other) => other.jobname === job.name));
      if (row !== undefined) altered.push(...alteration(row, fields));
      else if (isPlain(fields, capabilities)) plain.push(job);
      else placed.push(placedJob(job.name, fields, capabilities));
      notes.push(noteOf(job, capabilities));
    }
    return { notes: Promise.resolve(notes), done: write(tx, plain, placed, altered) };
  },

  async prune(tx, rows, names, context) {
    // By row and not by name: another role may have a job of the same name, and that one is not ours.
    const { ours } = sortRows(rows, context);
    const ids = names.flatMap((name) => ours.get(name)?.jobid ?? []);
    if (ids.length > 0) await unscheduleJobs(tx, ids);
  },
};

async function write(
  tx: Transaction,
  plain: readonly DesiredJob[],
  placed: readonly NewPlacedJob[],
  altered: readonly CronJobAlteration[],
): Promise<void> {
  if (plain.length > 0) {
    await scheduleJobs(
      tx,
      plain.map(({ name, cron }) => ({ name, schedule: cron.schedule, command: cron.command })),
    );
  }
  if (placed.length > 0) await schedulePlacedJobs(tx, placed);
  if (altered.length > 0) await alterJobs(tx, altered);
}

function key(name: string, username: string): string {
  return `${username}\u001f${name}`;
}

function rowKey(row: CronJobRow): string {
  return key(row.jobname ?? '', row.username);
}

/**
 * Names are unique per user, not per database: our job is the one under the role it should have. Where that is missing
 * and the ledger knows the name, a superuser takes back the row that was given to another role.
 */
function sortRows(
  rows: readonly CronJobRow[],
  { desired, capabilities, ledger }: PruneContext,
): { readonly ours: Map<string, CronJobRow>; readonly others: CronJobRow[] } {
  const usernames = new Map(desired.jobs.map((job) => [job.name, job.cron.username]));
  const ours = new Map<string, CronJobRow>();
  for (const row of rows) {
    if (row.jobname === null) continue;
    const username = usernames.get(row.jobname) ?? capabilities.user;
    if (row.username === username) ours.set(row.jobname, row);
  }
  const others: CronJobRow[] = [];
  for (const row of rows) {
    const name = row.jobname;
    if (name !== null && ours.get(name) === row) continue;
    if (name !== null && capabilities.superuser && ledger.has(name) && !ours.has(name)) ours.set(name, row);
    else others.push(row);
  }
  return { ours, others };
}

/** Declared jobs of ours that are gone from `cron.job`, or hidden in it, and that an apply could not schedule. */
function lostJobs(
  ours: ReadonlyMap<string, CronJobRow>,
  { desired, capabilities, ledger }: PlanContext,
): LostObject[] {
  const { cron, user } = capabilities;
  const applied = desired.jobs.filter((job) => ledger.has(job.name));
  if (cron.state !== 'ready') {
    const because = extensionLost(cron.state, { extension: 'pg_cron', schema: 'cron', user });
    return lostObjects('cron', applied, because);
  }
  return lostObjects(
    'cron',
    applied.filter((job) => !ours.has(job.name) && !isSchedulable(job, capabilities)),
    'it was unscheduled, and cannot be scheduled again as things are',
  );
}

/** A declared job that can't be scheduled here must not look like one that was undeclared. */
function without<T>(skipped: ReadonlySet<string>, objects: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (skipped.size === 0) return objects;
  return new Map([...objects].filter(([name]) => !skipped.has(name)));
}

function desiredFields(job: DesiredJob, capabilities: Capabilities): CronFields {
  return {
    schedule: job.cron.schedule,
    command: job.cron.command,
    active: job.cron.active,
    database: job.cron.database ?? capabilities.database,
    username: job.cron.username ?? capabilities.user,
  };
}

function desiredObject(job: DesiredJob, capabilities: Capabilities): DesiredObject {
  const fields = desiredFields(job, capabilities);
  return { name: job.name, digest: digestOf(fields), fields: () => ({ ...fields }), location: job.location };
}

function liveObject(name: string, row: CronJobRow): LiveObject {
  return { name, digest: digestOf(row), fields: () => rowFields(row) };
}

/** The fields themselves, in a row: short, and ten thousand hashes would cost more than they save. */
function digestOf(fields: CronFields): string {
  return [fields.schedule, fields.command, fields.active, fields.database, fields.username].join('\u001f');
}

/** Fields of a live row, with anything that looks like a secret cut out of its command. */
function rowFields(row: CronJobRow): ObjectFields {
  return {
    schedule: row.schedule,
    command: redactCommand(row.command),
    active: row.active,
    database: row.database,
    username: row.username,
  };
}

function unmanagedRow(row: CronJobRow) {
  return { kind: 'cron', name: row.jobname ?? `(job ${row.jobid})`, detail: rowFields(row) } as const;
}

function isPlain(fields: CronFields, capabilities: Capabilities): boolean {
  return fields.active && fields.database === capabilities.database && fields.username === capabilities.user;
}

function placedJob(name: string, fields: CronFields, capabilities: Capabilities): NewPlacedJob {
  return { ...fields, name, username: fields.username === capabilities.user ? null : fields.username };
}

/** What differs; nothing when the row is right already (an adopted job that was written the same by hand). */
function alteration(row: CronJobRow, fields: CronFields): CronJobAlteration[] {
  if (digestOf(row) === digestOf(fields)) return [];
  return [
    {
      jobid: row.jobid,
      schedule: row.schedule === fields.schedule ? null : fields.schedule,
      command: row.command === fields.command ? null : fields.command,
      database: row.database === fields.database ? null : fields.database,
      username: row.username === fields.username ? null : fields.username,
      active: row.active === fields.active ? null : fields.active,
    },
  ];
}

function noteOf(job: DesiredJob, capabilities: Capabilities): LedgerNote {
  const fields = desiredFields(job, capabilities);
  return {
    name: job.name,
    digest: digestOf(fields),
    applied: JSON.stringify(fields),
    sourcePath: job.location.file,
  };
}
