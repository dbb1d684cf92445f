/**
 * A PostgreSQL server on this machine, in one folder: started with one call, stopped with one call, its data kept.
 */
import { appendFileSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';
import { findBinaries, type PostgresSource } from './binaries.ts';
import { clusterSecret, rolePassword, scramVerifier } from './credentials.ts';
import { chooseServerUser } from './os-user.ts';
import { refuseSecondOwner, rememberedPort, writeOwner } from './owner.ts';
import { choosePlace, makeDataFolder, type Place, placesOf } from './place.ts';
import { runningPostmaster, stopPostmaster } from './postmaster.ts';
import { createLocalRoles, serverVersion, setPassword } from './roles.ts';
import {
  initializeData,
  type ServerProcess,
  ServerStartError,
  startServer,
  superuser,
} from './server-process.ts';
import { hostRules, serverSettings } from './settings.ts';
import { chooseSocketFolder } from './socket-folder.ts';

/** What `startCluster` is told. */
export interface ClusterOptions {
  /** Where the cluster should live. It may end up elsewhere; `Cluster.dataDir` says where it is. */
  readonly dataDir: string;
  /** Port on 127.0.0.1; a free one, the same as last time if it can be had, when not given. */
  readonly port?: number;
  readonly version?: PostgresSource;
  /** False only for tests: faster, and not safe against a crash of the machine. */
  readonly durable?: boolean;
  /** The database real pg_cron works in, where it is installed. Default `postgres`. */
  readonly cronDatabase?: string;
  readonly log: (message: string) => void;
}

/** How a program on this machine, run by us, connects as any role without a password. */
export interface SocketLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
}

/** A running server. */
export interface Cluster {
  /** Connection string over TCP, with the password; for supabase_admin, postgres and authenticator. */
  url(database: string, role?: string): string;
  /** The same for the superuser and the database `postgres`. */
  readonly superuserUrl: string;
  /** Login as any role through the socket only we can reach. */
  socketLogin(database: string, role: string): SocketLogin;
  /** As the server says it, for example `17.10`. */
  readonly version: string;
  readonly source: PostgresSource;
  /** True when the real pg_cron is preloaded. */
  readonly hasPgCron: boolean;
  readonly port: number;
  /** The folder it really lives in, with `server.log`. */
  readonly dataDir: string;
  /** Resolves when the server has ended, by `stop` or by itself. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** Roles that get a password of their own. */
const passwordRoles = [superuser, 'postgres', 'authenticator'];

/**
 * Starts the server of `dataDir`, creating it when it is new. Works as root (the server then runs as an unprivileged
 * user) and in folders other users cannot enter (the data then lives in a private temporary folder; `log` says so).
 * A server that an earlier, killed process left in that folder is stopped first. Dies with us.
 * @throws ConfigurationError when it cannot run here, or another living process uses the folder.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const user = chooseServerUser();
  const place = choosePlace(options.dataDir, findBinaries(options.version ?? 'embedded'), user);
  if (place.moved && user !== null) {
    options.log(`User ${user.name} cannot enter ${options.dataDir}: the database lives in ${place.home}.`);
  }
  await takeOver(place, options.log);
  await initializeOnce(place, options);
  const { server, port, socketFolder } = await startOnPort(place, options);
  try {
    const secret = clusterSecret(place.home);
    const login = (database: string, role: string): SocketLogin => ({
      host: socketFolder,
      port,
      database,
      username: role,
    });
    const version = await introduceRoles(login('postgres', superuser), secret);
    const url = (database: string, role = 'postgres'): string =>
      `postgres://${role}:${rolePassword(secret, role)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    return {
      url,
      superuserUrl: url('postgres', superuser),
      socketLogin: login,
      version,
      source: place.binaries.source,
      hasPgCron: place.binaries.hasPgCron,
      port,
      dataDir: place.home,
      exited: server.exited,
      stop: server.stop,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Stops a server left in the cluster of `dataDir` and deletes its data, wherever it lives. */
export async function removeCluster(dataDir: string): Promise<void> {
  for (const home of placesOf(dataDir)) {
    const data = join(home, 'data');
    refuseSecondOwner(home);
    const pid = runningPostmaster(data);
    if (pid !== null) await stopPostmaster(pid);
    rmSync(home, { recursive: true, force: true });
  }
}

async function takeOver(place: Place, log: (message: string) => void): Promise<void> {
  refuseSecondOwner(place.home);
  const pid = runningPostmaster(place.data);
  if (pid === null) {
    // The server would refuse to start over the file of a process that merely has its old number now.
    rmSync(join(place.data, 'postmaster.pid'), { force: true });
    return;
  }
  log('Stopping the PostgreSQL server an earlier run left behind.');
  await stopPostmaster(pid);
}

/** An initdb that was interrupted leaves no mark; its remains hold nothing and are removed. */
async function initializeOnce(place: Place, options: ClusterOptions): Promise<void> {
  const mark = join(place.home, 'initialized');
  if (existsSync(mark) && existsSync(join(place.data, 'PG_VERSION'))) {
    refuseOtherMajor(place);
    return;
  }
  options.log(`Creating a PostgreSQL cluster in ${place.home}.`);
  for (const name of ['initialized', 'secret', 'owner.json']) rmSync(join(place.home, name), { force: true });
  rmSync(place.data, { recursive: true, force: true });
  makeDataFolder(place.data, place.user);
  await initializeData(place, options.durable);
  writeFileSync(mark, `${place.binaries.label}\n`);
}

function refuseOtherMajor(place: Place): void {
  const found = readFileSync(join(place.data, 'PG_VERSION'), 'utf8').trim();
  const wanted =
    place.binaries.source === 'debian-15' ? '15' : (/-(\d+)/.exec(place.binaries.label)?.[1] ?? found);
  if (found === wanted) return;
  throw new ConfigurationError(
    `The data in ${place.home} is of PostgreSQL ${found}, the program is ${wanted}.`,
    {
      hint: 'Start anew with --fresh, or choose another folder.',
    },
  );
}

async function startOnPort(
  place: Place,
  options: ClusterOptions,
): Promise<{ server: ServerProcess; port: number; socketFolder: string }> {
  const attempts = options.port === undefined ? 4 : 1;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort(attempt === 1 ? rememberedPort(place.home) : null));
    const socketFolder = chooseSocketFolder(place, port);
    writeSettings(place, { port, socketFolder }, options);
    try {
      const server = await startServer(place);
      writeOwner(place.home, port);
      return { server, port, socketFolder };
    } catch (error) {
      if (!(error instanceof ServerStartError && error.portTaken)) throw error;
      if (attempt >= attempts) {
        throw new ConfigurationError(`Port ${port} on 127.0.0.1 is taken.`, {
          hint: 'Choose another port, or none for a free one.',
          cause: error,
        });
      }
    }
  }
}

