/**
 * A process of its own for the cluster tests: starts the cluster of a folder, says where it is, and waits to be killed.
 */
import { startCluster } from '../../../local/postgres/cluster.ts';

const [folder = ''] = process.argv.slice(2);
const log = (message: string): void => {
  process.stderr.write(`${message}\n`);
};
const cluster = await startCluster({ dataDir: folder, durable: false, log });
process.stdout.write(`${JSON.stringify({ url: cluster.superuserUrl, dataDir: cluster.dataDir })}\n`);
setInterval(() => undefined, 60_000);
