/**
 * Reads everything under `runbooks/` and `migrations/`. Unchanged files come out of the cache; YAML, zod and the SQL
 * parser are only loaded when a file has to be read.
 */
import { checkAcross, type ObjectsOf } from './check-across.ts';
import { diskReader, type FileReader } from './file-reader.ts';
import { resolveAdvisories } from './kinds/advisory-policy.ts';
import type { KindName, Specs } from './kinds/specs.ts';
import { listFiles } from './list-files.ts';
import type { DeclarationResult, DesiredFunction, Diagnostic, EnvironmentDeclaration } from './model.ts';
import type { OwnRepository } from './own-repository.ts';
import type { FileReading } from './read-file.ts';
import { readMigrations } from './read-migrations.ts';
import { readableFiles } from './readable.ts';
import { openReadingCache, type ReadingCache } from './reading-cache.ts';
import { type Declarations, type Located, resolveEnvironment } from './resolve.ts';
import { decodeText } from './source-text.ts';

export interface LoadOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Where files come from; the disk under `root` by default. Anything else is never cached. */
  readonly read?: FileReader;
  /** False reads every file anew and keeps nothing. */
  readonly cache?: boolean;
}

interface LoadedFile {
  readonly kind: KindName;
  readonly path: string;
  readonly reading: FileReading;
  /** False when the bytes could not be read as text. */
  readonly readable: boolean;
}

const NOTHING: FileReading = { entries: [], diagnostics: [] };

/** Never throws for what is in the files: every fault is a diagnostic with its place. */
export async function loadDeclarations(options: LoadOptions): Promise<DeclarationResult> {
  const reader = readableFiles(options.read ?? diskReader(options.root));
  const cached = options.read === undefined && options.cache !== false;
  const cache = openReadingCache(cached ? options.root : null);
  const listed = listFiles(reader);
  const migrations = readMigrations(reader);
  const loaded: LoadedFile[] = [];
  for (const file of listed.files) {
    const bytes = reader.read(file.path);
    if (bytes !== undefined) loaded.push(await loadFile(file, bytes, cache));
    else if (reader.refused.has(file.path)) loaded.push({ ...file, reading: NOTHING, readable: false });
  }
  const across = await locateAcross(reader, loaded, cache);
  const sources = await functionSources(located(loaded, 'functions'), options, cache);
  cache.save();
  const diagnostics = [
    ...reader.refused.values(),
    ...listed.diagnostics,
    ...migrations.diagnostics,
    ...loaded.flatMap(({ reading }) => reading.diagnostics),
    ...across,
    ...sources.diagnostics,
  ];
  diagnostics.sort(byPlace);
  const environments = located(loaded, 'environments').map(
    ({ spec, location }): EnvironmentDeclaration => ({ ...spec, location }),
  );
  const declarations: Declarations = {
    environments,
    secrets: located(loaded, 'secrets'),
    jobs: located(loaded, 'cron'),
    checks: located(loaded, 'checks'),
    projects: located(loaded, 'projects'),
    migrations: migrations.migrations,
    diagnostics,
    functions: sources.resolve,
    functionSecrets: new Map(located(loaded, 'functions').map(({ spec }) => [spec.slug, spec.secrets])),
  };
  return {
    environments,
    diagnostics,
    files: loaded.length + migrations.migrations.length,
    resolve: (environment) => resolveEnvironment(declarations, environment),
    advisories: (environment) => resolveAdvisories(located(loaded, 'advisories'), environment),
  };
}

interface ReadFunctions {
  readonly diagnostics: readonly Diagnostic[];
  readonly resolve: (environment: string) => readonly DesiredFunction[];
}

/** What declared functions are made of. Their files are read each time; what one imports comes from the cache. */
async function functionSources(
  declared: readonly Located<Specs['functions']>[],
  { root, read }: LoadOptions,
  cache: ReadingCache,
): Promise<ReadFunctions> {
  if (declared.length === 0) return { diagnostics: [], resolve: () => [] };
  const { readFunctionSources, resolveFunction } = await import('./function-sources.ts');
  const { functions, diagnostics } = readFunctionSources(declared, {
    root,
    memory: cache.imports,
    ...(read === undefined ? {} : { read }),
  });
  return {
    diagnostics,
    resolve: (environment) => functions.flatMap((each) => resolveFunction(each, environment) ?? []),
  };
}

