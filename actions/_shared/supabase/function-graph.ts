import path from 'node:path';
import type { Diagnostic, SourceLocation } from '../declare/model.ts';
import { locateOffsets } from '../declare/source-text.ts';
import { type ImportMemory, type Lead, type LeadFinder, leadFinder } from './import-leads.ts';
import { type ImportMap, localTargets, NO_IMPORT_MAP, readImportMap } from './import-map.ts';
import { rememberingFolder, type SourceFolder } from './source-folder.ts';
import { expandStaticPattern } from './static-patterns.ts';

/** An Edge Function as it lies in the project; paths are from the project's root, with `/`. */
export interface FunctionSource {
  readonly slug: string;
  readonly entrypoint: string;
  /** Its `deno.json` or import map; null without one. */
  readonly importMap: string | null;
  readonly staticPatterns: readonly string[];
  /** Where the function is declared; problems without a place of their own are shown there. */
  readonly declaredAt?: SourceLocation;
}

/** One file of a function. */
export interface FunctionFile {
  readonly path: string;
  readonly content: Buffer;
  readonly role: 'import_map' | 'static' | 'module';
}

/** Everything a function is made of, and what is wrong with it. */
export interface FunctionGraph {
  /** In the order in which they are uploaded. */
  readonly files: readonly FunctionFile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The platform's limit of a function. https://supabase.com/docs/guides/functions/limits */
export const LARGEST_FUNCTION_BYTES = 20 * 1024 * 1024;

/** What several functions share. */
interface Shared {
  readonly folder: SourceFolder;
  readonly findLeads: LeadFinder;
}

interface Walk extends Shared {
  readonly source: FunctionSource;
  /** By real path: a file reached on two ways is uploaded once. */
  readonly files: Map<string, FunctionFile>;
  readonly diagnostics: Diagnostic[];
}

/**
 * Collects the files of a function: its import map, static files, and what the entry imports, over and over. The same
 * files in the same order as `supabase functions deploy --use-api` (3.1.0) uploads, except that a file named only in a
 * comment is not one of them, and that an import that leads nowhere is an error instead of a warning.
 */
export function readFunctionGraph(source: FunctionSource, folder: SourceFolder): FunctionGraph {
  return graphReader(folder)(source);
}

/** Reads many functions as they lie there at one moment, each file once. `memory` is what their files were found to import before. */
export function graphReader(
  folder: SourceFolder,
  memory?: ImportMemory,
): (source: FunctionSource) => FunctionGraph {
  const shared: Shared = { folder: rememberingFolder(folder), findLeads: leadFinder(memory) };
  return (source) => readGraph({ ...shared, source, files: new Map(), diagnostics: [] });
}

function readGraph(walk: Walk): FunctionGraph {
  const { source } = walk;
  const map = readMaps(walk);
  for (const pattern of source.staticPatterns) addStatic(walk, pattern);
  walkImports(walk, map, { path: source.entrypoint, at: source.declaredAt });
  for (const target of localTargets(map)) addTarget(walk, map, target);
  const bytes = [...walk.files.values()].reduce((sum, file) => sum + file.content.length, 0);
  if (bytes > LARGEST_FUNCTION_BYTES) {
    report(walk, {
      code: 'function-too-large',
      message: `the files of function ${source.slug} are ${bytes} bytes together, more than the ${LARGEST_FUNCTION_BYTES} a function may have`,
      hint: 'Leave out static files, or move code that is not needed out of what it imports.',
    });
  }
  return { files: [...walk.files.values()], diagnostics: walk.diagnostics };
}

function readMaps(walk: Walk): ImportMap {
  const seen = new Set<string>();
  let file = walk.source.importMap;
  while (file !== null) {
    const content = addFile(walk, { path: file, at: walk.source.declaredAt }, 'import_map');
    if (content === null) return NO_IMPORT_MAP;
    if (seen.has(file)) {
      report(walk, { code: 'import-map-cycle', message: `${file} refers to itself as import map`, file });
      return NO_IMPORT_MAP;
    }
    seen.add(file);
    try {
      const read = readImportMap(content.toString('utf8'), file);
      if ('map' in read) return read.map;
      file = read.reference;
    } catch (error) {
      const reason = error instanceof SyntaxError ? error.message : 'imports must lead from names to texts';
      report(walk, { code: 'import-map-unreadable', message: `${file} can't be read: ${reason}`, file });
      return NO_IMPORT_MAP;
    }
  }
  return NO_IMPORT_MAP;
}

function addStatic(walk: Walk, pattern: string): void {
  const files = expandStaticPattern(walk.folder, pattern);
  if (files.length === 0) {
    report(walk, {
      severity: 'warning',
      code: 'static-files-missing',
      message: `no file fits the static pattern ${pattern} of function ${walk.source.slug}`,
      hint: 'Static patterns are paths from the root of the project.',
    });
  }
  for (const file of files) addFile(walk, { path: file, at: walk.source.declaredAt }, 'static');
}

/** A local target of the import map is part of the function whether it is imported or not; a folder with all it holds. */
function addTarget(walk: Walk, map: ImportMap, target: string): void {
  if (walk.folder.find(target).kind !== 'folder') walkImports(walk, map, { path: target });
  else for (const file of walk.folder.listBelow(target)) addFile(walk, { path: file }, 'module');
}

interface Place {
  readonly path: string;
  /** Where it is asked for: the declaration, or an import. */
  readonly at?: SourceLocation | Lead | undefined;
}

function walkImports(walk: Walk, map: ImportMap, entry: Place): void {
  const leadsOf = walk.findLeads(map);
  const seen = new Set<string>();
  // Last in, first out, as the platform's tool goes: the order of upload is then the same.
  const open: Place[] = [entry];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (seen.has(place.path)) continue;
    seen.add(place.path);
    const content = addFile(walk, place, 'module');
    if (content === null) continue;
    for (const lead of leadsOf(place.path, content)) {
      if (lead.path !== null) open.push({ path: lead.path, at: lead });
      else if (lead.fault !== null) reportLead(walk, lead);
    }
  }
}

