/**
 * `node local/postgres/serve.ts FOLDER`: starts the cluster of a folder, says how to log in, runs until Ctrl-C. For
 * looking at what a failed test left, and for a plain server to try things on.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../actions/_shared/io/errors.ts';
import { startCluster } from './cluster.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function serve(folder: string): Promise<void> {
  const versionFile = join(folder, 'data', 'PG_VERSION');
  const isDebian = existsSync(versionFile) && readFileSync(versionFile, 'utf8').trim() === '15';
  const cluster = await startCluster({
    dataDir: folder,
    version: isDebian ? 'debian-15' : 'embedded',
    log: say,
  });
  say(`PostgreSQL ${cluster.version} listens. As superuser: ${cluster.superuserUrl}`);
  say(`As role postgres: ${cluster.url('postgres')}`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), cluster.exited]);
  await cluster.stop();
}

const folder = process.argv[2];
try {
  if (folder === undefined)
    throw new ConfigurationError('Say which folder: node local/postgres/serve.ts FOLDER');
  await serve(folder);
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n${error.hint ?? ''}\n`);
  process.exitCode = 1;
}
