import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Cluster, removeCluster, startCluster } from '../../../../../local/postgres/cluster.ts';
import { prepareDatabase } from '../../../../../local/postgres/prepare.ts';
import { applyMigrations } from '../../../../support/migrations.ts';
import { testFolderPrefix } from '../../../../support/test-server.ts';

/** A server of a test's own, which it may restart. */
export interface OwnServer {
  /** Of role postgres; the same after a restart. */
  readonly url: string;
  /** What it is, for the head of a table. */
  readonly description: string;
  /** Stop the server, and start it again a moment later. */
  readonly restart: (awayMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @throws Error when the server comes back elsewhere */
export async function startOwnServer({ durable = false } = {}): Promise<OwnServer> {
  const dataDir = path.join(
    tmpdir(),
    `${testFolderPrefix()}${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  const start = (port?: number): Promise<Cluster> =>
    startCluster({ dataDir, durable, log: () => undefined, ...(port === undefined ? {} : { port }) });
  let cluster = await start();
  const { port } = cluster;
  await prepareDatabase({ superuserUrl: cluster.superuserUrl, database: 'work' });
  const url = cluster.url('work', 'postgres');
  await applyMigrations(url);
  return {
    url,
    description: `PostgreSQL ${cluster.version} (${cluster.source}), fsync and synchronous_commit ${durable ? 'on' : 'off'}`,
    restart: async (awayMs) => {
      await cluster.stop();
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      cluster = await start(port);
      if (cluster.port !== port) throw new Error('The server came back on another port.');
    },
    close: async () => {
      await cluster.stop();
      await removeCluster(dataDir);
    },
  };
}
