/**
 * Starts initdb and the server, and makes sure the server does not outlive us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';
import type { Binaries } from './binaries.ts';
import { asUser, type OsUser } from './os-user.ts';
import type { Place } from './place.ts';
import { isReady, stopPostmaster } from './postmaster.ts';
import { keepLogSmall, lastLines, openLog } from './server-log.ts';

/** The server refused to start; `portTaken` when another program holds the port. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly portTaken: boolean;

  constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }
}

/** A server started by us. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** The superuser of a local cluster, as on hosted Supabase. */
export const superuser = 'supabase_admin';

/** Nothing of our own environment reaches the server: it may hold secrets. */
const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Creates the data folder: UTF-8, C.UTF-8 ordering, `supabase_admin` as superuser. Takes about a second. */
export async function initializeData(place: Place, durable = true): Promise<void> {
  const initdb = spawn(
    join(place.binaries.bin, 'initdb'),
    [
      '-D',
      place.data,
      '-U',
      superuser,
      '--encoding=UTF8',
      '--auth=reject',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
      ...locale(place.binaries),
    ],
    {
      ...asUser(place.user),
      cwd: '/',
      env: serverEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Own session, as the server: a Ctrl-C is ours to answer, and would look like a fault of initdb.
      detached: true,
    },
  );
  const [complaint, problem] = await Promise.all([
    text(initdb.stderr),
    new Promise<string | null>((resolve) => {
      initdb.once('error', (error) => resolve(error.message));
      initdb.once('close', (code) => resolve(code === 0 ? null : ''));
    }),
  ]);
  if (problem !== null) {
    throw new ConfigurationError(`initdb failed in ${place.data}: ${complaint.trim() || problem}`, {
      hint: 'Mend what it says and run the same command again: nothing is half done.',
    });
  }
}

function locale(binaries: Binaries): string[] {
  switch (binaries.source) {
    case 'embedded':
      return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    case 'debian-15':
      return ['--locale=C.UTF-8'];
  }
}

/**
 * Starts the server and returns when it takes connections.
 * @throws ServerStartError with the last lines of its log.
 */
export async function startServer(place: Place): Promise<ServerProcess> {
  const logPath = join(place.home, 'server.log');
  const log = openLog(logPath);
  const server = spawn(join(place.binaries.bin, 'postgres'), ['-D', place.data], {
    ...asUser(place.user),
    cwd: '/',
    env: serverEnvironment,
    stdio: ['ignore', log, log],
    // Own session: Ctrl-C in a terminal must reach us first, so that we stop things in order.
    detached: true,
  });
  closeSync(log);
  const exited = endOf(server);
  if (server.pid === undefined) throw await spawnFailure(server);
  const watchdog = startWatchdog({ pid: server.pid, data: place.data, user: place.user });
  const stopTrimming = keepLogSmall(logPath);
  void exited.then(() => {
    stopTrimming();
    watchdog.kill('SIGKILL');
  });
  await untilReady(server, server.pid, place.data, logPath);
  return { pid: server.pid, exited, stop: () => stopServer(server, exited) };
}

async function untilReady(server: ChildProcess, pid: number, data: string, logPath: string): Promise<void> {
  // Recovery after a crash may take its time: as long as the server lives we wait.
  while (!isReady(data, pid)) {
    if (server.exitCode !== null || server.signalCode !== null) {
      const lines = lastLines(logPath, 12);
      const portTaken = /could not bind|Address already in use|could not create any TCP/.test(lines);
      throw new ServerStartError(`PostgreSQL did not start. The end of ${logPath}:\n${lines}`, portTaken);
    }
    await sleep(10);
  }
}

async function stopServer(server: ChildProcess, exited: Promise<void>): Promise<void> {
  if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) {
    await stopPostmaster(server.pid);
  }
  await exited;
}

async function endOf(server: ChildProcess): Promise<void> {
  if (server.pid === undefined) return;
  await once(server, 'exit');
}

async function spawnFailure(server: ChildProcess): Promise<Error> {
  const [error] = await once(server, 'error');
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * A shell that waits for the end of a pipe only we hold open. When we die, however suddenly, the pipe closes and the
 * shell asks the server for a fast shutdown, later for an immediate one. It checks the pid file first: a pid may
 * have been given to someone else.
 */
function startWatchdog(watch: { pid: number; data: string; user: OsUser | null }): ChildProcess {
  const script = `
    ours() { read -r p < "$1/postmaster.pid" && [ "$p" = "$0" ]; } 2>/dev/null
    read -r _
    ours "$@" && kill -INT "$0"
    n=0
    while ours "$@" && [ $n -lt 30 ]; do n=$((n+1)); sleep 1; done
    ours "$@" && kill -QUIT "$0"`;
  const watchdog = spawn('/bin/sh', ['-c', script, String(watch.pid), watch.data], {
    ...asUser(watch.user),
    cwd: '/',
    env: serverEnvironment,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  watchdog.on('error', () => undefined);
  return watchdog;
}
