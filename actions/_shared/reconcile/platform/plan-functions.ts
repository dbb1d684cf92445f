import type { DesiredFunction, DesiredJob } from '../../declare/model.ts';
import type { DeployedFunction } from '../../supabase/functions-api.ts';
import { type DesiredObject, diffObjects, type LiveObject } from '../diff.ts';
import { fieldsDigest } from '../digest.ts';
import type { ObjectFields, Risk } from '../model.ts';
import { EMPTY_PLAN, type KindPlan, type Ledger, type PlannedChange } from '../resources/resource.ts';
import { type FunctionNote, isAsNoted, readFunctionNote } from './function-note.ts';
import { digestsOf, type LivePlatform } from './live-platform.ts';

/** What has to happen to Edge Functions. A function nobody declared and we did not deploy is never touched. */
export function planFunctions(
  live: LivePlatform,
  {
    functions,
    jobs,
    prune,
  }: {
    readonly functions: readonly DesiredFunction[];
    readonly jobs: readonly DesiredJob[];
    readonly prune: boolean;
  },
): KindPlan {
  const entries = live.ledger.function;
  const notes = new Map([...entries].map(([slug, entry]) => [slug, readFunctionNote(entry)]));
  const deployed = new Map(live.functions.map((each) => [each.slug, each]));
  const wanted = new Map(functions.map((each) => [each.slug, each]));
  const difference = diffObjects({
    kind: 'function',
    desired: functions.map((each) => desiredObject(each)),
    live: new Map(
      live.functions.map((each) => {
        const note = notes.get(each.slug) ?? null;
        return [each.slug, liveObject(each, note, entries.get(each.slug)?.digest)];
      }),
    ),
    ledger: settledLedger(digestsOf(entries), { notes, deployed, wanted }),
    prune,
    risks: ({ name, before, after }) =>
      risksOf({
        before: deployed.get(name),
        isOurs: entries.has(name),
        after: wanted.get(name),
        isDeletion: before !== null && after === null,
        callers: jobs.filter(({ definition: { call } }) => call.kind === 'http' && call.function === name),
      }),
  });
  const { settled: _settled, gone, ...plan } = difference;
  const changes = plan.changes.map((planned) => {
    const { name } = planned.change;
    return withContent(planned, {
      wanted: wanted.get(name),
      live: deployed.get(name),
      note: notes.get(name) ?? null,
    });
  });
  return { ...EMPTY_PLAN, ...plan, changes, forget: gone };
}

/** A deployment that never came to its end and left nothing behind was none: nobody deleted anything by hand. */
function settledLedger(
  ledger: Ledger,
  {
    notes,
    deployed,
    wanted,
  }: {
    readonly notes: ReadonlyMap<string, FunctionNote | null>;
    readonly deployed: ReadonlyMap<string, DeployedFunction>;
    readonly wanted: ReadonlyMap<string, DesiredFunction>;
  },
): Ledger {
  return new Map(
    [...ledger].filter(
      ([slug]) => !(notes.get(slug)?.state === 'deploying' && wanted.has(slug) && !deployed.has(slug)),
    ),
  );
}

function desiredObject(wanted: DesiredFunction): DesiredObject {
  return {
    name: wanted.slug,
    digest: wanted.digest,
    fields: () => ({
      verify_jwt: wanted.verifyJwt,
      entry: wanted.entry,
      import_map: wanted.importMap,
      ...(wanted.staticPatterns.length === 0 ? {} : { static_files: wanted.staticPatterns.join(', ') }),
    }),
    location: wanted.location,
  };
}

function liveObject(
  live: DeployedFunction,
  note: FunctionNote | null,
  applied: string | undefined,
): LiveObject {
  const isKnown = note !== null && (note.state !== 'deployed' || isAsNoted(note, live));
  const foreign = fieldsDigest(['deployed by others', live.id, String(live.version), live.verifyJwt]);
  return {
    name: live.slug,
    digest: isKnown && applied !== undefined ? applied : foreign,
    fields: () => ({
      verify_jwt: live.verifyJwt,
      entry: note !== null && isKnown ? note.entry : entryWords(live),
      import_map: note !== null && isKnown ? note.import_map : live.importMap,
      ...(note === null || !isKnown || note.static_files.length === 0
        ? {}
        : { static_files: note.static_files.join(', ') }),
      version: live.version,
    }),
  };
}

