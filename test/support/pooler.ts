import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../actions/_shared/database/connect.ts';
import { freePort } from '../../local/free-port.ts';
import { chooseServerUser } from '../../local/postgres/os-user.ts';

export interface Pooler {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** pgbouncer, where it is installed. */
export function findPooler(): string | undefined {
  return ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((file) =>
    existsSync(file),
  );
}

/**
 * pgbouncer before the database of `target`, as strict about startup parameters as it comes.
 *
 * @param connections how many its clients share; more in session mode, where each client keeps one
 */
export async function startPooler(
  executable: string,
  target: URL,
  mode: 'transaction' | 'session',
  connections = mode === 'transaction' ? 3 : 10,
): Promise<Pooler> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-pooler-'));
  const port = await freePort(undefined);
  const settings = [
    '[databases]',
    `${target.pathname.slice(1)} = host=127.0.0.1 port=${target.port} user=${target.username} password='${target.password}'`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    `pool_mode = ${mode}`,
    `default_pool_size = ${connections}`,
    'server_reset_query = discard all',
  ];
  const file = path.join(folder, 'pgbouncer.ini');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const user = chooseServerUser();
  if (user !== null) for (const entry of [folder, file]) chownSync(entry, user.uid, user.gid);
  chmodSync(folder, 0o755);
  const child = spawn(executable, ['-q', file], {
    stdio: 'ignore',
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  const url = new URL(target.href);
  url.port = String(port);
  await answering(url.href);
  return {
    url: url.href,
    stop: async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const sql = connect({ url, applicationName: 'waiting', max: 1 });
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (attempt > 50) throw error;
      await sleep(100);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}
