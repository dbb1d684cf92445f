/** Where the functions that are served come from. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A function as it is run. Paths are absolute. */
export interface ServedFunction {
  readonly slug: string;
  readonly id: string;
  readonly version: number;
  readonly entrypoint: string;
  /** Its `deno.json` or import map; null without one. */
  readonly importMap: string | null;
  readonly verifyJwt: boolean;
  /** Files and folders the function may read while it runs, beside its own folder. */
  readonly readable: readonly string[];
  /** Differs when the function has to be started anew. */
  readonly revision: string;
}

/** Finds functions by slug; asked on every call, so it must be quick. */
export interface FunctionSource {
  readonly find: (slug: string) => ServedFunction | null;
  readonly list: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** What a folder does not say about a function. */
export interface FunctionSettings {
  /** Default true, as on the platform. */
  readonly verifyJwt?: boolean;
  readonly entrypoint?: string;
  readonly importMap?: string;
  readonly readable?: readonly string[];
}

/** A slug; a name with a leading underscore is no function. */
export const SLUG = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Deno's own file first, then the older import map, in the function's folder and then beside all functions. */
const IMPORT_MAPS = ['deno.json', 'deno.jsonc', 'import_map.json'];

/** The import map that counts for a function of a folder; null when there is none. */
export function findImportMap(functionsFolder: string, slug: string): string | null {
  const candidates = [join(functionsFolder, slug), functionsFolder].flatMap((folder) =>
    IMPORT_MAPS.map((name) => join(folder, name)),
  );
  return candidates.find((file) => existsSync(file)) ?? null;
}

/** The function of a folder, or null when there is no entry file. */
export function readFolderFunction(
  functionsFolder: string,
  slug: string,
  settings: FunctionSettings = {},
): ServedFunction | null {
  if (!SLUG.test(slug)) return null;
  const entrypoint = resolve(settings.entrypoint ?? join(functionsFolder, slug, 'index.ts'));
  if (!existsSync(entrypoint)) return null;
  return {
    slug,
    id: slug,
    version: 1,
    entrypoint,
    importMap: settings.importMap ?? findImportMap(resolve(functionsFolder), slug),
    verifyJwt: settings.verifyJwt ?? true,
    readable: settings.readable ?? [],
    revision: '',
  };
}

/** Slugs of the folders that hold an `index.ts`. */
export function listFolderFunctions(functionsFolder: string): string[] {
  if (!existsSync(functionsFolder)) return [];
  return readdirSync(functionsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && SLUG.test(entry.name))
    .map((entry) => entry.name)
    .filter((slug) => existsSync(join(functionsFolder, slug, 'index.ts')))
    .sort();
}
