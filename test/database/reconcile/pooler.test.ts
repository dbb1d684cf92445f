import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { chooseServerUser } from '../../../local/postgres/os-user.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, fleet, secret } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((file) =>
  existsSync(file),
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

interface Pooler {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** pgbouncer in transaction mode with two server connections, as strict about startup parameters as it comes. */
async function startPooler(executable: string, target: URL): Promise<Pooler> {
  const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-pooler-'));
  const port = await freePort();
  const settings = [
    '[databases]',
    `${target.pathname.slice(1)} = host=127.0.0.1 port=${target.port} user=${target.username} password='${target.password}'`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 2',
    'server_reset_query =',
  ];
  const file = path.join(folder, 'pgbouncer.ini');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const user = chooseServerUser();
  if (user !== null) for (const entry of [folder, file]) chownSync(entry, user.uid, user.gid);
  chmodSync(folder, 0o755);
  const child: ChildProcess = spawn(executable, ['-q', file], {
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
      await new Promise((resolve) => child.once('exit', resolve));
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

describe.skipIf(program === undefined)(
  `through pgbouncer in transaction mode${program === undefined ? ' (not installed)' : ''}`,
  () => {
    let database: TestDatabase;
    let pooler: Pooler;
    beforeAll(async () => {
      database = await emptyDatabase(import.meta.url);
      pooler = await startPooler(program ?? '', new URL(database.url));
    });
    afterAll(async () => {
      await pooler.stop();
      await database.drop();
    });

    const env = { TEST_PROJECT_URL: 'https://example.test' };
    const desired = desiredState({ secrets: [secret('project_url')], jobs: fleet(20) });

    it('a first apply, a plan and a second apply work, four clients sharing two connections', async () => {
      const clients = Array.from({ length: 4 }, () =>
        connect({ url: pooler.url, applicationName: 'opsroom' }),
      );
      const results = await Promise.all(
        clients.map((sql) => applyPlan({ sql, desired, env, prune: false, actor: { name: 'test' } })),
      );
      expect(results.map((result) => result.reason).sort()).toEqual([
        'applied',
        'nothing_to_do',
        'nothing_to_do',
        'nothing_to_do',
      ]);
      const plans = await Promise.all(clients.map((sql) => computePlan({ sql, desired, env, prune: false })));
      expect(plans.flatMap((plan) => plan.changes)).toEqual([]);
      await Promise.all(clients.map((sql) => sql.end()));
    });

    it('no setting, statement or lock of ours stays behind on a server connection', async () => {
      const sql = connect({ url: pooler.url, applicationName: 'opsroom' });
      const [row] = await sql`
      select current_setting('statement_timeout') as timeout, current_setting('lock_timeout') as lock,
             (select count(*)::int from pg_prepared_statements) as prepared,
             (select count(*)::int from pg_locks l join pg_database d on d.oid = l.database
              where d.datname = current_database() and l.locktype = 'advisory' and l.classid = 7303283) as locks`;
      expect(row).toEqual({ timeout: '0', lock: '0', prepared: 0, locks: 0 });
      await sql.end();
    });

    it('a name it does not know is a configuration error that says where', async () => {
      const url = new URL(pooler.url);
      url.pathname = '/nowhere';
      const sql = connect({ url: url.href, applicationName: 'opsroom', max: 1 });
      await expect(computePlan({ sql, desired, env, prune: false })).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringContaining('no such database'),
      });
      await sql.end({ timeout: 1 });
    });
  },
);
