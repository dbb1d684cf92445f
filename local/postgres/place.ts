/**
 * Decides where a cluster lives: in the folder that was asked for, or, when the user the server runs as cannot
 * get there (root's home, a clone under 0700), in a private folder of the system's temporary space.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';
import { type Binaries, copyBinaries, linkLibraries } from './binaries.ts';
import { canRun, canWrite, type OsUser } from './os-user.ts';

/** Where everything of one cluster is. */
export interface Place {
  /** Holds the data folder, the log and the settings; ours. */
  readonly home: string;
  /** PGDATA; belongs to the user the server runs as, 0700. */
  readonly data: string;
  readonly binaries: Binaries;
  readonly user: OsUser | null;
  /** True when `home` is not the folder that was asked for. */
  readonly moved: boolean;
}

/** Prepares the folders of a cluster and returns where they are. */
export function choosePlace(asked: string, binaries: Binaries, user: OsUser | null): Place {
  const folder = resolve(asked);
  makeEnterable(folder);
  const here = join(folder, 'data');
  makeDataFolder(here, user);
  if (canWrite(user, here)) {
    return { home: folder, data: here, user, moved: false, binaries: runnable(binaries, folder, user) };
  }
  rmSync(here, { recursive: true, force: true });
  const home = privateHome(folder);
  const data = join(home, 'data');
  makeDataFolder(data, user);
  if (!canWrite(user, data)) throw unusable(data, user);
  return { home, data, user, moved: true, binaries: runnable(binaries, home, user) };
}

/** Folders a cluster asked for in `asked` may have left; for removing it. */
export function placesOf(asked: string): string[] {
  const folder = resolve(asked);
  return [folder, privatePath(folder)].filter((path) => existsSync(path));
}

/** Folders made on the way are enterable whatever the umask, so that the server's user gets through. */
function makeEnterable(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let path = folder; path.startsWith(first); path = dirname(path)) chmodSync(path, 0o711);
}

/** PostgreSQL insists on a data folder of its own user that nobody else can enter. */
export function makeDataFolder(path: string, user: OsUser | null): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (user !== null) chownSync(path, user.uid, user.gid);
  chmodSync(path, 0o700);
}

function runnable(binaries: Binaries, home: string, user: OsUser | null): Binaries {
  const program = join(binaries.bin, 'postgres');
  const linked = binaries.root === null || linkLibraries(binaries.root);
  if (linked && canRun(user, program)) return binaries;
  const copy = copyBinaries(binaries, join(home, 'programs'));
  if (canRun(user, join(copy.bin, 'postgres'))) return copy;
  throw new ConfigurationError(`PostgreSQL's program does not run here: ${program}`, {
    hint: `Try it: ${program} --version${user === null ? '' : ` (as user ${user.name})`}`,
  });
}

/**
 * The private folder belongs to one asked folder, tied by a random word in both: a clone made anew at the same
 * path must not find the data of the clone that was deleted.
 */
function privateHome(asked: string): string {
  const home = privatePath(asked);
  const tie = join(asked, 'moved');
  const word = existsSync(tie) ? readFileSync(tie, 'utf8').trim() : '';
  if (existsSync(home)) {
    refuseForeign(home);
    const other = existsSync(join(home, 'moved')) ? readFileSync(join(home, 'moved'), 'utf8').trim() : '';
    if (word !== '' && other === word) return home;
    rmSync(home, { recursive: true, force: true });
  }
  forgetOrphans();
  const fresh = randomUUID();
  mkdirSync(home, { mode: 0o711 });
  chmodSync(home, 0o711);
  writeFileSync(join(home, 'moved'), `${fresh}\n`, { mode: 0o600 });
  writeFileSync(join(home, 'asked'), asked, { mode: 0o600 });
  writeFileSync(tie, `${fresh}\n`, { mode: 0o600 });
  return home;
}

const prefix = 'opsroom-postgres-';

function privatePath(asked: string): string {
  const hash = createHash('sha256').update(asked).digest('hex').slice(0, 16);
  return join(sharedSpace(), `${prefix}${hash}`);
}

function sharedSpace(): string {
  return existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

/** A clone that was deleted leaves its private folder behind: no folder asks for it any more, and no server runs in it. */
function forgetOrphans(): void {
  for (const name of readdirSync(sharedSpace())) {
    if (!name.startsWith(prefix)) continue;
    const home = join(sharedSpace(), name);
    const found = lstatSync(home, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue;
    const asked = join(home, 'asked');
    if (!existsSync(asked) || existsSync(readFileSync(asked, 'utf8'))) continue;
    if (existsSync(join(home, 'data', 'postmaster.pid'))) continue;
    rmSync(home, { recursive: true, force: true });
  }
}

/** The name can be guessed and the space is everyone's: a folder somebody else put there is not ours to use. */
function refuseForeign(path: string): void {
  const found = lstatSync(path);
  if (found.isDirectory() && found.uid === process.getuid?.()) return;
  throw new ConfigurationError(`${path} is in the way: it belongs to someone else or is not a folder.`, {
    hint: 'Remove it, or keep the data in a folder that other users can enter.',
  });
}

function unusable(path: string, user: OsUser | null): ConfigurationError {
  const who = user === null ? 'this user' : `user ${user.name}`;
  return new ConfigurationError(`PostgreSQL cannot keep its data in ${path}: ${who} cannot write there.`, {
    hint: 'Choose another folder for the data.',
  });
}
