/**
 * A database of its own for a test file: cloned from a template in about 50 ms, dropped when the file is green.
 */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { afterEach, inject } from 'vitest';
import type { SocketLogin } from '../../local/postgres/cluster.ts';
import type { TestServer } from './test-server.ts';

/** A database and ways into it. */
export interface TestDatabase {
  readonly name: string;
  /** As hosted's role postgres: owner of the database, not superuser. */
  readonly sql: Sql;
  readonly superuser: Sql;
  /** Connection string of role postgres. */
  readonly url: string;
  readonly superuserUrl: string;
  /** A connection as any role: roles without login are entered through authenticator, as the Data API does. */
  as(role: string): Sql;
  /** For `startStandIns`: how jobs log in as their own user. */
  readonly connectAs: (database: string, role: string) => SocketLogin;
  /** Closes the connections and drops the database, unless a test of this file failed. */
  drop(): Promise<void>;
  /** Closes the connections only. */
  close(): Promise<void>;
}

let failed = false;
afterEach(({ task }) => {
  if (task.result?.state === 'fail') failed = true;
});

/** Whether a test of this file has failed so far. */
export function hasFailedTest(): boolean {
  return failed;
}

/** The server of this run. @throws Error in a run of unit tests only. */
export function testServer(): TestServer {
  const server = inject('testServer');
  if (server === null)
    throw new Error('Tests that need a database belong in test/database, not in test/unit.');
  return server;
}

/** A database with hosted's roles and extensions and our migrations. @param file `import.meta.url` of the test. */
export async function createTestDatabase(file: string): Promise<TestDatabase> {
  const server = testServer();
  if (server.migrationError !== null) throw new Error(server.migrationError);
  return clone(server, server.templates.migrated, file);
}

/** The same without our migrations. @param file `import.meta.url` of the test. */
export async function bareDatabase(file: string): Promise<TestDatabase> {
  const server = testServer();
  return clone(server, server.templates.bare, file);
}

/** Opens an existing database of `server`; `remove` is what `drop` does once the connections are closed. */
export function openTestDatabase(
  server: TestServer,
  name: string,
  remove: () => Promise<void>,
): TestDatabase {
  const url = (role: string): string =>
    `postgres://${role}:${server.passwords[role] ?? ''}@127.0.0.1:${server.port}/${name}`;
  const connectAs = (database: string, role: string): SocketLogin => ({
    host: server.socketFolder,
    port: server.port,
    database,
    username: role,
  });
  const opened: Sql[] = [];
  const open = (options: postgres.Options<Record<string, never>>): Sql => {
    const sql = postgres({ ...options, onnotice: () => undefined });
    opened.push(sql);
    return sql;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((sql) => sql.end({ timeout: 2 })));
  };
  return {
    name,
    sql: open({ ...connectAs(name, 'postgres'), max: 4 }),
    superuser: open({ ...connectAs(name, 'supabase_admin'), max: 2 }),
    url: url('postgres'),
    superuserUrl: url('supabase_admin'),
    as: (role) =>
      apiRoles.has(role)
        ? open({ ...connectAs(name, 'authenticator'), max: 1, connection: { role } })
        : open({ ...connectAs(name, role), max: 1 }),
    connectAs,
    close,
    drop: async () => {
      await close();
      if (failed) process.stderr.write(`Kept for you to look at: database ${name} in ${server.dataDir}\n`);
      else await remove();
    },
  };
}

const apiRoles = new Set(['anon', 'authenticated', 'service_role']);

async function clone(server: TestServer, template: string, file: string): Promise<TestDatabase> {
  const label = basename(fileURLToPath(file), '.test.ts').replaceAll(/[^a-z0-9]+/g, '_');
  const name = `t_${label.slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  await withAdministrator(server, async (sql) => {
    await sql`create database ${sql(name)} owner postgres template ${sql(template)}`;
  });
  return openTestDatabase(server, name, () =>
    withAdministrator(server, async (sql) => {
      await sql`drop database if exists ${sql(name)} with (force)`;
    }),
  );
}

async function withAdministrator(server: TestServer, act: (sql: Sql) => Promise<void>): Promise<void> {
  const login = {
    host: server.socketFolder,
    port: server.port,
    database: 'postgres',
    username: 'supabase_admin',
  };
  const sql = postgres({ ...login, max: 1, onnotice: () => undefined });
  try {
    await act(sql);
  } finally {
    await sql.end();
  }
}