/** The workflows that projects of this very repository name; nothing is loaded where there are none. */
async function readOwn(
  reader: FileReader,
  projects: readonly Located<Specs['projects']>[],
): Promise<OwnRepository | null> {
  if (projects.length === 0) return null;
  const { readOwnRepository } = await import('./own-repository.ts');
  return readOwnRepository(reader, projects);
}

let parser: typeof import('./read-file.ts') | undefined;

/** YAML and zod, loaded when the first file has to be read. Kept: asking for a loaded module again is not free. */
async function fileParser(): Promise<typeof import('./read-file.ts')> {
  parser ??= await import('./read-file.ts');
  return parser;
}

async function loadFile(
  file: { readonly kind: KindName; readonly name: string; readonly path: string },
  bytes: Uint8Array,
  cache: ReadingCache,
): Promise<LoadedFile> {
  const kept = cache.find(file.path, bytes);
  if (kept !== undefined) return { kind: file.kind, path: file.path, reading: kept, readable: true };
  const decoded = decodeText(bytes);
  if ('problem' in decoded) {
    const location = { file: file.path, line: 1, column: 1 };
    const diagnostic: Diagnostic = {
      severity: 'error',
      code: 'file-encoding',
      message: decoded.problem,
      hint: decoded.hint,
      location,
    };
    return {
      kind: file.kind,
      path: file.path,
      reading: { entries: [], diagnostics: [diagnostic] },
      readable: false,
    };
  }
  const { readFile } = await fileParser();
  const reading = await readFile(file.kind, file.name, { path: file.path, text: decoded.text });
  cache.keep(file.path, bytes, reading);
  return { kind: file.kind, path: file.path, reading, readable: true };
}

/** Objects of one kind that are good, with the line each begins on. */
function located<Name extends KindName>(loaded: readonly LoadedFile[], kind: Name): Located<Specs[Name]>[] {
  const found: Located<Specs[Name]>[] = [];
  for (const file of loaded) {
    if (!isOf(file, kind)) continue;
    for (const { spec, line } of file.reading.entries) {
      if (spec !== null) found.push({ spec, location: { file: file.path, line, column: 1 } });
    }
  }
  return found;
}

function isOf<Name extends KindName>(
  file: LoadedFile,
  kind: Name,
): file is LoadedFile & { readonly reading: FileReading<Name> } {
  return file.kind === kind;
}

/** Kinds that name secrets: while one of their objects is wrong, nobody can say that a secret is not used. */
const REFERRING: ReadonlySet<KindName> = new Set(['cron', 'functions']);

function objectsOf<Name extends KindName>(loaded: readonly LoadedFile[], kind: Name): ObjectsOf<Specs[Name]> {
  const files = loaded.filter((file) => isOf(file, kind));
  const isWhole = (file: LoadedFile): boolean =>
    file.readable &&
    (file.reading.entries.length > 0 ||
      file.reading.diagnostics.every(({ severity }) => severity !== 'error'));
  const entries = files.flatMap((file) => file.reading.entries);
  return {
    specs: located(files, kind).map(({ spec, location }) => ({ spec, file: location.file })),
    names: new Set(entries.map(({ name }) => name)),
    complete: files.every(isWhole) && (!REFERRING.has(kind) || entries.every(({ spec }) => spec !== null)),
  };
}

async function locateAcross(
  reader: FileReader,
  loaded: readonly LoadedFile[],
  cache: ReadingCache,
): Promise<readonly Diagnostic[]> {
  const findings = checkAcross({
    environments: objectsOf(loaded, 'environments'),
    secrets: objectsOf(loaded, 'secrets'),
    jobs: objectsOf(loaded, 'cron'),
    functions: objectsOf(loaded, 'functions'),
    checks: objectsOf(loaded, 'checks'),
    advisories: objectsOf(loaded, 'advisories'),
    projects: objectsOf(loaded, 'projects'),
    own: await readOwn(reader, located(loaded, 'projects')),
  });
  if (findings.length === 0) return [];
  const source = JSON.stringify(findings);
  const kept = cache.findAcross(source);
  if (kept !== undefined) return kept;
  const { locateFindings } = await fileParser();
  const byFile = Map.groupBy(findings, ({ file }) => file);
  const diagnostics: Diagnostic[] = [];
  for (const [path, found] of byFile) {
    const decoded = decodeText(reader.read(path) ?? new Uint8Array());
    const text = 'text' in decoded ? decoded.text : '';
    const located = await locateFindings(
      { path, text },
      found.map(({ finding }) => finding),
    );
    diagnostics.push(...located);
  }
  cache.keepAcross(source, diagnostics);
  return diagnostics;
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const [left, right] = [a.location, b.location];
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
