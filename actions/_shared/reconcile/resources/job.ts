import type { Transaction } from '../../database/connect.ts';
import {
  deleteDefinitions,
  insertDefinitions,
  type NewDefinition,
  readDefinitionDigests,
  readDefinitions,
  updateDefinitions,
} from '../../database/job-definitions.ts';
import { readJobsSentOtherwise } from '../../database/managed-objects.ts';
import { readZoneClocks, type ZoneClock } from '../../database/zone-clocks.ts';
import type { DesiredJob, JobDefinition } from '../../declare/model.ts';
import { canonicalJson } from '../canonical-json.ts';
import { type Capabilities, someNames } from '../capabilities.ts';
import { type DesiredObject, diffObjects, type LiveObject } from '../diff.ts';
import { sha256 } from '../digest.ts';
import { jobFields } from '../job-fields.ts';
import { jobRisks } from '../job-risks.ts';
import { lostObjects, sendsRequests } from '../lost.ts';
import { parseStoredDefinition, storedFields } from '../stored-definition.ts';
import { zoneNotices, zonesOf } from '../zone-notices.ts';
import { EMPTY_PLAN, type LedgerNote, type Resource } from './resource.ts';

interface LiveDefinitions {
  readonly digests: ReadonlyMap<string, string>;
  /** Whole definitions, only of the jobs that differ from their files. */
  readonly details: ReadonlyMap<string, unknown>;
  /** Jobs that pg_net came or went for since they were applied. */
  readonly sentOtherwise: ReadonlySet<string>;
  /** What the server thinks of the time zones of jobs that differ from what is stored. */
  readonly clocks: readonly ZoneClock[];
}

// Nobody reads the old fields of more jobs than this that are about to go, and fetching them takes its time.
const UNDECLARED_DETAILS = 500;

/** `ops.job_definitions`: what each job does, read by `ops.fire`. */
export const jobResource: Resource<LiveDefinitions> = {
  kind: 'job',

  async read(tx, { desired, capabilities }) {
    if (!capabilities.ops.definitions) {
      const clocks = await clocksOf(tx, desired.jobs);
      return { digests: new Map(), details: new Map(), sentOtherwise: new Set(), clocks };
    }
    const digests = await readDefinitionDigests(tx);
    const wanted = new Map(desired.jobs.map((job) => [job.name, definitionText(job.definition).digest]));
    const changed: string[] = [];
    const undeclared: string[] = [];
    for (const [name, digest] of digests) {
      const declared = wanted.get(name);
      if (declared === undefined) undeclared.push(name);
      else if (declared !== digest) changed.push(name);
    }
    const names = [...changed, ...undeclared.slice(0, UNDECLARED_DETAILS)];
    const rows = names.length === 0 ? [] : await readDefinitions(tx, names);
    return {
      digests,
      details: new Map(rows.map((row) => [row.name, row.definition])),
      sentOtherwise: new Set(
        capabilities.ops.ledger ? await readJobsSentOtherwise(tx, capabilities.net) : [],
      ),
      clocks: await clocksOf(
        tx,
        desired.jobs.filter(({ name }) => digests.get(name) !== wanted.get(name)),
      ),
    };
  },

  plan(live, { desired, capabilities, ledger, prune }) {
    const willExist = capabilities.ops.definitions || desired.migrations.length > 0;
    if (!willExist && desired.jobs.length > 0) return { ...EMPTY_PLAN, blockers: [noSchema(desired.jobs)] };
    const byName = new Map(desired.jobs.map((job) => [job.name, job]));
    const difference = diffObjects({
      kind: 'job',
      desired: desired.jobs.map(desiredObject),
      live: new Map([...live.digests].map(([name, digest]) => [name, liveObject(name, digest, live)])),
      ledger,
      prune,
      risks: ({ name }) =>
        jobRisks(parseStoredDefinition(live.details.get(name)), byName.get(name)?.definition),
    });
    const { settled, gone, ...plan } = difference;
    const moved = desired.jobs.filter((job) => sendsRequests(job) && live.sentOtherwise.has(job.name));
    const noted = new Set([...settled, ...(capabilities.net ? moved : [])].map((object) => object.name));
    return {
      ...EMPTY_PLAN,
      ...plan,
      forget: gone,
      notices: zoneNotices(live.clocks, desired.jobs),
      lost: capabilities.net ? [] : lostObjects('job', moved, 'pg_net is not there any more'),
      note: desired.jobs.filter((job) => noted.has(job.name)).map((job) => noteOf(job, live, capabilities)),
    };
  },

  apply(tx, live, { desired, changes, capabilities }) {
    const byName = new Map(desired.jobs.map((job) => [job.name, job]));
    const jobs = changes.flatMap(({ change }) => byName.get(change.name) ?? []);
    const created = new Set(changes.filter(({ live }) => live === null).map(({ change }) => change.name));
    const rows = jobs.map((job) => ({ name: job.name, ...definitionText(job.definition) }));
    const done = write(
      tx,
      rows.filter((row) => created.has(row.name)),
      rows.filter((row) => !created.has(row.name)),
    );
    const notes = jobs.map((job) => noteOf(job, live, capabilities));
    return { notes: Promise.resolve(notes), done };
  },

  async prune(tx, _live, names) {
    await deleteDefinitions(tx, names);
  },
};