/** The platform shows the entry as a URL of its own bundle. */
function entryWords(live: DeployedFunction): string | null {
  return live.entrypoint?.replace(/^file:\/\/(?:\/tmp\/[^/]+\/source\/)?/, '') ?? null;
}

/** The change with what it does to contents: each file that differs, or why that can't be told. */
function withContent(
  planned: PlannedChange,
  {
    wanted,
    live,
    note,
  }: {
    readonly wanted: DesiredFunction | undefined;
    readonly live: DeployedFunction | undefined;
    readonly note: FunctionNote | null;
  },
): PlannedChange {
  const { change } = planned;
  if (wanted === undefined || change.after === null) return planned;
  if (change.before === null || live === undefined) {
    const after = { ...change.after, files: countOf(wanted) };
    return { ...planned, change: { ...change, after } };
  }
  // The number of a version comes from the platform: a difference of it is no change of ours.
  const { version: _version, ...before } = change.before;
  const known = note?.state === 'deployed' && note.id === live.id && note.version === live.version;
  const files = known
    ? changedFiles(note, wanted)
    : { before: { content: unknownContent(note, live) }, after: { content: countOf(wanted) } };
  return {
    ...planned,
    change: {
      ...change,
      before: { ...before, ...files.before },
      after: { ...change.after, ...files.after },
    },
  };
}

function unknownContent(note: FunctionNote | null, live: DeployedFunction): string {
  switch (note?.state) {
    case 'deploying':
      return 'unknown: an apply ended while it was deployed';
    case 'unproven':
      return 'ours, and it did not refuse a call without credentials';
    case 'deployed':
    case undefined:
      return `unknown: version ${live.version} was not deployed by us`;
  }
}

function countOf({ files }: DesiredFunction): string {
  return files.length === 1 ? '1 file' : `${files.length} files`;
}

/** Every file that is new, gone or different, with the beginning of its sha256. */
function changedFiles(
  note: FunctionNote,
  wanted: DesiredFunction,
): { readonly before: ObjectFields; readonly after: ObjectFields } {
  const now = new Map(wanted.files.map(({ path, sha256 }) => [path, sha256]));
  const paths = [...new Set([...now.keys(), ...Object.keys(note.files)])].sort();
  const changed = paths.filter((path) => now.get(path) !== note.files[path]);
  const side = (hashOf: (path: string) => string | undefined): ObjectFields =>
    Object.fromEntries(changed.map((path) => [path, hashOf(path)?.slice(0, 12) ?? null]));
  return { before: side((path) => note.files[path]), after: side((path) => now.get(path)) };
}

function risksOf(about: {
  readonly before: DeployedFunction | undefined;
  readonly after: DesiredFunction | undefined;
  readonly isOurs: boolean;
  readonly isDeletion: boolean;
  readonly callers: readonly DesiredJob[];
}): Risk[] {
  const { before, after, isOurs, isDeletion, callers } = about;
  if (isDeletion) {
    const names = callers.slice(0, 3).map(({ name }) => name);
    const used = names.length === 0 ? '' : `; still called by ${names.join(', ')}`;
    return [
      {
        severity: 'danger',
        code: 'deletes-function',
        message: `Every call of it answers 404 from then on${used}`,
      },
    ];
  }
  const risks: Risk[] = [];
  if (before !== undefined && !isOurs) {
    risks.push({
      severity: 'warning',
      code: 'replaces-function',
      message: `Version ${before.version} was deployed by somebody else, and is replaced`,
    });
  }
  if (before !== undefined && before.verifyJwt !== false && after?.verifyJwt === false) {
    risks.push({
      severity: 'warning',
      code: 'opens-gateway',
      message:
        'The gateway lets requests without a token through: the function has to check its callers itself',
    });
  }
  return risks;
}
