import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkout, makeCheckout, processList, runScript } from './checkout.ts';

/** One value a secret, each unlike anything else on the machine; planted in every place a value can come from. */
const canaries: Readonly<Record<string, string>> = {
  OPS_ANON_KEY: 'canary-anon-7f3a91c4d2e8b5067f3a91c4d2e8b506',
  OPS_INTERNAL_JOB_TOKEN: 'canary-job-1b9e4f7a2c8d6035f1b9e4f7a2c8d603',
  OPS_ARCHIVE_ODOO_FILES_TOKEN: 'canary-odoo-93c7d1e5f8a2b4069d3c7e1f5a8b2d40',
  JOB_QUEUE_RUNNER_SECRET: 'canary-queue-5e8a1c4f7b2d9360e5a8c1f4b7d29e63',
  OPS_ADVISORY_TOKEN: 'canary-advice-2d6f9b3e7a1c5084d26fb93ea71c5d08',
};
const password = 'canary-password-8c2f6a9d3e7b1504';
const needles = [...Object.values(canaries), password];

/** What a leak looks like without being one in full: the middle of a value. */
const fragments = needles.map((value) => value.slice(8, 28));

let checkout: Checkout;
const places = new Map<string, string>();
beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout.remove());

/** Every row of every table outside the catalogs, as text. Vault's decrypting view is the one place that may know. */
async function dumpTables(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`;
    for (const { name } of tables) {
      const rows = await sql.unsafe(`select row_to_json(t)::text as row from ${name} as t`).catch(() => []);
      places.set(`table ${name}`, rows.map((row) => String(row.row)).join('\n'));
    }
    expect(tables.length).toBeGreaterThan(12);
    const [folder] = await sql<{ data: string }[]>`select current_setting('data_directory') as data`.catch(
      () => [],
    );
    if (folder !== undefined) places.set('data_directory', folder.data);
  } finally {
    await sql.end();
  }
}

function readLogs(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(folder, entry);
    if (/\.log(?:\.\d+)?$/.test(entry) && statSync(file).isFile())
      places.set(`log ${entry}`, readFileSync(file, 'utf8'));
  }
}

test('a secret value is in no output, log, table or process list', { timeout: 180_000 }, async () => {
  const start = runScript(checkout, ['start'], canaries);
  await start.waitFor(/Watching runbooks/);
  const { databaseUrl } = JSON.parse(readFileSync(checkout.file('.opsroom/instance.json'), 'utf8')) as {
    databaseUrl: string;
  };

  let processes = '';
  const watch = setInterval(() => {
    processes += processList();
  }, 150);
  const commands: [string, string[], Record<string, string>][] = [
    ['fire archive', ['opsroom', 'fire', 'archive-odoo-files-batch'], {}],
    ['fire health check', ['opsroom', 'fire', 'openrouter-health-check', '--format', 'json'], {}],
    ['fire stats', ['opsroom', 'fire', 'sync_game_platform_stats'], {}],
    ['runs', ['opsroom', 'runs', '--format', 'json'], {}],
    [
      'plan, every value changed',
      ['opsroom', 'plan', '--format', 'json'],
      Object.fromEntries(Object.entries(canaries).map(([name, value]) => [name, `${value}0`])),
    ],
    [
      'plan, every value in the wrong shape',
      ['opsroom', 'plan'],
      Object.fromEntries(
        Object.entries(canaries).map(([name, value]) => [name, `${value.slice(0, 29)} x\n`]),
      ),
    ],
    [
      'apply, every value changed',
      ['opsroom', 'apply', '--yes'],
      Object.fromEntries(Object.entries(canaries).map(([name, value]) => [name, `${value}1`])),
    ],
    ['drift', ['opsroom', 'drift'], canaries],
    ['adopt', ['opsroom', 'adopt'], canaries],
    [
      'no server',
      ['opsroom', 'plan', '--env', 'production'],
      { OPS_PRODUCTION_DATABASE_URL: `postgres://ops:${password}@127.0.0.1:1/postgres` },
    ],
    [
      'wrong password',
      ['opsroom', 'plan', '--env', 'production'],
      { OPS_PRODUCTION_DATABASE_URL: databaseUrl.replace(/:[^:@]+@/, `:${password}@`) },
    ],
    [
      'unreadable address',
      ['opsroom', 'plan', '--env', 'production'],
      { OPS_PRODUCTION_DATABASE_URL: `postgres://ops:${password}@@bad host:x/postgres` },
    ],
  ];
  for (const [name, args, env] of commands) {
    const command = runScript(checkout, args, env);
    await command.exit;
    expect(command.output(), name).not.toBe('');
    places.set(`output of ${name}`, command.output());
  }
  await dumpTables(databaseUrl);
  start.child.kill('SIGINT');
  expect(await start.exit).toBe(0);
  clearInterval(watch);

  places.set('output of npm start', start.output());
  places.set('process list', processes);
  const moved = /lives in (\S+)\./.exec(start.output())?.[1];
  readLogs(moved ?? checkout.file('.opsroom'));
  expect([...places.keys()].some((place) => place.startsWith('log '))).toBe(true);
  expect(processes).toContain('local/start.ts');
  expect(places.get('output of fire archive')).toMatch(/succeeded/);
  expect(places.get('output of apply, every value changed')).toMatch(/Applied \d+ changes/);

  const found = [...places].flatMap(([place, text]) =>
    fragments.flatMap((fragment, index) =>
      text.includes(fragment) ? [`${Object.keys(canaries)[index] ?? 'password'} in ${place}`] : [],
    ),
  );
  expect(found).toEqual([]);

  // The search itself must be able to fail.
  writeFileSync(checkout.file('planted.log'), `x ${needles[0]} x`);
  readLogs(checkout.root.concat('/'));
  expect([...places.values()].some((text) => text.includes(fragments[0] ?? '?'))).toBe(true);
});
