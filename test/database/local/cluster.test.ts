import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findBinaries } from '../../../local/postgres/binaries.ts';
import { type Cluster, removeCluster, startCluster } from '../../../local/postgres/cluster.ts';
import { canUse, chooseServerUser } from '../../../local/postgres/os-user.ts';
import { choosePlace } from '../../../local/postgres/place.ts';
import { isAlive, runningPostmaster } from '../../../local/postgres/postmaster.ts';
import { initializeData } from '../../../local/postgres/server-process.ts';
import { waitFor } from '../standins/wait-for.ts';

const isRoot = process.getuid?.() === 0;
const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A folder that goes when the test ends, with the cluster in it. `mode` 0700 keeps other users out. */
function folder(mode: number): string {
  const path = mkdtempSync(join(tmpdir(), 'opsroom-cluster-'));
  chmodSync(path, mode);
  undo.push(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'postgres');
}

async function start(dataDir: string, messages: string[] = [], port?: number): Promise<Cluster> {
  undo.push(() => removeCluster(dataDir));
  const cluster = await startCluster({
    dataDir,
    durable: false,
    log: (message) => messages.push(message),
    ...(port === undefined ? {} : { port }),
  });
  undo.push(() => cluster.stop());
  return cluster;
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(statement))].map((row) => Object.values(row)[0]);
  } finally {
    await sql.end();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const Held = z.object({ url: z.string(), dataDir: z.string() });

async function hold(dataDir: string): Promise<{ child: ChildProcess; held: z.infer<typeof Held> }> {
  const script = fileURLToPath(new URL('hold-cluster.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  undo.push(() => end(child));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, held: Held.parse(JSON.parse(String(line))) };
}

describe('a cluster', () => {
  it('keeps its data and its port, leaves no process, and starts over the pid file of a crash', async () => {
    const dataDir = folder(0o711);
    const first = await start(dataDir);
    await query(first.superuserUrl, 'create table kept as select 7 as n');
    const pid = runningPostmaster(join(first.dataDir, 'data'));
    const pidFile = join(first.dataDir, 'data', 'postmaster.pid');
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    await first.stop();
    expect(pid === null ? true : isAlive(pid)).toBe(false);
    // Another program has the number now.
    writeFileSync(pidFile, [String(process.ppid), ...lines.slice(1)].join('\n'));
    const second = await start(dataDir);
    expect(await query(second.superuserUrl, 'select n from kept')).toEqual([7]);
    expect(second.port).toBe(first.port);
    expect(second.version).toMatch(/^17\.\d+$/);
  });

  it('lets in who knows the password, and shows no password, statement or value to others', async () => {
    const cluster = await start(folder(0o711));
    expect(await query(cluster.superuserUrl, 'select current_user')).toEqual(['supabase_admin']);
    const settings = 'rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin';
    const url = cluster.url('postgres');
    expect(await query(url, `select array[${settings}] from pg_roles where rolname = current_user`)).toEqual([
      [false, true, true, true, true, true],
    ]);
    const passwords = [cluster.superuserUrl, url].map((one) => new URL(one).password);
    const wrong = new URL(cluster.superuserUrl);
    for (const password of [passwords[1] ?? '', '']) {
      wrong.password = password;
      await expect(query(wrong.href, 'select 1')).rejects.toThrow();
    }
    // The socket asks no password, so only the server's own user may reach it.
    expect(statSync(cluster.socketLogin('postgres', 'postgres').host).mode & 0o077).toBe(0);
    expect(statSync(join(cluster.dataDir, 'secret')).mode & 0o077).toBe(0);
    const failing = `do $$ begin raise exception 'loud' using detail = 'canary-in-detail'; end $$ -- canary-in-text`;
    await expect(query(url, failing)).rejects.toThrow('loud');
    const list = spawnSync('ps', ['axww', '-o', 'args='], { encoding: 'utf8' }).stdout ?? '';
    const log = readFileSync(join(cluster.dataDir, 'server.log'), 'utf8');
    expect(log).toContain('loud');
    for (const word of [...passwords, 'canary']) {
      expect(list).not.toContain(word);
      expect(log).not.toContain(word);
    }
  });

  it('says so when the port it was told to use is taken', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => {
      blocker.listen(0, '127.0.0.1', resolve);
    });
    undo.push(() => {
      blocker.close();
    });
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(start(folder(0o711), [], port)).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: `Port ${port} on 127.0.0.1 is taken.`,
    });
  });
});

