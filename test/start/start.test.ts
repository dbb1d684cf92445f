import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeCluster, startCluster } from '../../local/postgres/cluster.ts';
import { placesOf } from '../../local/postgres/place.ts';
import { runningPostmaster } from '../../local/postgres/postmaster.ts';
import { type Checkout, makeCheckout, processList, runScript } from './checkout.ts';

let checkout: Checkout;
beforeAll(() => {
  checkout = makeCheckout();
});
afterAll(() => checkout.remove());

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';

describe('npm start', { timeout: 120_000 }, () => {
  test('--once in a fresh clone exits 0 and names a job that reached its HTTP answer', async () => {
    const start = runScript(checkout, ['start', '--once']);
    const code = await start.exit;
    expect(start.output()).toContain('to create');
    expect(lastLine(start.output())).toMatch(/^sync_game_platform_stats fired .* HTTP 200, succeeded/);
    expect(code).toBe(0);
  });

  test('a second run keeps the data and plans no change', async () => {
    const start = runScript(checkout, ['start', '--once']);
    expect(await start.exit).toBe(0);
    expect(start.output()).toMatch(/No changes/);
    expect(start.output()).toMatch(/\(run [2-9]\d*\)/);
  });

  test('an edited file prints its plan at once and is applied only after a yes', async () => {
    const file = checkout.file('runbooks/cron/openrouter-health-check.yaml');
    const original = readFileSync(file, 'utf8');
    const start = runScript(checkout, ['start']);
    await start.waitFor(/Watching runbooks/);

    writeFileSync(file, original.replace('*/15 * * * *', '*/20 * * * *'));
    await start.waitFor(/Apply this\?/);
    expect(start.output()).toMatch(/Every 15 minutes.*->.*Every 20 minutes/);
    start.child.stdin?.write('n\n');
    await start.waitFor(/Nothing was changed/);

    writeFileSync(file, original.replace('*/15 * * * *', '*/10 * * * *'));
    await start.waitFor(/Every 10 minutes[\s\S]*Apply this\?/);
    start.child.stdin?.write('y\n');
    await start.waitFor(/Applied 1 change to local/);

    const plan = runScript(checkout, [
      'opsroom',
      'plan',
      '--env',
      'local',
      '--format',
      'json',
      '--detailed-exitcode',
    ]);
    expect(await plan.exit, plan.output()).toBe(0);
    // A command knows the values that were made for this laptop.
    expect(plan.output()).not.toContain('is not set');

    writeFileSync(file, original.replace('*/15 * * * *', 'whenever'));
    await start.waitFor(/openrouter-health-check\.yaml:\d+:\d+ error/);

    start.child.kill('SIGINT');
    expect(await start.exit).toBe(0);
    writeFileSync(file, original);
  });

  test('a second start in the same folder is refused while the first runs, and a killed one leaves no orphan', async () => {
    const first = runScript(checkout, ['start']);
    await first.waitFor(/Watching runbooks/);
    const second = runScript(checkout, ['start', '--once']);
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/already running \(process \d+\)/);

    const instance: unknown = JSON.parse(readFileSync(checkout.file('.opsroom/instance.json'), 'utf8'));
    const worker = (instance as { pid: number }).pid;
    expect(worker).toBeGreaterThan(1);
    process.kill(worker, 'SIGKILL');
    await first.exit;
    const deadline = Date.now() + 15_000;
    while (processList().includes(checkout.root) && Date.now() < deadline) await sleep(200);
    expect(processList()).not.toContain(`${checkout.root}/.opsroom`);

    const third = runScript(checkout, ['start', '--once']);
    expect(await third.exit, third.output()).toBe(0);
  });

  test('a change made while a question is open withdraws it, and what an editor leaves beside a file says nothing', async () => {
    const file = checkout.file('runbooks/cron/openrouter-health-check.yaml');
    const original = readFileSync(file, 'utf8');
    const start = runScript(checkout, ['start']);
    await start.waitFor(/Watching runbooks/);
    writeFileSync(checkout.file('runbooks/cron/a.yaml~'), 'half a [');
    writeFileSync(file, original.replace('*/15 * * * *', '*/20 * * * *'));
    await start.waitFor(/Every 20 minutes[\s\S]*Apply this\?/);
    writeFileSync(file, original.replace('*/15 * * * *', '*/12 * * * *'));
    await start.waitFor(/Every 12 minutes[\s\S]*Apply this\?/);
    start.child.stdin?.end();
    await start.waitFor(/Nobody can answer here/);
    writeFileSync(file, original);
    await start.waitFor(/No changes/);
    expect(start.output()).not.toMatch(/ error |Nothing was changed\./);

    start.child.kill('SIGINT');
    expect(await start.exit).toBe(0);
    expect(start.output()).toMatch(/Stopping[\s\S]*Stopped; the data is kept/);
    rmSync(checkout.file('runbooks/cron/a.yaml~'));
  });

  test('a Ctrl-C while it is being made ready ends it soon, in order and without a fault', async () => {
    const start = runScript(checkout, ['start', '--fresh']);
    await start.waitFor(/Creating a PostgreSQL cluster/);
    start.child.kill('SIGINT');
    expect(await start.exit).toBe(130);
    expect(start.output()).toMatch(/Stopping[\s\S]*Stopped; the data is kept/);
    expect(start.output()).not.toMatch(/fault of opsroom|Plan for/);
    expect(processList()).not.toContain(`${checkout.root}/.opsroom`);
  });

  test('a database that ends by itself ends the start, which says so', async () => {
    const start = runScript(checkout, ['start']);
    await start.waitFor(/Watching runbooks/);
    const [postmaster] = placesOf(checkout.file('.opsroom/postgres'))
      .map((home) => runningPostmaster(`${home}/data`))
      .filter((pid) => pid !== null);
    expect(postmaster).toBeGreaterThan(1);
    if (postmaster !== undefined) process.kill(postmaster, 'SIGKILL');
    expect(await start.exit).toBe(1);
    expect(start.output()).toMatch(/PostgreSQL ended by itself.*server\.log[\s\S]*Stopped; the data is kept/);
    expect(start.output()).not.toContain('ECONNREFUSED');

    const again = runScript(checkout, ['start', '--once']);
    expect(await again.exit, again.output()).toBe(0);
  });

  test('a server somebody gives that does not let us in is a located error, not a fault, and its password stays unsaid', async () => {
    const url = 'postgres://somebody:canary-password@127.0.0.1:1/shop';
    const start = runScript(checkout, ['start', '--once', '--database-url', url]);
    expect(await start.exit).toBe(1);
    expect(start.output()).toMatch(
      /error: No database answers there \(127\.0\.0\.1:1, database shop, user somebody\)/,
    );
    expect(start.output()).not.toMatch(/fault of opsroom|canary-password/);
  });

  test('a database of an ordinary role gets what it can have, hears what it lacks, and keeps no connection', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'opsroom-given-'));
    const cluster = await startCluster({ dataDir: folder, durable: false, log: () => undefined });
    const admin = postgres(cluster.superuserUrl, { max: 1, onnotice: () => undefined });
    try {
      await admin`create role ordinary login password 'of its own'`;
      await admin`create database shop owner ordinary`;
      const url = new URL(cluster.url('shop'));
      url.username = 'ordinary';
      url.password = 'of its own';
      const start = runScript(checkout, ['start', '--once', '--fresh'], {
        OPSROOM_START_DATABASE_URL: url.href,
      });
      expect(await start.exit, start.output()).toBe(0);
      expect(start.output()).toMatch(/Missing in this environment[\s\S]*pg_cron: \d+ jobs/);
      expect(start.output()).toContain('never: no pg_cron');
      expect(lastLine(start.output())).toMatch(/fired and reached its true outcome: done, succeeded/);
      // Once, not at every try.
      expect(start.output().match(/schema cache/g)).toHaveLength(1);
      const [left] = await admin<{ count: number }[]>`
        select count(*)::int from pg_stat_activity where datname = 'shop'`;
      expect(left?.count).toBe(0);
    } finally {
      await admin.end();
      await cluster.stop();
      await removeCluster(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a lock whose number somebody else has now holds nobody up', async () => {
    writeFileSync(checkout.file('.opsroom/lock'), `${process.pid} another time`);
    const start = runScript(checkout, ['start', '--once']);
    expect(await start.exit, start.output()).toBe(0);
  });

  test('a file with an error makes --once exit 1 with file, line and column, and changes nothing; mended while watched, all follows', async () => {
    const file = checkout.file('runbooks/cron/broken.yaml');
    writeFileSync(file, 'schedule: "61 * * * *"\ncall:\n  sql: select 1\n');
    const start = runScript(checkout, ['start', '--once']);
    expect(await start.exit).toBe(1);
    expect(start.output()).toMatch(/runbooks\/cron\/broken\.yaml:1:\d+ error/);
    expect(start.output()).toMatch(/nothing was changed/);

    const stays = runScript(checkout, ['start', '--fresh']);
    await stays.waitFor(/Watching runbooks/);
    expect(stays.output()).not.toMatch(/next run|fired/);
    rmSync(file);
    await stays.waitFor(/Apply this\?/);
    stays.child.stdin?.write('y\n');
    await stays.waitFor(/buttons: http[\s\S]*sync_game_platform_stats fired .* HTTP 200, succeeded/);
    stays.child.kill('SIGINT');
    expect(await stays.exit).toBe(0);
  });
});