/** No question is asked for jobs in UTC. */
async function clocksOf(tx: Transaction, jobs: readonly DesiredJob[]): Promise<readonly ZoneClock[]> {
  const zones = zonesOf(jobs);
  return zones.length === 0 ? [] : readZoneClocks(tx, zones);
}

async function write(
  tx: Transaction,
  created: readonly NewDefinition[],
  updated: readonly NewDefinition[],
): Promise<void> {
  if (created.length > 0) await insertDefinitions(tx, created);
  if (updated.length > 0) await updateDefinitions(tx, updated);
}

interface DefinitionText {
  readonly json: string;
  readonly digest: string;
}

const texts = new WeakMap<JobDefinition, DefinitionText>();

/** The stored text of a definition and its digest, worked out once for each definition object. */
export function definitionText(definition: JobDefinition): DefinitionText {
  const known = texts.get(definition);
  if (known !== undefined) return known;
  const json = canonicalJson(definition);
  const text = { json, digest: sha256(json) };
  texts.set(definition, text);
  return text;
}

function desiredObject(job: DesiredJob): DesiredObject {
  return {
    name: job.name,
    digest: definitionText(job.definition).digest,
    fields: () => jobFields(job.definition),
    location: job.location,
  };
}

function liveObject(name: string, digest: string, live: LiveDefinitions): LiveObject {
  return {
    name,
    digest,
    fields: () => (live.details.has(name) ? storedFields(live.details.get(name)) : {}),
  };
}

/**
 * The definition itself is a row of ours; the ledger needs only its digest, and who sent the job's requests when it was
 * applied. That is remembered while pg_net is gone: otherwise an apply in between would turn a loss into a habit.
 */
function noteOf(job: DesiredJob, live: LiveDefinitions, { net }: Capabilities): LedgerNote {
  const { digest } = definitionText(job.definition);
  const note = { name: job.name, digest, sourcePath: job.location.file };
  if (!sendsRequests(job)) return { ...note, applied: '{}' };
  const sends = net || live.sentOtherwise.has(job.name);
  return { ...note, applied: sends ? '{"sends_with":"pg_net"}' : '{"sends_with":null}' };
}

function noSchema(jobs: readonly DesiredJob[]) {
  return {
    severity: 'error',
    code: 'schema-ops-missing',
    message: `The database has no schema ops and migrations/ is empty: nowhere to keep ${someNames(jobs)}`,
    hint: 'Restore the files of migrations/ from the repository',
    location: { file: 'migrations', line: 1, column: 1 },
  } as const;
}
