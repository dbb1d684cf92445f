import path from 'node:path';
import { parseJsonc } from './jsonc.ts';

/** Where names lead. Local targets are paths from the project's root, folders with `/` at the end; the rest are URLs. */
export interface ImportMap {
  readonly imports: Readonly<Record<string, string>>;
  readonly scopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A map without names. */
export const NO_IMPORT_MAP: ImportMap = { imports: {}, scopes: {} };

/** An import map, or the one a `deno.json` refers to instead of holding it. */
export type ReadImportMap = { readonly map: ImportMap } | { readonly reference: string };

/**
 * Reads the text of a `deno.json`, `deno.jsonc` or import map.
 *
 * @param file its path from the project's root; local targets are resolved against it
 * @throws SyntaxError when it is no JSON, TypeError when names do not lead to texts
 */
export function readImportMap(text: string, file: string): ReadImportMap {
  const parsed = importMapFile(parseJsonc(text));
  const isEmpty = Object.keys(parsed.imports).length === 0 && Object.keys(parsed.scopes).length === 0;
  if (isEmpty && parsed.importMap !== undefined && /\/deno\.jsonc?$/.test(`/${file}`))
    return { reference: path.posix.join(path.posix.dirname(file), parsed.importMap) };
  const target = (written: string) => resolveTarget(written, file);
  const targets = (mapping: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(mapping).map(([name, written]) => [name, target(written)]));
  return {
    map: {
      imports: targets(parsed.imports),
      scopes: Object.fromEntries(
        Object.entries(parsed.scopes).map(([scope, mapping]) => [target(scope), targets(mapping)]),
      ),
    },
  };
}

interface ImportMapFile {
  readonly imports: Readonly<Record<string, string>>;
  readonly scopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly importMap: string | undefined;
}

/** What of a `deno.json` or import map concerns imports. By hand: every start reads these, and loading zod costs more than that. */
function importMapFile(value: unknown): ImportMapFile {
  const { imports = {}, scopes = {}, importMap } = record(value);
  if (importMap !== undefined && typeof importMap !== 'string')
    throw new TypeError('importMap must be a text');
  return {
    imports: mapping(imports),
    scopes: Object.fromEntries(Object.entries(record(scopes)).map(([name, each]) => [name, mapping(each)])),
    importMap,
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new TypeError('an object is wanted here');
}

function mapping(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).map(([name, target]) => {
      if (typeof target !== 'string') throw new TypeError(`${name} must lead to a text`);
      return [name, target];
    }),
  );
}

function resolveTarget(written: string, file: string): string {
  if (isUrl(written) || written.startsWith('/')) return written;
  const joined = path.posix.join(path.posix.dirname(file), written);
  return written.endsWith('/') && !joined.endsWith('/') ? `${joined}/` : joined;
}

/** True for `npm:…`, `jsr:…`, `node:…`, `https:…` and the like. */
export function isUrl(target: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(target);
}

/**
 * What an import means.
 *
 * @param from the importing file, from the project's root
 * @returns `mapped` when the map had a say; a path from the root for local files, the specifier itself otherwise
 */
export function resolveSpecifier(
  map: ImportMap,
  { specifier, from }: { readonly specifier: string; readonly from: string },
): { readonly target: string; readonly mapped: boolean } {
  const scopes = Object.keys(map.scopes)
    .filter((scope) => scope === from || (scope.endsWith('/') && from.startsWith(scope)))
    .sort((a, b) => b.length - a.length);
  // The longest scope only, then the map itself: as the platform's own tool does it.
  for (const mapping of [map.scopes[scopes[0] ?? ''] ?? {}, map.imports]) {
    const target = substitute(mapping, specifier);
    if (target !== null) return { target, mapped: true };
  }
  if (!/^\.{1,2}\//.test(specifier)) return { target: specifier, mapped: false };
  return { target: path.posix.join(path.posix.dirname(from), specifier), mapped: false };
}

/** A name stands for itself, or with `/` at the end for all that begin with it; the longest wins. */
function substitute(mapping: Readonly<Record<string, string>>, specifier: string): string | null {
  let best: string | null = null;
  for (const [name, target] of Object.entries(mapping)) {
    const fits = name.endsWith('/') ? target.endsWith('/') && specifier.startsWith(name) : specifier === name;
    if (name !== '' && fits && name.length > (best ?? '').length) best = name;
  }
  return best === null ? null : `${mapping[best]}${specifier.slice(best.length)}`;
}

/** Local targets of a map, in its order: files and, with `/` at the end, folders. */
export function localTargets(map: ImportMap): string[] {
  return [map.imports, ...Object.values(map.scopes)]
    .flatMap((mapping) => Object.values(mapping))
    .filter((target) => !isUrl(target));
}
