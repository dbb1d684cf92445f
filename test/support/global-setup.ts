/**
 * One PostgreSQL server for the whole vitest run: started before the first test, stopped after the last.
 */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { z } from 'zod';
import { type Cluster, removeCluster, startCluster } from '../../local/postgres/cluster.ts';
import { isAlive } from '../../local/postgres/postmaster.ts';
import { type InstalledExtension, prepareDatabase } from '../../local/postgres/prepare.ts';
import { applyMigrations } from './migrations.ts';
import { chosenSource, type TestServer, testFolderPrefix } from './test-server.ts';

const FileFilters = z.array(z.string()).optional();

const templates = { bare: 'opsroom_bare_template', migrated: 'opsroom_migrated_template' };

/** Called by vitest; what it returns is called after the last test. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!(await needsServer(project))) {
    project.provide('testServer', null);
    return undefined;
  }
  await removeAbandoned();
  const dataDir = join(tmpdir(), `${testFolderPrefix()}${process.pid}`);
  const cluster = await startCluster({
    dataDir,
    version: chosenSource(),
    durable: false,
    log: (message) => {
      // Where a moved cluster lives matters only when something is kept, and then it is said.
      if (!/^Creating/.test(message)) process.stderr.write(`${message}\n`);
    },
  });
  try {
    const { server, extensions } = await prepareTemplates(cluster);
    project.provide('testServer', server);
    const names = { extension: '', 'stand-in': ' stand-in' };
    const parts = extensions.map((found) => `${found.name} ${found.version}${names[found.kind]}`);
    process.stderr.write(
      `Tests run against PostgreSQL ${cluster.version} (${cluster.source}), ${parts.join(', ')}\n`,
    );
    if (cluster.hasPgCron) {
      process.stderr.write('Files that run jobs have a server of their own there, with the real pg_cron.\n');
    }
    if (server.migrationError !== null) process.stderr.write(`${server.migrationError}\n`);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return async () => {
    await cluster.stop();
    if (project.vitest.state.getCountOfFailedTests() === 0) await removeCluster(dataDir);
    else {
      process.stderr.write(
        `\nThe databases of failed tests are kept until the next run: node local/postgres/serve.ts ${dataDir}\n`,
      );
    }
  };
}

/** Unit tests alone need no server. */
async function needsServer(project: TestProject): Promise<boolean> {
  // Vitest keeps what was named on its command line in a field it does not type.
  const named = FileFilters.safeParse(Reflect.get(project.vitest, 'filenamePattern'));
  const { testFiles } = await project.globTestFiles(named.data);
  return testFiles.length === 0 || testFiles.some((file) => !file.includes('/test/unit/'));
}

async function prepareTemplates(
  cluster: Cluster,
): Promise<{ server: TestServer; extensions: readonly InstalledExtension[] }> {
  const { superuserUrl } = cluster;
  const extensions = await prepareDatabase({ superuserUrl, database: templates.bare });
  const sql = postgres(superuserUrl, { max: 1, onnotice: () => undefined });
  let migrationError: string | null = null;
  try {
    await sql`create database ${sql(templates.migrated)} owner postgres template ${sql(templates.bare)}`;
    migrationError = await applyMigrations(cluster.url(templates.migrated)).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    for (const name of Object.values(templates)) {
      await sql`alter database ${sql(name)} is_template true allow_connections false`;
    }
  } finally {
    await sql.end();
  }
  const login = cluster.socketLogin('postgres', 'postgres');
  const roles = ['supabase_admin', 'postgres', 'authenticator'];
  const server: TestServer = {
    source: cluster.source,
    version: cluster.version,
    port: cluster.port,
    socketFolder: login.host,
    passwords: Object.fromEntries(
      roles.map((role) => [role, new URL(cluster.url('postgres', role)).password]),
    ),
    dataDir: cluster.dataDir,
    templates,
    migrationError,
  };
  return { server, extensions };
}

/** What earlier runs kept, or left behind when they were killed, goes; runs still going are left alone. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(testFolderPrefix())) continue;
    const pid = Number.parseInt(name.slice(testFolderPrefix().length), 10);
    if (isAlive(pid)) continue;
    await removeCluster(join(tmpdir(), name));
  }
}
