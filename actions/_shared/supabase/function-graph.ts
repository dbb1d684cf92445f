import { hash } from 'node:crypto';
import path from 'node:path';
import type { Diagnostic, SourceLocation } from '../declare/model.ts';
import { locateOffsets } from '../declare/source-text.ts';
import {
  type ImportMap,
  isUrl,
  localTargets,
  NO_IMPORT_MAP,
  readImportMap,
  resolveSpecifier,
} from './import-map.ts';
import { type ImportReference, scanImports } from './scan-imports.ts';
import type { SourceFolder } from './source-folder.ts';
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

/** What was found in a file before. */
export interface ImportMemory {
  readonly find: (path: string, digest: string) => readonly FoundImport[] | undefined;
  readonly keep: (path: string, digest: string, imports: readonly FoundImport[]) => void;
}

/** The platform's limit of a function. https://supabase.com/docs/guides/functions/limits */
export const LARGEST_FUNCTION_BYTES = 20 * 1024 * 1024;

interface Walk {
  readonly source: FunctionSource;
  readonly folder: SourceFolder;
  /** By real path: a file reached on two ways is uploaded once. */
  readonly files: Map<string, FunctionFile>;
  readonly diagnostics: Diagnostic[];
  readonly memory: ImportMemory | undefined;
}

/**
 * Collects the files of a function: its import map, static files, and what the entry imports, over and over. The same
 * files in the same order as `supabase functions deploy --use-api` (3.1.0) uploads, except that a file named only in a
 * comment is not one of them, and that an import that leads nowhere is an error instead of a warning.
 */
