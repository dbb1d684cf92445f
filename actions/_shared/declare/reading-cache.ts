/**
 * Keeps what files yielded, so that ten thousand unchanged files cost a read and a hash. One file, `.opsroom/cache/
 * declarations.json`: a seal on the first line, JSON below it.
 *
 * The seal covers the content, the version of the code that made it, and the identity of this working tree on this
 * machine (device, inode and birth time of its root, which a commit cannot know in advance). So neither a torn write,
 * nor an older version, nor a cache file smuggled into a branch is ever believed: any doubt means reading the files.
 */
import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ImportMemory } from '../supabase/import-leads.ts';
import type { ImportReference } from '../supabase/scan-imports.ts';
import type { Diagnostic } from './model.ts';
import { type PackedReadings, packReadings, unpackReadings } from './packed-readings.ts';
import type { FileReading } from './read-file.ts';

export interface ReadingCache {
  /** What these bytes at this path yielded before. */
  readonly find: (path: string, bytes: Uint8Array) => FileReading | undefined;
  readonly keep: (path: string, bytes: Uint8Array, reading: FileReading) => void;
  /** Diagnostics about references between files, by all they were made from. */
  readonly findAcross: (source: string) => readonly Diagnostic[] | undefined;
  readonly keepAcross: (source: string, diagnostics: readonly Diagnostic[]) => void;
  /** What source files of functions import, by path and digest. */
  readonly imports: ImportMemory;
  /** Writes the cache if anything changed. A cache that cannot be written is no fault: the next run reads again. */
  readonly save: () => void;
}

/** File path -> digest of its bytes, and what they yielded. */
type Files = Record<string, readonly [digest: string, reading: FileReading]>;

type Across = readonly [digest: string, diagnostics: readonly Diagnostic[]];

/** Source file path -> digest of its bytes, and what they import. */
type Imports = Record<string, readonly [digest: string, imports: readonly ImportReference[]]>;

interface Kept {
  readonly files: Files;
  readonly across: Across;
  readonly imports: Imports;
}

const EMPTY: Kept = { files: {}, across: ['', []], imports: {} };
const PLACE = join('.opsroom', 'cache', 'declarations.json');
const NOTHING: ReadingCache = {
  find: () => undefined,
  keep: () => undefined,
  findAcross: () => undefined,
  keepAcross: () => undefined,
  imports: { find: () => undefined, keep: () => undefined },
  save: () => undefined,
};

/** `root` is the working tree; null, or a file system that cannot tell trees apart, means no cache. */
export function openReadingCache(root: string | null): ReadingCache {
  const stamp = root === null ? null : treeStamp(root);
  if (root === null || stamp === null) return NOTHING;
  const place = join(root, PLACE);
  const version = codeVersion();
  const salt = `${version}\n${stamp}`;
  const before = readKept(place, salt);
  const now: Files = {};
  const imports: Imports = {};
  let across = before.across;
  let misses = 0;
  return {
    find: (path, bytes) => {
      const kept = Object.hasOwn(before.files, path) ? before.files[path] : undefined;
      if (kept === undefined || kept[0] !== digestOf(bytes)) return undefined;
      now[path] = kept;
      return kept[1];
    },
    keep: (path, bytes, reading) => {
      misses += 1;
      now[path] = [digestOf(bytes), reading];
    },
    findAcross: (source) => (across[0] === acrossDigest(now, source) ? across[1] : undefined),
    keepAcross: (source, diagnostics) => {
      misses += 1;
      across = [acrossDigest(now, source), diagnostics];
    },
    imports: {
      find: (path, digest) => {
        const kept = Object.hasOwn(before.imports, path) ? before.imports[path] : undefined;
        if (kept?.[0] !== digest) return undefined;
        imports[path] = kept;
        return kept[1];
      },
      keep: (path, digest, found) => {
        misses += 1;
        imports[path] = [digest, found];
      },
    },
    save: () => {
      if (misses === 0 && sameSize(now, before.files) && sameSize(imports, before.imports)) return;
      writeKept(place, salt, { files: now, across, imports });
    },
  };
}

function sameSize(a: object, b: object): boolean {
  return Object.keys(a).length === Object.keys(b).length;
}

/** Where a finding lies depends on the text of its file, so every file counts. */
function acrossDigest(files: Files, source: string): string {
  return hash(
    'sha256',
    Object.entries(files)
      .map(([path, [digest]]) => `${path} ${digest}\n`)
      .join('') + source,
    'base64url',
  );
}

function digestOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url');
}

function sealOf(salt: string, body: string): string {
  return hash('sha256', `${salt}\n${body}`, 'hex');
}

function readKept(place: string, salt: string): Kept {
  try {
    const text = readFileSync(place, 'utf8');
    const newline = text.indexOf('\n');
    const body = text.slice(newline + 1);
    if (text.slice(0, newline) !== sealOf(salt, body)) return EMPTY;
    const { packed, across, imports }: { packed: PackedReadings } & Omit<Kept, 'files'> = JSON.parse(body);
    return { files: unpackReadings(packed), across, imports };
  } catch (error) {
    if (error instanceof Error) return EMPTY;
    throw error;
  }
}

function writeKept(place: string, salt: string, kept: Kept): void {
  const body = JSON.stringify({
    packed: packReadings(kept.files),
    across: kept.across,
    imports: kept.imports,
  });
  const draft = `${place}.${process.pid}`;
  const written = attempt(() => {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(draft, `${sealOf(salt, body)}\n${body}`);
    renameSync(draft, place);
  });
  if (!written) attempt(() => rmSync(draft, { force: true }));
}

/** False when the file system refuses. */
function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** Null where birth times are not kept: then a stamp could be foreseen. */
function treeStamp(root: string): string | null {
  const stat = statSync(root, { bigint: true, throwIfNoEntry: false });
  return stat === undefined || stat.birthtimeNs === 0n ? null : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}

/** Digest of the bundle this is part of, written in by local/build.ts; left as it is where the sources themselves run. */
const BUNDLE = '%digest of the bundle%';

/** Changes whenever our own code, Node or the time zone data does. */
function codeVersion(): string {
  const code = BUNDLE.startsWith('%') ? sourcesVersion() : [BUNDLE];
  return [process.version, process.versions.tz, ...code].join('\n');
}

function sourcesVersion(): readonly string[] {
  const here = import.meta.dirname;
  const folders = [
    here,
    join(here, 'kinds'),
    join(here, 'lint'),
    join(here, '..', 'schedule'),
    join(here, '..', 'supabase'),
  ];
  const files = folders.flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  return files.map((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return `${file} ${stat?.size} ${stat?.mtimeMs}`;
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
