import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../../actions/cli.ts';
import { createTestDatabase } from '../../support/database.ts';
import { ENVIRONMENTS } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const root = mkdtempSync(path.join(tmpdir(), 'opsroom-check-'));
afterAll(async () => {
  rmSync(root, { recursive: true });
  await database.drop();
});

const canary = 'canary-secret-0123456789abcdef';
let out = '';
let err = '';

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, 'runbooks', file)), { recursive: true });
  writeFileSync(path.join(root, 'runbooks', file), text);
}

async function opsroom(...args: readonly string[]): Promise<number> {
  out = '';
  err = '';
  return runCli(['check', ...args, '--root', root, '-e', 'production']);
}

beforeEach(async () => {
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  vi.stubEnv('OPS_PRODUCTION_DATABASE_URL', database.url);
  vi.stubEnv('GITHUB_TOKEN', '');
  vi.stubEnv('SHOP_KEY', canary);
  await sql`create table if not exists public.orders (id text, state text)`;
  await sql`truncate public.orders`;
  write('environments.yaml', ENVIRONMENTS);
  write('secrets.yaml', 'shop_key:\n  value: { env: SHOP_KEY }\n  vault: false\n');
  const head = 'owner: "@team"\n';
  write(
    'checks/orders.yaml',
    `description: Orders wait\n${head}sql: { query: "select count(*) from public.orders", when: { warning: "> 0", critical: "> 2" } }\n`,
  );
  write(
    'checks/stuck.yaml',
    `description: An order is stuck\n${head}severity: info\nsql: { query: "select id as object, 'it says: ' || state as detail from public.orders order by id", rows: true }\n`,
  );
  write('checks/queue.yaml', `description: The queue\n${head}queue: { depth: 1 }\n`);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('opsroom check', () => {
  it('says that all is well, and ends with 0', async () => {
    expect(await opsroom()).toBe(0);
    expect(out).toMatch(/ok +orders/);
    expect(out).toContain('3 checks, 3 of them saw everything: all is well');
    expect(err).toBe('');
  });

  it('ends with 2 when something is wrong, says what and what to do, and shows no value that must not be seen', async () => {
    await sql`insert into public.orders values ('a', ${`new ${canary}`})`;

    expect(await opsroom()).toBe(2);
    expect(out).toMatch(/warning +orders +The value is 1; > 0 is bad\./);
    expect(out).toMatch(/info +stuck +a +it says: new \*\*\*/);
    expect(out).toContain('What to do');
    expect(out).toContain('1 warning, 1 info');
    expect(out).not.toContain(canary);
  });

  it('lets the caller say what fails it, and which checks to look at', async () => {
    await sql`insert into public.orders values ('a', 'new')`;

    expect(await opsroom('--fail-on', 'critical')).toBe(0);
    expect(await opsroom('stuck')).toBe(0);
    expect(out).not.toContain('orders');
    expect(await opsroom('que*')).toBe(0);
    await sql`insert into public.orders values ('b', 'new'), ('c', 'new')`;
    expect(await opsroom('--fail-on', 'critical')).toBe(2);
  });

  it('knows no check of another name, and suggests the nearest', async () => {
    expect(await opsroom('order')).toBe(1);
    expect(err).toContain('No check named order is awake in environment production.');
    expect(err).toContain('Did you mean orders?');
  });

  it('prints JSON with everything in it, and annotations that nobody can break out of', async () => {
    await sql`insert into public.orders values ('a::warning title=x', ${'two\nlines, 100%'})`;

    expect(await opsroom('--format', 'json')).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      environment: 'production',
      evaluated: ['orders', 'queue', 'stuck'],
      skipped: [],
    });
    expect(await opsroom('--format', 'github')).toBe(2);
    expect(out.split('\n')).toEqual([
      '::warning title=orders::The value is 1; > 0 is bad. See what the check is for, and who owns it.',
      '::notice title=stuck a%3A%3Awarning title=x::it says: two lines, 100%25 See what the check is for, and who owns it.',
      '',
    ]);
  });

  it('calls what it could not look at unknown, and ends with 2', async () => {
    vi.stubEnv('OPS_PRODUCTION_DATABASE_URL', 'postgres://nobody:canary-password@127.0.0.1:1/none');

    expect(await opsroom('--fail-on', 'warning')).toBe(2);
    expect(out).toMatch(/unknown +orders +The database cannot be asked: No database answers there/);
    expect(out).toContain('3 unknown');
    expect(out + err).not.toContain('canary');
    expect(await opsroom('--fail-on', 'critical')).toBe(0);
  });

  it('does not begin with a file that is wrong', async () => {
    write('checks/broken.yaml', 'description: x\nowner: "@t"\nsql: { qery: x }\n');

    expect(await opsroom()).toBe(1);
    expect(err).toContain('runbooks/checks/broken.yaml:3:8');
    rmSync(path.join(root, 'runbooks/checks/broken.yaml'));
  });
});