export function readFunctionGraph(
  source: FunctionSource,
  folder: SourceFolder,
  memory?: ImportMemory,
): FunctionGraph {
  const walk: Walk = { source, folder, files: new Map(), diagnostics: [], memory };
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

/**
 * Digest of a function's files, whatever their order: equal when a deploy would upload the same thing.
 *
 * @param settings further values that make a difference, such as `verify_jwt`
 * @returns 64 hexadecimal characters
 */
export function hashFunction(
  graph: FunctionGraph,
  settings: Readonly<Record<string, string | boolean | readonly string[] | null>>,
): string {
  const files = graph.files
    .map((file) => [file.path, contentDigest(file.content)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify({ files, settings: sorted }), 'hex');
}

const digests = new WeakMap<Buffer, string>();

/** SHA-256 of a content in hexadecimal, worked out once for each buffer. */
export function contentDigest(content: Buffer): string {
  const known = digests.get(content);
  if (known !== undefined) return known;
  const digest = hash('sha256', content, 'hex');
  digests.set(content, digest);
  return digest;
}

function readMaps(walk: Walk): ImportMap {
  const seen = new Set<string>();
  let file = walk.source.importMap;
  while (file !== null) {
    const content = addFile(walk, { path: file, role: 'import_map', at: walk.source.declaredAt });
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
  for (const file of files) addFile(walk, { path: file, role: 'static', at: walk.source.declaredAt });
}

/** A local target of the import map is part of the function whether it is imported or not; a folder with all it holds. */
function addTarget(walk: Walk, map: ImportMap, target: string): void {
  if (walk.folder.find(target).kind !== 'folder') walkImports(walk, map, { path: target });
  else for (const file of walk.folder.listBelow(target)) addFile(walk, { path: file, role: 'module' });
}

interface Place {
  readonly path: string;
  /** Where it is asked for. */
  readonly at?: SourceLocation | undefined;
}

function walkImports(walk: Walk, map: ImportMap, entry: Place): void {
  const seen = new Set<string>();
  // Last in, first out, as the platform's tool goes: the order of upload is then the same.
  const open: Place[] = [entry];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (seen.has(place.path)) continue;
    seen.add(place.path);
    const content = addFile(walk, { ...place, role: 'module' });
    if (content === null || !/\.(?:[cm]?[jt]s|[jt]sx)$/i.test(place.path)) continue;
    for (const met of importsOf(content, place.path, walk.memory)) {
      const next = follow(walk, map, met);
      if (next !== null) open.push(next);
    }
  }
}

/** An import and the place it stands at. */
export interface FoundImport {
  readonly reference: ImportReference;
  readonly from: string;
  readonly at: SourceLocation;
}

/** Functions share most of their files: each content is scanned once, however many of them it is part of. */
const scanned = new WeakMap<Buffer, readonly FoundImport[]>();

function importsOf(content: Buffer, from: string, memory: ImportMemory | undefined): readonly FoundImport[] {
  const known = scanned.get(content) ?? memory?.find(from, contentDigest(content));
  const found = known?.every((each) => each.from === from) === true ? known : scan(content, from);
  scanned.set(content, found);
  if (found !== known) memory?.keep(from, contentDigest(content), found);
  return found;
}

function scan(content: Buffer, from: string): readonly FoundImport[] {
  const text = content.toString('utf8');
  return scanImports(text, from).map((reference) => ({
    reference,
    from,
    at: locateOffsets(from, text, reference),
  }));
}

function follow(walk: Walk, map: ImportMap, { reference, from, at }: FoundImport): Place | null {
  if (reference.specifier === null) {
    report(walk, {
      severity: 'warning',
      code: 'import-computed',
      message: 'what is imported here is known only while the function runs, so it is not uploaded',
      hint: 'Import a fixed text, or add the files to the static files of the function.',
      at,
    });
    return null;
  }
  const { target, mapped } = resolveSpecifier(map, { specifier: reference.specifier, from });
  if (isUrl(target)) return null;
  if (mapped || /^\.{0,2}\//.test(reference.specifier)) return { path: target, at };
  if (!isKnownName(map, reference.specifier) && !hasPackageJson(walk, from)) {
    report(walk, {
      code: 'import-unmapped',
      message: `${JSON.stringify(reference.specifier)} is neither a path nor a name of the import map`,
      hint: `Write "npm:${reference.specifier}", or add it to \`imports\` of the function's deno.json.`,
      at,
    });
  }
  return null;
}

/** Deno lets `zod/mini` follow from `"zod": "npm:zod@4"`. */
function isKnownName(map: ImportMap, specifier: string): boolean {
  return Object.entries(map.imports).some(
    ([name, target]) => /^(?:npm|jsr):/.test(target) && specifier.startsWith(`${name}/`),
  );
}

/** With a `package.json` beside the function, Deno finds packages by name. */
function hasPackageJson({ source, folder }: Walk, from: string): boolean {
  const folders = new Set([path.posix.dirname(source.entrypoint), path.posix.dirname(from)]);
  return [...folders].some((each) => folder.find(path.posix.join(each, 'package.json')).kind === 'file');
}

function addFile(walk: Walk, wanted: Place & Pick<FunctionFile, 'role'>): Buffer | null {
  const found = walk.folder.find(wanted.path);
  switch (found.kind) {
    case 'file': {
      const file = { path: wanted.path, content: found.content, role: wanted.role };
      if (!walk.files.has(found.real)) walk.files.set(found.real, file);
      return found.content;
    }
    case 'missing':
      report(walk, {
        code: 'import-missing',
        message: `${wanted.path} is not there`,
        hint: 'Write the path as it is, with its ending: Deno does not guess.',
        at: wanted.at,
      });
      return null;
    case 'folder':
      report(walk, { code: 'import-folder', message: `${wanted.path} is a folder`, at: wanted.at });
      return null;
    case 'outside':
      report(walk, {
        code: 'import-outside',
        message: `${wanted.path} lies outside the project and can't be uploaded`,
        at: wanted.at,
      });
      return null;
  }
}

function report(
  { source, diagnostics }: Walk,
  problem: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
    readonly severity?: Diagnostic['severity'];
    readonly at?: SourceLocation | undefined;
    readonly file?: string;
  },
): void {
  const { severity = 'error', code, message, hint } = problem;
  const start = { line: 1, column: 1 };
  const location =
    problem.at ?? (problem.file === undefined ? source.declaredAt : { file: problem.file, ...start });
  diagnostics.push({
    severity,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    location: location ?? { file: source.entrypoint, ...start },
  });
}
