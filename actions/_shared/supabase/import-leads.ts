import path from 'node:path';
import { contentDigest } from './function-digest.ts';
import { type ImportMap, isUrl, openImportMap } from './import-map.ts';
import { type ImportReference, scanImports } from './scan-imports.ts';

/** An import, and where it leads: to a file of the project, out of it (neither path nor fault), or nowhere. */
export interface Lead {
  /** The importing file. */
  readonly from: string;
  readonly reference: ImportReference;
  readonly path: string | null;
  readonly fault: 'computed' | 'unmapped' | null;
}

/** Gives, under an import map, the imports of a file. */
export type LeadFinder = (map: ImportMap) => (file: string, content: Buffer) => readonly Lead[];

/** What was found in a file before. */
export interface ImportMemory {
  readonly find: (path: string, digest: string) => readonly ImportReference[] | undefined;
  readonly keep: (path: string, digest: string, imports: readonly ImportReference[]) => void;
}

/**
 * For files as they are at one moment. Functions share most of their files, and seldom differ in their import maps by
 * more than where these lie: each file is scanned once, and its imports are looked up once under the same map.
 */
export function leadFinder(memory?: ImportMemory): LeadFinder {
  const references = new Map<string, readonly ImportReference[]>();
  const known = new Map<string, (file: string, content: Buffer) => readonly Lead[]>();
  const join = relativeJoin();
  const leadsUnder = (map: ImportMap): ((file: string, content: Buffer) => readonly Lead[]) => {
    const leads = new Map<string, readonly Lead[]>();
    const leadOf = leadsOfMap(map, join);
    return (file, content) => {
      const before = leads.get(file);
      if (before !== undefined) return before;
      const imports = references.get(file) ?? importsOf(file, content, memory);
      references.set(file, imports);
      const folder = path.posix.dirname(file);
      const found = imports.map((reference) => leadOf(reference, file, folder));
      leads.set(file, found);
      return found;
    };
  };
  return (map) => {
    const key = JSON.stringify(map);
    const leadsOf = known.get(key) ?? leadsUnder(map);
    known.set(key, leadsOf);
    return leadsOf;
  };
}

function importsOf(
  file: string,
  content: Buffer,
  memory: ImportMemory | undefined,
): readonly ImportReference[] {
  if (!/\.(?:[cm]?[jt]s|[jt]sx)$/i.test(file)) return [];
  if (memory === undefined) return scanImports(content.toString('utf8'), file);
  const digest = contentDigest(content);
  const known = memory.find(file, digest);
  if (known !== undefined) return known;
  const found = scanImports(content.toString('utf8'), file);
  memory.keep(file, digest, found);
  return found;
}

type Join = (folder: string, specifier: string) => string;

/** Files of a folder import the same neighbours, and under several maps: each path is put together once. */
function relativeJoin(): Join {
  const joined = new Map<string, string>();
  return (folder, specifier) => {
    const key = `${folder}\n${specifier}`;
    const before = joined.get(key);
    if (before !== undefined) return before;
    const target = path.posix.join(folder, specifier);
    joined.set(key, target);
    return target;
  };
}

function leadsOfMap(
  map: ImportMap,
  join: Join,
): (reference: ImportReference, from: string, folder: string) => Lead {
  const mappedTo = openImportMap(map);
  return (reference, from, folder) => {
    const { specifier } = reference;
    if (specifier === null) return { from, reference, path: null, fault: 'computed' };
    const mapped = mappedTo(specifier, from);
    if (mapped === null && /^\.{1,2}\//.test(specifier))
      return { from, reference, path: join(folder, specifier), fault: null };
    const target = mapped ?? specifier;
    if (isUrl(target)) return { from, reference, path: null, fault: null };
    if (mapped !== null || target.startsWith('/')) return { from, reference, path: target, fault: null };
    return { from, reference, path: null, fault: isKnownName(map, specifier) ? null : 'unmapped' };
  };
}

/** Deno lets `zod/mini` follow from `"zod": "npm:zod@4"`. */
function isKnownName(map: ImportMap, specifier: string): boolean {
  return Object.entries(map.imports).some(
    ([name, target]) => /^(?:npm|jsr):/.test(target) && specifier.startsWith(`${name}/`),
  );
}
