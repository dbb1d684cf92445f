import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Cluster, removeCluster, startCluster } from '../local/postgres/cluster.ts';
import { prepareDatabase } from '../local/postgres/prepare.ts';

export interface BenchServer {
  readonly cluster: Cluster;
  /** Role postgres, database postgres. */
  readonly url: string;
  /** What the figures rest on, for the head of the table. */
  readonly description: string;
  readonly close: () => Promise<void>;
}

/** A throwaway durable server: Debian's PostgreSQL 15 with the real pg_cron where installed, else the embedded one. */
export async function startBenchServer(): Promise<BenchServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-bench-'));
  const debian = existsSync('/usr/lib/postgresql/15/lib/pg_cron.so');
  const cluster = await startCluster({
    dataDir: folder,
    version: debian ? 'debian-15' : 'embedded',
    log: () => undefined,
  });
  const parts = await prepareDatabase({ superuserUrl: cluster.superuserUrl, database: 'postgres' });
  return {
    cluster,
    url: cluster.url('postgres', 'postgres'),
    description: `PostgreSQL ${cluster.version} (${cluster.source}), fsync and synchronous_commit on; ${parts
      .map((part) => `${part.name} ${part.version} ${part.kind}`)
      .join(', ')}`,
    async close() {
      await cluster.stop();
      await removeCluster(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
