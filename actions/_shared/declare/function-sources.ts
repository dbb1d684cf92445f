/** Reads the files of declared Edge Functions. Imported only when there are any: most fleets have none. */
import path from 'node:path';
import { ConfigurationError } from '../io/errors.ts';
import { contentDigest, hashFunction } from '../supabase/function-digest.ts';
import {
  type FunctionFile,
  type FunctionSource,
  graphReader,
  readFunctionGraph,
} from '../supabase/function-graph.ts';
import type { ImportMemory } from '../supabase/import-leads.ts';
import {
  type FoundSource,
  openSourceFolder,
  rememberingFolder,
  type SourceFolder,
} from '../supabase/source-folder.ts';
import type { FileReader } from './file-reader.ts';
import type { FunctionSpec } from './kinds/functions.ts';
import type { DesiredFunction, DesiredFunctionFile, Diagnostic } from './model.ts';
import type { Located } from './resolve.ts';

/** A declared function with what its import graph holds; the same for every environment. */
export interface SourcedFunction extends Located<FunctionSpec> {
  /** Null without one. */
  readonly importMap: string | null;
  readonly files: readonly DesiredFunctionFile[];
  /** Digest for one value of `verify_jwt`. */
  readonly digestOf: (verifyJwt: boolean) => string;
  /** The contents, read anew and compared. */
  readonly readFiles: () => readonly FunctionFile[];
}

export interface FunctionSources {
  readonly functions: readonly SourcedFunction[];
  /** What is wrong with files, each fault once however many functions share the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads what every declared function is made of.
 *
 * @param from.read where files come from when that is not the disk below `root`
 * @param from.memory what the same files were found to import before
 */
export function readFunctionSources(
  declared: readonly Located<FunctionSpec>[],
  from: { readonly root: string; readonly read?: FileReader; readonly memory?: ImportMemory },
): FunctionSources {
  const folder = from.read === undefined ? openSourceFolder(from.root) : readerFolder(from.read);
  const atOnce = rememberingFolder(folder);
  const readGraph = graphReader(atOnce, from.memory);
  const diagnostics = new Map<string, Diagnostic>();
  const functions = declared.map((each): SourcedFunction => {
    const source = sourceOf(each, atOnce);
    const graph = readGraph(source);
    for (const diagnostic of graph.diagnostics) {
      const { file, line, column } = diagnostic.location;
      diagnostics.set(`${file}:${line}:${column} ${diagnostic.code} ${diagnostic.message}`, diagnostic);
    }
    // No contents from here on: keeping the graph would keep all of them in memory.
    const files = describeFiles(graph.files);
    return {
      ...each,
      importMap: source.importMap,
      files,
      digestOf: (verifyJwt) => digest(files, source, verifyJwt),
      readFiles: () => {
        const now = readFunctionGraph(source, folder).files;
        if (fingerprint(describeFiles(now)) === fingerprint(files)) return now;
        throw new ConfigurationError(
          `The files of function ${each.spec.slug} changed while it was applied.`,
          {
            hint: 'Look at a new plan, then apply that one.',
          },
        );
      },
    };
  });
  return { functions, diagnostics: [...diagnostics.values()] };
}

/** The function as one environment wants it; null where it is not enabled. */
export function resolveFunction(sourced: SourcedFunction, environment: string): DesiredFunction | null {
  const { spec, location } = sourced;
  const override = Object.hasOwn(spec.overrides, environment) ? spec.overrides[environment] : undefined;
  if (override?.enabled === false) return null;
  const verifyJwt = override?.verifyJwt ?? spec.verifyJwt;
  return {
    slug: spec.slug,
    entry: spec.entry,
    importMap: sourced.importMap,
    staticPatterns: spec.staticPatterns,
    verifyJwt,
    secrets: Object.keys(spec.secrets).sort(),
    digest: sourced.digestOf(verifyJwt),
    files: sourced.files,
    readFiles: sourced.readFiles,
    location,
  };
}

const MAPS = ['deno.json', 'deno.jsonc', 'import_map.json'];

function sourceOf({ spec, location }: Located<FunctionSpec>, folder: SourceFolder): FunctionSource {
  const beside = MAPS.map((name) => path.posix.join(path.posix.dirname(spec.entry), name));
  const importMap = spec.importMap ?? beside.find((file) => folder.find(file).kind === 'file') ?? null;
  const { slug, entry, staticPatterns } = spec;
  return { slug, entrypoint: entry, importMap, staticPatterns, declaredAt: location };
}

function describeFiles(files: readonly FunctionFile[]): readonly DesiredFunctionFile[] {
  return files.map((file) => ({ path: file.path, sha256: contentDigest(file.content) }));
}

function digest(files: readonly DesiredFunctionFile[], source: FunctionSource, verifyJwt: boolean): string {
  return hashFunction(files, {
    verify_jwt: verifyJwt,
    entrypoint: source.entrypoint,
    import_map: source.importMap,
    static_files: source.staticPatterns,
  });
}

function fingerprint(files: readonly DesiredFunctionFile[]): string {
  return files.map((file) => `${file.sha256} ${file.path}`).join('\n');
}

/** Declarations that are not on the disk: what lies at a path is what their reader says. */
function readerFolder(reader: FileReader): SourceFolder {
  const isOutside = (file: string): boolean => file.startsWith('/') || /^\.\.(?:\/|$)/.test(file);
  const find = (file: string): FoundSource => {
    const normal = path.posix.normalize(file);
    if (isOutside(normal)) return { kind: 'outside' };
    const content = reader.read(normal);
    if (content !== undefined) return { kind: 'file', content: Buffer.from(content), real: normal };
    return { kind: reader.list(normal.replace(/\/$/, '')).length > 0 ? 'folder' : 'missing' };
  };
  const listBelow = (below: string): string[] =>
    reader.list(below.replace(/\/$/, '')).flatMap((entry) => {
      const name = path.posix.join(below, entry.name);
      if (entry.type === 'folder') return entry.name === 'node_modules' ? [] : listBelow(name);
      return entry.type === 'file' ? [name] : [];
    });
  return { find, listBelow };
}
