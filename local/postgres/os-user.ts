/**
 * PostgreSQL refuses to run as root. This picks the user of the operating system it runs as.
 */
import { spawnSync } from 'node:child_process';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';

/** A user of the operating system, by number, as `spawn` wants it. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Unprivileged users root may run the server as, best first. */
const candidates = ['postgres', 'nobody', 'daemon'];

/**
 * Null when we are not root: the server then runs as we do.
 * @throws ConfigurationError as root on a machine without any unprivileged user to become.
 */
export function chooseServerUser(): OsUser | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of candidates) {
    const user = lookUp(name);
    if (user !== null && canBecome(user)) return user;
  }
  throw new ConfigurationError(
    'PostgreSQL does not run as root, and no unprivileged user can be used here.',
    {
      hint: `Start as a normal user, or create one of the users ${candidates.join(', ')}.`,
    },
  );
}

/** Options for `spawn` that start a program as `user`. */
export function asUser(user: OsUser | null): { uid?: number; gid?: number } {
  return user === null ? {} : { uid: user.uid, gid: user.gid };
}

/**
 * Whether `user` can run `program` and write into `folder`: asked of the system by doing it, since modes,
 * ACLs, mounts and parent folders all have a say.
 */
export function canUse(user: OsUser | null, use: { program: string; folder: string }): boolean {
  return canRun(user, use.program) && canWrite(user, use.folder);
}

/** Whether `user` can run `program`. */
export function canRun(user: OsUser | null, program: string): boolean {
  return spawnSync(program, ['--version'], { ...quiet, ...asUser(user) }).status === 0;
}

/** Whether `user` can enter `folder` and create a file there. */
export function canWrite(user: OsUser | null, folder: string): boolean {
  const script = 'cd "$0" && : > .write-probe && rm .write-probe';
  return spawnSync('/bin/sh', ['-c', script, folder], { ...quiet, ...asUser(user) }).status === 0;
}

const quiet = { stdio: 'ignore', cwd: '/', env: { LC_ALL: 'C' }, timeout: 20_000 } as const;

function lookUp(name: string): OsUser | null {
  const uid = readId('-u', name);
  const gid = readId('-g', name);
  return uid === null || gid === null || uid === 0 ? null : { name, uid, gid };
}

function readId(flag: '-u' | '-g', name: string): number | null {
  const answer = spawnSync('id', [flag, name], { encoding: 'utf8' });
  const id = Number.parseInt(answer.stdout ?? '', 10);
  return answer.status === 0 && Number.isSafeInteger(id) ? id : null;
}

function canBecome(user: OsUser): boolean {
  return spawnSync('/bin/sh', ['-c', ':'], { ...quiet, ...asUser(user) }).status === 0;
}
