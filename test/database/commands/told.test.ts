import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bareDatabase, createTestDatabase, type TestDatabase } from '../../support/database.ts';

const program = path.resolve(import.meta.dirname, '..', '..', '..', 'actions/cli.ts');

let database: TestDatabase;
let empty: TestDatabase;
let root: string;
beforeAll(async () => {
  [database, empty] = await Promise.all([createTestDatabase(import.meta.url), bareDatabase(import.meta.url)]);
  root = mkdtempSync(path.join(tmpdir(), 'opsroom-told-'));
  mkdirSync(path.join(root, 'runbooks/cron'), { recursive: true });
  writeFileSync(
    path.join(root, 'runbooks/environments.yaml'),
    'night:\n  lane: production\n  connection: { env: NIGHT_URL }\n',
  );
});
afterAll(async () => {
  await Promise.all([database.drop(), empty.drop()]);
  rmSync(root, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function opsroom(url: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args, '--env', 'night'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NIGHT_URL: url },
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    text.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text.err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...text })));
}

const commands = [[['runs']], [['fire', 'nightly']]];

describe('somebody woken at night is told what to do', { timeout: 60_000 }, () => {
  test.each(commands)('when no database answers: %s', async (command) => {
    const { code, err } = await opsroom('postgresql://postgres:x@127.0.0.1:1/postgres', ...command);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: No database answers there \(127\.0\.0\.1:1/);
  });

  test.each(commands)('when it is a database without our tables: %s', async (command) => {
    const { code, err } = await opsroom(empty.url, ...command);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: The tables and functions of the control room are not in this database/);
    expect(err).toContain('opsroom apply');
  });

  test.each(commands)('when the role has no rights there: %s', async (command) => {
    await database.superuser`do $$ begin
      if to_regrole('night_guest') is null then create role night_guest login; end if;
    end $$`;
    await database.superuser`alter role night_guest password 'night_guest'`;
    const guest = new URL(database.url);
    [guest.username, guest.password] = ['night_guest', 'night_guest'];
    const { code, err } = await opsroom(guest.href, ...command);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: The database refused: permission denied for schema ops/);
    expect(err).toContain('night_guest');
  });

  test('when the database takes no writes, as hosted does with a full disk', async () => {
    await database.sql`
      insert into ops.job_definitions (name, definition, digest)
      values ('nightly', '{"call": {"kind": "sql", "sql": "select 1"}}', 'x')`;
    const url = `${database.url}?options=-c%20default_transaction_read_only%3Don`;
    const { code, err } = await opsroom(url, 'fire', 'nightly');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: The database takes no writes now/);
    expect(err).toContain('disk');
  });

  test('and a broken YAML file keeps nobody from the runs', async () => {
    const file = path.join(root, 'runbooks/cron/broken.yaml');
    writeFileSync(file, 'schedule: [\n');
    try {
      expect(await opsroom(database.url, 'runs')).toEqual({ code: 0, out: 'No runs.\n', err: '' });
    } finally {
      rmSync(file);
    }
  });
});

test('a job fired by hand may take as long as its file says, whatever limit the role has', async () => {
  const definition = { call: { kind: 'sql', sql: 'select pg_sleep(1.2)', timeout_ms: 20_000 } };
  await database.sql`
    insert into ops.job_definitions (name, definition, digest)
    values ('patient', ${JSON.stringify(definition)}::text::jsonb, 'x')`;
  const url = `${database.url}?options=-c%20statement_timeout%3D600ms%20-c%20lock_timeout%3D600ms`;
  const fired = await opsroom(url, 'fire', 'patient');
  expect(fired).toMatchObject({ code: 0, out: expect.stringContaining('succeeded') });
}, 60_000);

test('and no longer than that', async () => {
  const definition = { call: { kind: 'sql', sql: 'select pg_sleep(20)', timeout_ms: 500 } };
  await database.sql`
    insert into ops.job_definitions (name, definition, digest)
    values ('hasty', ${JSON.stringify(definition)}::text::jsonb, 'x')`;
  const fired = await opsroom(database.url, 'fire', 'hasty');
  expect(fired).toMatchObject({ code: 1, out: expect.stringContaining('timed out') });
}, 60_000);

describe('a database that goes away for a moment', { timeout: 60_000 }, () => {
  /** A way to the database that can be closed and opened again. */
  async function wayTo(target: URL) {
    const open = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = dial(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        open.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => open.delete(socket));
      }
      client.pipe(upstream);
      upstream.pipe(client);
    });
    const listen = (port: number) =>
      new Promise<void>((resolve) => {
        server.listen(port, '127.0.0.1', resolve);
      });
    await listen(0);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = new URL(target.href);
    url.port = String(address.port);
    const close = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    };
    return { url: url.href, close, reopen: () => listen(address.port) };
  }

  test('is waited for by who follows runs', async () => {
    const way = await wayTo(new URL(database.url));
    const child = spawn(process.execPath, [program, 'runs', '--follow', '--env', 'night'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, NIGHT_URL: way.url },
    });
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      text.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text.err += chunk;
    });
    const ended = once(child, 'close');
    try {
      await expect.poll(() => text.out, { timeout: 20_000 }).toContain('hasty');
      await way.close();
      await expect.poll(() => text.err, { timeout: 20_000 }).toContain('does not answer');
      await way.reopen();
      await database.sql`select ops.fire_now('nightly', 'somebody')`;
      await expect.poll(() => text.err, { timeout: 20_000 }).toContain('answers again');
      await expect.poll(() => text.out, { timeout: 20_000 }).toContain('nightly');
    } finally {
      child.kill('SIGINT');
    }
    expect((await ended)[0]).toBe(0);
    await way.close();
  });

  test('while a job is being fired says to look before firing again', async () => {
    const definition = { call: { kind: 'sql', sql: 'select pg_sleep(30)', timeout_ms: 40_000 } };
    await database.sql`
      insert into ops.job_definitions (name, definition, digest)
      values ('long', ${JSON.stringify(definition)}::text::jsonb, 'x')`;
    const fired = opsroom(database.url, 'fire', 'long');
    const sleeping = () => database.superuser`
      select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await expect.poll(async () => (await sleeping()).length, { timeout: 20_000 }).toBe(1);
    await database.superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`;
    const { code, err } = await fired;
    expect(code).toBe(1);
    expect(err).toMatch(/^error: The connection was lost before the start of long was confirmed/);
    expect(err).toContain('opsroom runs long');
  });
});