function writeSettings(
  place: Place,
  where: { port: number; socketFolder: string },
  options: ClusterOptions,
): void {
  const cronDatabase = place.binaries.hasPgCron ? (options.cronDatabase ?? 'postgres') : null;
  const settings = serverSettings({ ...where, durable: options.durable ?? true, cronDatabase });
  writeServerFile(place, 'opsroom.conf', settings);
  writeServerFile(place, 'pg_hba.conf', hostRules());
  const main = join(place.data, 'postgresql.conf');
  const include = "include_if_exists = 'opsroom.conf'";
  if (!readFileSync(main, 'utf8').includes(include)) appendFileSync(main, `\n${include}\n`);
}

function writeServerFile(place: Place, name: string, text: string): void {
  const path = join(place.data, name);
  writeFileSync(path, text, { mode: 0o600 });
  if (place.user !== null) chownSync(path, place.user.uid, place.user.gid);
}

/** A port nobody listens on; `wanted` when it is free. */
async function freePort(wanted: number | null): Promise<number> {
  if (wanted !== null && (await listenOnce(wanted)) !== null) return wanted;
  const port = await listenOnce(0);
  if (port === null) throw new Error('No free port on 127.0.0.1.');
  return port;
}

async function listenOnce(port: number): Promise<number | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(found));
    });
  });
}

async function introduceRoles(login: SocketLogin, secret: string): Promise<string> {
  const sql = postgres({ ...login, max: 1, onnotice: () => undefined, fetch_types: false });
  try {
    await createLocalRoles(sql);
    for (const role of passwordRoles) await setPassword(sql, role, scramVerifier(rolePassword(secret, role)));
    return await serverVersion(sql);
  } finally {
    await sql.end();
  }
}