function reportLead(walk: Walk, lead: Lead): void {
  const { specifier } = lead.reference;
  if (specifier === null) {
    report(walk, {
      severity: 'warning',
      code: 'import-computed',
      message: 'what is imported here is known only while the function runs, so it is not uploaded',
      hint: 'Import a fixed text, or add the files to the static files of the function.',
      at: lead,
    });
  } else if (!hasPackageJson(walk, lead.from)) {
    report(walk, {
      code: 'import-unmapped',
      message: `${JSON.stringify(specifier)} is neither a path nor a name of the import map`,
      hint: `Write "npm:${specifier}", or add it to \`imports\` of the function's deno.json.`,
      at: lead,
    });
  }
}

/** With a `package.json` beside the function, Deno finds packages by name. */
function hasPackageJson({ source, folder }: Walk, from: string): boolean {
  const folders = new Set([path.posix.dirname(source.entrypoint), path.posix.dirname(from)]);
  return [...folders].some((each) => folder.find(path.posix.join(each, 'package.json')).kind === 'file');
}

function addFile(walk: Walk, { path: file, at }: Place, role: FunctionFile['role']): Buffer | null {
  const found = walk.folder.find(file);
  switch (found.kind) {
    case 'file':
      if (!walk.files.has(found.real))
        walk.files.set(found.real, { path: file, content: found.content, role });
      return found.content;
    case 'missing':
      report(walk, {
        code: 'import-missing',
        message: `${file} is not there`,
        hint: 'Write the path as it is, with its ending: Deno does not guess.',
        at,
      });
      return null;
    case 'folder':
      report(walk, { code: 'import-folder', message: `${file} is a folder`, at });
      return null;
    case 'outside':
      report(walk, {
        code: 'import-outside',
        message: `${file} lies outside the project and can't be uploaded`,
        at,
      });
      return null;
  }
}

function report(
  walk: Walk,
  problem: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly severity?: Diagnostic['severity'];
    readonly at?: Place['at'];
    readonly file?: string;
  },
): void {
  const { severity = 'error', code, message, hint, at, file } = problem;
  const { source, diagnostics } = walk;
  const start = { line: 1, column: 1 };
  const elsewhere = file === undefined ? source.declaredAt : { file, ...start };
  const location = at !== undefined && 'reference' in at ? locate(walk, at) : (at ?? elsewhere);
  diagnostics.push({
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    location: location ?? { file: source.entrypoint, ...start },
  });
}

/** Looked up when something is wrong, which is seldom. */
function locate({ folder }: Shared, { from, reference }: Lead): SourceLocation {
  const found = folder.find(from);
  const text = found.kind === 'file' ? found.content.toString('utf8') : '';
  return locateOffsets(from, text, reference);
}