describe('a process that is killed', () => {
  it('takes its server with it; without its watchdog the next start stops the server; nothing committed is lost', async () => {
    const dataDir = folder(0o711);
    undo.push(() => removeCluster(dataDir));
    const first = await hold(dataDir);
    await query(first.held.url, 'create table kept as select 1 as n');
    await expect(startCluster({ dataDir, log: () => undefined })).rejects.toThrow(
      /already in use by process/,
    );
    const data = join(first.held.dataDir, 'data');
    const pid = runningPostmaster(data) ?? 0;
    first.child.kill('SIGKILL');
    await waitFor('the end of the server', async () => !isAlive(pid));

    const second = await hold(dataDir);
    const orphan = runningPostmaster(data) ?? 0;
    // Stopped first, so that it cannot notice; then its watchdog goes, then it goes itself.
    second.child.kill('SIGSTOP');
    for (const watchdog of watchdogsOf(data)) process.kill(watchdog, 'SIGKILL');
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
    expect(isAlive(orphan)).toBe(true);
    const messages: string[] = [];
    const third = await start(dataDir, messages);
    expect(messages).toContain('Stopping the PostgreSQL server an earlier run left behind.');
    expect(isAlive(orphan)).toBe(false);
    expect(await query(third.superuserUrl, 'select n from kept')).toEqual([1]);
  });
});

function watchdogsOf(data: string): number[] {
  const { stdout } = spawnSync('ps', ['axww', '-o', 'pid=,args='], { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line.trimEnd().endsWith(` ${data}`));
  return lines
    .filter((line) => line.includes('postmaster.pid') || line.includes('/bin/sh'))
    .map((line) => Number.parseInt(line, 10));
}

describe.skipIf(!isRoot)('as root', () => {
  it('in a folder other users cannot enter, the data lives in a private folder and is found again', async () => {
    const dataDir = folder(0o700);
    const messages: string[] = [];
    const first = await start(dataDir, messages);
    expect(first.dataDir).not.toBe(dataDir);
    expect(messages[0]).toContain(first.dataDir);
    await query(first.superuserUrl, 'create table kept as select 1 as n');
    await first.stop();
    const second = await start(dataDir);
    expect(await query(second.superuserUrl, 'select n from kept')).toEqual([1]);
    await second.stop();
    // A folder made anew at the same path is another one.
    rmSync(dataDir, { recursive: true });
    const third = await start(dataDir);
    expect(await query(third.superuserUrl, `select to_regclass('kept')`)).toEqual([null]);
    await third.stop();
    await removeCluster(dataDir);
    expect(existsSync(first.dataDir)).toBe(false);
  });

  it('the private folder of a clone that was deleted goes when another one is made', async () => {
    const deleted = folder(0o700);
    const left = await start(deleted);
    await left.stop();
    rmSync(join(deleted, '..'), { recursive: true });
    expect(existsSync(left.dataDir)).toBe(true);

    const other = await start(folder(0o700));
    expect(other.dataDir).not.toBe(left.dataDir);
    expect(existsSync(left.dataDir)).toBe(false);
  });

  it('programs that other users cannot reach are copied to where they can', async () => {
    const dataDir = folder(0o700);
    const closed = join(dataDir, '..', 'programs');
    const binaries = findBinaries('embedded');
    cpSync(binaries.root ?? '', closed, { recursive: true, verbatimSymlinks: true });
    undo.push(() => removeCluster(dataDir));
    const user = chooseServerUser();
    const place = choosePlace(dataDir, { ...binaries, root: closed, bin: join(closed, 'bin') }, user);
    expect(place.binaries.bin.startsWith(place.home)).toBe(true);
    expect(canUse(user, { program: join(place.binaries.bin, 'postgres'), folder: place.data })).toBe(true);
    await initializeData(place, false);
    expect(existsSync(join(place.data, 'PG_VERSION'))).toBe(true);
  });

  const normal = { name: 'postgres', ...idsOf('postgres') };
  const canLeave = normal.uid > 0 && runs(normal, process.execPath, ['-e', '0']);

  it.skipIf(!canLeave)('another user can do the same without being root', async () => {
    const home = mkdtempSync(join(tmpdir(), 'opsroom-cluster-'));
    undo.push(() => rmSync(home, { recursive: true, force: true }));
    chownSync(home, normal.uid, normal.gid);
    const dataDir = join(home, 'inner', 'postgres');
    const script = fileURLToPath(new URL('hold-cluster.ts', import.meta.url));
    const child = spawn(process.execPath, [script, dataDir], {
      ...{ uid: normal.uid, gid: normal.gid },
      cwd: '/',
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    undo.push(() => end(child));
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const held = Held.parse(JSON.parse(String(line)));
    expect(held.dataDir).toBe(dataDir);
    expect(await query(held.url, 'select 1')).toEqual([1]);
    const pid = runningPostmaster(join(dataDir, 'data'));
    child.kill('SIGKILL');
    await waitFor('the end of the server', async () => pid !== null && !isAlive(pid), 10_000);
  });
});

function idsOf(name: string): { uid: number; gid: number } {
  const read = (flag: string): number =>
    Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout ?? '', 10) || 0;
  return { uid: read('-u'), gid: read('-g') };
}

function runs(user: { uid: number; gid: number }, program: string, args: string[]): boolean {
  return spawnSync(program, args, { uid: user.uid, gid: user.gid, cwd: '/', env: {} }).status === 0;
}
