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
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(target);
}

/** What a map makes of an import: its target, null where the map has no say. `from` is the importing file. */
export type MappedImport = (specifier: string, from: string) => string | null;

/** Makes a map ready for many imports. */
export function openImportMap(map: ImportMap): MappedImport {
  const imports = openMapping(map.imports);
  const scopes = Object.keys(map.scopes)
    .sort((a, b) => b.length - a.length)
    .map((scope) => ({ scope, find: openMapping(map.scopes[scope] ?? {}) }));
  if (scopes.length === 0) return imports;
  return (specifier, from) => {
    // The longest scope only, then the map itself: as the platform's own tool does it.
    const own = scopes.find(({ scope }) => scope === from || (scope.endsWith('/') && from.startsWith(scope)));
    return own?.find(specifier) ?? imports(specifier);
  };
}

/** A name stands for itself, or with `/` at the end for all that begin with it; the longest wins. */
function openMapping(mapping: Readonly<Record<string, string>>): (specifier: string) => string | null {
  const entries = Object.entries(mapping);
  const names = new Map(entries.filter(([name]) => name !== '' && !name.endsWith('/')));
  const folders = entries
    .filter(([name, target]) => name.endsWith('/') && target.endsWith('/'))
    .sort(([a], [b]) => b.length - a.length);
  return (specifier) => {
    const target = names.get(specifier);
    if (target !== undefined || folders.length === 0) return target ?? null;
    const folder = folders.find(([name]) => specifier.startsWith(name));
    return folder === undefined ? null : `${folder[1]}${specifier.slice(folder[0].length)}`;
  };
}

/** Local targets of a map, in its order: files and, with `/` at the end, folders. */
export function localTargets(map: ImportMap): string[] {
  return [map.imports, ...Object.values(map.scopes)]
    .flatMap((mapping) => Object.values(mapping))
    .filter((target) => !isUrl(target));
}
