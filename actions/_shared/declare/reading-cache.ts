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
import { fileURLToPath } from 'node:url';
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
  /** Writes the cache if anything changed. A cache that cannot be written is no fault: the next run reads again. */
  readonly save: () => void;
}

/** File path -> digest of its bytes, and what they yielded. */
type Files = Record<string, readonly [digest: string, reading: FileReading]>;

type Across = readonly [digest: string, diagnostics: readonly Diagnostic[]];

interface Kept {
  readonly files: Files;
  readonly across: Across;
}

const EMPTY: Kept = { files: {}, across: ['', []] };
const PLACE = join('.opsroom', 'cache', 'declarations.json');
const NOTHING: ReadingCache = {
  find: () => undefined,
  keep: () => undefined,
  findAcross: () => undefined,
  keepAcross: () => undefined,
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
    save: () => {
      if (misses === 0 && Object.keys(now).length === Object.keys(before.files).length) return;
      writeKept(place, salt, { files: now, across });
    },
  };
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
    const { packed, across }: { packed: PackedReadings; across: Across } = JSON.parse(body);
    return { files: unpackReadings(packed), across };
  } catch (error) {
    if (error instanceof Error) return EMPTY;
    throw error;
  }
}

function writeKept(place: string, salt: string, kept: Kept): void {
  const body = JSON.stringify({ packed: packReadings(kept.files), across: kept.across });
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

/** Changes whenever our own code, Node or the time zone data does. */
function codeVersion(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const entry = process.argv[1];
  const folders = [here, join(here, 'kinds'), join(here, 'lint'), join(here, '..', 'schedule')];
  const files = folders.flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  const stats = [...files, ...(entry === undefined ? [] : [entry])].map((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return `${file} ${stat?.size} ${stat?.mtimeMs}`;
  });
  return [process.version, process.versions.tz, ...stats].join('\n');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
