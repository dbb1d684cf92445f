import type { Transaction } from '../../database/connect.ts';
import {
  deleteDefinitions,
  insertDefinitions,
  type NewDefinition,
  readDefinitionDigests,
  readDefinitions,
  updateDefinitions,
} from '../../database/job-definitions.ts';
import type { DesiredJob, JobDefinition } from '../../declare/model.ts';
import { canonicalJson } from '../canonical-json.ts';
import { someNames } from '../capabilities.ts';
import { type DesiredObject, diffObjects, type LiveObject } from '../diff.ts';
import { sha256 } from '../digest.ts';
import { jobFields } from '../job-fields.ts';
import { jobRisks } from '../job-risks.ts';
import { parseStoredDefinition, storedFields } from '../stored-definition.ts';
import { EMPTY_PLAN, type LedgerNote, type Resource } from './resource.ts';

interface LiveDefinitions {
  readonly digests: ReadonlyMap<string, string>;
  /** Whole definitions, only of the jobs that differ from their files. */
  readonly details: ReadonlyMap<string, unknown>;
}

// Nobody reads the old fields of more jobs than this that are about to go, and fetching them takes its time.
const UNDECLARED_DETAILS = 500;

/** `ops.job_definitions`: what each job does, read by `ops.fire`. */
export const jobResource: Resource<LiveDefinitions> = {
  kind: 'job',

  async read(tx, { desired, capabilities }) {
    if (!capabilities.ops.definitions) return { digests: new Map(), details: new Map() };
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
    return { digests, details: new Map(rows.map((row) => [row.name, row.definition])) };
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
    return {
      ...EMPTY_PLAN,
      ...plan,
      forget: gone,
      note: settled.map((object) => noteOf(object.name, object.digest, object.location.file)),
    };
  },

  apply(tx, _live, { desired, changes }) {
    const byName = new Map(desired.jobs.map((job) => [job.name, job]));
    const jobs = changes.flatMap(({ change }) => byName.get(change.name) ?? []);
    const created = new Set(changes.filter(({ live }) => live === null).map(({ change }) => change.name));
    const rows = jobs.map((job) => ({ name: job.name, ...definitionText(job.definition) }));
    const done = write(
      tx,
      rows.filter((row) => created.has(row.name)),
      rows.filter((row) => !created.has(row.name)),
    );
    const notes = jobs.map((job) =>
      noteOf(job.name, definitionText(job.definition).digest, job.location.file),
    );
    return { notes: Promise.resolve(notes), done };
  },

  async prune(tx, _live, names) {
    await deleteDefinitions(tx, names);
  },
};

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

// The definition itself is a row of ours; the ledger needs only its digest.
function noteOf(name: string, digest: string, sourcePath: string): LedgerNote {
  return { name, digest, applied: '{}', sourcePath };
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
