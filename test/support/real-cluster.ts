/**
 * A database with a scheduler that really runs. Real pg_cron works in one database of a server only, so with
 * OPSROOM_TEST_SERVER=debian-15 the file gets a server of its own; otherwise a clone with the stand-ins running.
 */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, removeCluster, startCluster } from '../../local/postgres/cluster.ts';
import {
  type InstalledExtension,
  installedExtensions,
  prepareDatabase,
} from '../../local/postgres/prepare.ts';
import type { StandIn } from '../../local/standins/cron-scheduler.ts';
import { startStandIns } from '../../local/standins/start.ts';
import {
  bareDatabase,
  createTestDatabase,
  openTestDatabase,
  type TestDatabase,
  testServer,
} from './database.ts';
import { applyMigrations } from './migrations.ts';
import { type TestServer, testFolderPrefix } from './test-server.ts';

/** A test database whose jobs and requests run. */
export interface RunningDatabase extends TestDatabase {
  /** What pg_cron, pg_net and Vault are here. */
  readonly installed: readonly InstalledExtension[];
  /** True when pg_cron is the real one. */
  readonly realCron: boolean;
  /** Version of pg_cron or of what its stand-in follows, for example 1.6: what it can do. */
  readonly cronVersion: number;
  /** What the stand-ins said. */
  readonly messages: readonly string[];
  /** Starts pg_cron's launcher anew: by a restart of the server when it is real, else of the stand-ins. */
  relaunch(): Promise<void>;
}

/** What `createRunningDatabase` may be told. */
export interface RunningOptions {
  /** Apply our migrations; default true. */
  readonly migrations?: boolean;
  /** The stand-in scheduler's clock. */
  readonly now?: () => Date;
}

/** @param file `import.meta.url` of the test. */
export async function createRunningDatabase(
  file: string,
  options: RunningOptions = {},
): Promise<RunningDatabase> {
  const messages: string[] = [];
  const log = (message: string): void => {
    messages.push(message);
  };
  const { database, restartServer } = await openDatabase(file, options);
  const installed = await installedExtensions(database.superuser);
  const cron = installed.find((found) => found.name === 'pg_cron');
  const launch = (): Promise<StandIn> =>
    startStandIns({
      superuserUrl: database.superuserUrl,
      database: database.name,
      connectAs: database.connectAs,
      log,
      ...(options.now === undefined ? {} : { now: options.now }),
    });
  let standIns = await launch();
  return {
    ...database,
    installed,
    realCron: cron?.kind === 'extension',
    cronVersion: Number.parseFloat(cron?.version ?? '0'),
    messages,
    relaunch: async () => {
      await standIns.stop();
      await restartServer();
      standIns = await launch();
    },
    drop: async () => {
      await standIns.stop();
      await database.drop();
    },
    close: async () => {
      await standIns.stop();
      await database.close();
    },
  };
}

interface Opened {
  readonly database: TestDatabase;
  /** Restarts a server of the file's own; the shared one stays. */
  readonly restartServer: () => Promise<void>;
}

async function openDatabase(file: string, options: RunningOptions): Promise<Opened> {
  const migrated = options.migrations ?? true;
  if (testServer().source === 'debian-15') return ownServer(migrated);
  const database = await (migrated ? createTestDatabase(file) : bareDatabase(file));
  return { database, restartServer: () => Promise.resolve() };
}

const passwordRoles = ['supabase_admin', 'postgres', 'authenticator'];

async function ownServer(migrated: boolean): Promise<Opened> {
  const suffix = randomBytes(4).toString('hex');
  const dataDir = join(tmpdir(), `${testFolderPrefix()}${process.pid}-${suffix}`);
  const name = 'opsroom_cron';
  const start = (): Promise<Cluster> =>
    startCluster({ dataDir, version: 'debian-15', durable: false, cronDatabase: name, log: () => undefined });
  let cluster = await start();
  const { port } = cluster;
  await prepareDatabase({ superuserUrl: cluster.superuserUrl, database: name });
  if (migrated) await applyMigrations(cluster.url(name));
  const passwordOf = (role: string): string => new URL(cluster.url(name, role)).password;
  const server: TestServer = {
    ...testServer(),
    port,
    socketFolder: cluster.socketLogin(name, 'postgres').host,
    passwords: Object.fromEntries(passwordRoles.map((role) => [role, passwordOf(role)])),
    dataDir: cluster.dataDir,
  };
  const database = openTestDatabase(server, name, () => removeCluster(dataDir));
  const close = async (): Promise<void> => {
    await database.close();
    await cluster.stop();
  };
  return {
    database: {
      ...database,
      close,
      // The server stops either way; its data stays after a failure.
      drop: async () => {
        await close();
        await database.drop();
      },
    },
    restartServer: async () => {
      await cluster.stop();
      cluster = await start();
      if (cluster.port !== port) throw new Error('The server came back on another port.');
    },
  };
}
