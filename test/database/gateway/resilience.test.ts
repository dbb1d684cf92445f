import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { type Cluster, removeCluster, startCluster } from '../../../local/postgres/cluster.ts';
import { prepareDatabase } from '../../../local/postgres/prepare.ts';
import { openConnection } from '../../../local/supabase/database/connection.ts';
import { loginAs } from '../../../local/supabase/database/login.ts';
import { createPool } from '../../../local/supabase/database/pool.ts';
import { startGateway } from '../../../local/supabase/start.ts';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url, { connections: 5 });
afterAll(() => gateway.close());

describe('many at once', () => {
  it('200 calls share a bounded pool, and none gets another one’s answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        gateway.send('/rest/v1/rpc/add', { method: 'POST', body: JSON.stringify({ a: n, b: 1_000 }) }),
      ),
    );
    expect(answers.map(({ json }) => json)).toEqual(answers.map((_, n) => n + 1_000));
    const [row] = await gateway.database.superuser<{ count: number }[]>`
      select count(*)::int from pg_stat_activity where application_name = 'opsroom rest' and datname = current_database()`;
    expect(row?.count).toBeLessThanOrEqual(5);
  });

  it('good and failing calls side by side stay apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        gateway.send('/rest/v1/rpc/add', {
          method: 'POST',
          body: JSON.stringify({ a: n % 3 === 0 ? 'x' : n, b: 0 }),
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 3 === 0 ? 400 : 200)));
  });
});

describe('a connection', () => {
  it('proves a password over TCP, and hears when it is wrong', async () => {
    const url = new URL(gateway.database.url);
    const login = {
      ...loginAs('postgres', { superuserUrl: url.href, database: gateway.database.name }),
      actAs: null,
    };
    const connection = await openConnection(login, {});
    expect(await connection.run([{ text: 'select current_user', values: [] }])).toEqual([[['postgres']]]);
    connection.close();
    await expect(openConnection({ ...login, password: 'wrong' }, {})).rejects.toThrow('cannot be reached');
  });

  it('that may not become its role leaves nothing behind at the server', async () => {
    const url = gateway.database.url;
    const login = { ...loginAs('supabase_admin', { superuserUrl: url, database: gateway.database.name }) };
    const application = 'opsroom may not';
    for (let n = 0; n < 3; n += 1) {
      await expect(openConnection(login, { application_name: application })).rejects.toThrow(
        'permission denied to set session authorization',
      );
    }
    await expect
      .poll(async () => {
        const [row] = await gateway.database.superuser<{ count: number }[]>`
          select count(*)::int from pg_stat_activity where application_name = ${application}`;
        return row?.count;
      })
      .toBe(0);
  });

  it('is one transaction a batch: what fails undoes what came before', async () => {
    const pool = createPool({
      login: loginAs('postgres', { ...gateway.database, database: gateway.database.name }),
      max: 1,
      waitMs: 100,
      settings: {},
    });
    const insert = { text: 'insert into api.pairs values ($1::int, 1)', values: ['900'] };
    await expect(pool.run([insert, { text: 'select 1 / 0', values: [] }])).rejects.toMatchObject({
      code: '22012',
    });
    expect(await pool.run([{ text: 'select count(*) from api.pairs where a = 900', values: [] }])).toEqual([
      [['0']],
    ]);
    const long = 'é€🦊"\\'.repeat(20_000);
    expect(await pool.run([{ text: 'select $1::text, $2::text', values: [long, null] }])).toEqual([
      [[long, null]],
    ]);
    const slow = pool.run([{ text: 'select pg_sleep(0.5)', values: [] }]);
    await expect(pool.run([insert])).rejects.toMatchObject({ kind: 'busy' });
    await slow;
    pool.close();
  });

  it('forgets the statements it used least', async () => {
    const pool = createPool({
      login: loginAs('postgres', { ...gateway.database, database: gateway.database.name }),
      max: 1,
      waitMs: 100,
      settings: {},
    });
    for (let n = 0; n < 450; n += 1) {
      expect(await pool.run([{ text: `select ${n}`, values: [] }])).toEqual([[[String(n)]]]);
    }
    const [rows] = await pool.run([{ text: 'select count(*) from pg_prepared_statements', values: [] }]);
    expect(Number(rows?.[0]?.[0])).toBeLessThanOrEqual(200);
    pool.close();
  });
});

describe('a restart of the database', () => {
  it('is 503 while it lasts, and over when it is over', async () => {
    const dataDir = join(tmpdir(), `opsroom-test-gateway-${process.pid}`);
    const stateFolder = mkdtempSync(join(tmpdir(), 'opsroom-gateway-'));
    const start = (): Promise<Cluster> => startCluster({ dataDir, durable: false, log: () => {} });
    let cluster = await start();
    try {
      await prepareDatabase({ superuserUrl: cluster.superuserUrl, database: 'restarted' });
      const { url, keys, stop } = await startGateway({
        superuserUrl: cluster.superuserUrl,
        database: 'restarted',
        connectAs: cluster.socketLogin,
        stateFolder,
        schemas: ['public'],
      });
      const ask = async (): Promise<readonly [number, unknown]> => {
        const response = await fetch(`${url}/rest/v1/nothing`, { headers: { apikey: keys.secret } });
        const body: unknown = await response.json();
        return [response.status, body];
      };
      const sleep = async (seconds: number): Promise<number> => {
        const init = {
          method: 'POST',
          headers: { apikey: keys.secret, 'content-type': 'application/json' },
          body: JSON.stringify({ s: seconds }),
        };
        return (await fetch(`${url}/rest/v1/rpc/sleep`, init)).status;
      };
      const sql = postgres(cluster.url('restarted'), { max: 1, onnotice: () => {} });
      await sql`create function public.sleep(s int) returns void language sql as 'select pg_sleep(s)'`;
      await sql.end();
      await expect.poll(() => sleep(0)).toBe(204);

      const underWay = sleep(30);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await cluster.stop();
      expect(await underWay).toBe(503);
      expect(await sleep(0)).toBe(503);
      expect(await ask()).toMatchObject([404, { code: 'PGRST205' }]);

      cluster = await start();
      await expect.poll(() => sleep(0), { timeout: 15_000 }).toBe(204);
      await stop();
    } finally {
      await cluster.stop();
      await removeCluster(dataDir);
      rmSync(stateFolder, { recursive: true, force: true });
    }
  }, 60_000);
});
