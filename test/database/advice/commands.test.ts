/** `opsroom scan` and `opsroom doctor` as a shell runs them. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { soundFiles, soundState } from './advice.ts';

const source = path.resolve(import.meta.dirname, '..', '..', '..');
const database = await createTestDatabase(import.meta.url);
let root: string;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'opsroom-advice-'));
  for (const [file, text] of Object.entries(soundFiles)) write(file, text);
  cpSync(path.join(source, 'migrations'), path.join(root, 'migrations'), { recursive: true });
  await database.sql.unsafe(soundState).simple();
});
afterAll(async () => {
  await database.drop();
  rmSync(root, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function opsroom(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [path.join(source, 'actions/cli.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, OPS_PRODUCTION_DATABASE_URL: database.url, ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const scan = (...args: readonly string[]): Promise<Ended> =>
  opsroom(['scan', '--env', 'production', ...args]);

/** A file that leaves out what this test is not about. */
const quiet = (more = ''): string => `
rules:
  unused_index: { enabled: false }
  cannot_evaluate: { enabled: false }
  net_open_to_public: { enabled: false }
  cron_silent: { enabled: false }
  net_worker_down: { enabled: false }
  authenticated_security_definer_function_executable: { enabled: false }
${more}`;

describe('opsroom scan', { timeout: 60_000 }, () => {
  it('ends with 0 when all is well, and changes nothing', async () => {
    write('runbooks/advisories/defaults.yaml', quiet());
    const ended = await scan('--fail-on', 'info');
    expect(ended, ended.out).toMatchObject({ code: 0, err: '' });
    expect(await database.sql`select count(*)::int as n from ops.advice_scans`).toEqual([{ n: 0 }]);
  });

  it('ends with 2 for what is bad enough, with 3 for what it could not see, and 0 for what a file lives with', async () => {
    await database.sql`create table public.log (note text)`;
    await database.sql`alter table public.log enable row level security`;
    await database.sql`comment on table public.log is 'Notes.'`;
    const [error, info, never] = await Promise.all([
      scan(),
      scan('--fail-on', 'info'),
      scan('--fail-on', 'never'),
    ]);
    expect([error.code, info.code, never.code]).toEqual([0, 2, 0]);
    expect(info.out).toContain('no_primary_key');
    await database.superuser`revoke all on net.http_request_queue from public`;
    const strict = await scan('--strict');
    expect(strict.code, strict.out).toBe(3);
    expect(strict.out).toContain('permission denied for table http_request_queue');
    await database.superuser`grant all on net.http_request_queue to public`;
    write(
      'runbooks/advisories/defaults.yaml',
      quiet(`suppressions:
  - { cache_key: "*_public_log", owner: "@me", reason: "a log nobody joins", expires: 2099-12-31 }
`),
    );
    const lived = await scan('--fail-on', 'info');
    expect(lived.code, lived.out).toBe(0);
    expect(lived.out).toContain('until 2099-12-31 by @me');
    expect((await scan('--new-only')).out).not.toContain('public.log');
  });

  it('prints JSON, annotations and SARIF that parse, nothing else', async () => {
    await database.sql`select cron.schedule('leaky', '0 0 1 1 *', 'select ''Bearer sb_secret_canary0123456789''')`;
    try {
      const [json, github, sarif] = await Promise.all([
        scan('--format', 'json'),
        scan('--format', 'github'),
        scan('--format', 'sarif'),
      ]);
      expect([json.code, github.code, sarif.code]).toEqual([2, 2, 2]);
      expect(JSON.parse(json.out)).toMatchObject({ schema_version: 1, environment: 'production' });
      expect(github.out).toMatch(/^::error title=cron_secret_in_command::/m);
      expect(JSON.parse(sarif.out).runs[0].results.length).toBeGreaterThan(0);
      for (const { out } of [json, github, sarif]) expect(out).not.toContain('canary');
    } finally {
      await database.sql`select cron.unschedule('leaky')`;
    }
  });

  it('says what is wrong with files, and with the way to the database', async () => {
    const away = await opsroom(['scan', '--env', 'production'], {
      OPS_PRODUCTION_DATABASE_URL: 'postgres://u:hidden-password@127.0.0.1:1/x',
    });
    expect(away.code).toBe(1);
    expect(away.err).toContain('No database answers there');
    expect(away.err).not.toContain('hidden-password');
    write('runbooks/advisories/bad.yaml', 'rules: { no_such_rule: {} }\n');
    try {
      const broken = await scan();
      expect(broken.code).toBe(1);
      expect(broken.err).toMatch(/bad\.yaml:1:10/);
    } finally {
      rmSync(path.join(root, 'runbooks/advisories/bad.yaml'));
    }
  });
});

describe('opsroom doctor', { timeout: 60_000 }, () => {
  const items = ({
    out,
  }: Ended): Readonly<Record<string, { status: string; detail: string; remedy: string | null }>> =>
    Object.fromEntries(JSON.parse(out).items.map((item: { id: string }) => [item.id, item]));
  const doctor = (env: Readonly<Record<string, string>> = {}, ...args: readonly string[]): Promise<Ended> =>
    opsroom(['doctor', '--env', 'production', '--format', 'json', ...args], env);

  it('looks at everything that is there, and says why of the rest', async () => {
    const ended = await doctor();
    const seen = items(ended);
    expect(ended.err).toBe('');
    expect(seen).toMatchObject({
      'here.node': { status: 'ok' },
      'runbooks.files': { status: 'ok' },
      'database.reachable': { status: 'ok', detail: expect.stringContaining('127.0.0.1') },
      'database.tls': { status: 'ok' },
      'database.rights': { status: 'ok' },
      'database.extension.pg_cron': { status: 'ok' },
      'database.vault': { status: 'ok' },
      'supabase.project': { status: 'unknown', detail: 'SUPABASE_ACCESS_TOKEN is not set.' },
      'github.repository': { status: 'unknown' },
      'clocks.the_database': { status: 'ok' },
      'clocks.github': { status: 'unknown' },
    });
    for (const item of Object.values(seen)) if (item.status !== 'ok') expect(item.detail).not.toBe('');
  });

  it('names causes and remedies', async () => {
    await database.superuser`select vault.update_secret(id, E'with a line break\n') from vault.secrets where name = 'job_token'`;
    await database.superuser`revoke usage on schema cron from postgres cascade`;
    await database.sql`create schema supabase_migrations`;
    await database.sql`create table supabase_migrations.schema_migrations (version text primary key)`;
    const files = readdirSync(path.join(root, 'migrations')).sort();
    for (const file of files.slice(0, -1))
      await database.sql`insert into supabase_migrations.schema_migrations values (${file.split('_')[0] ?? ''})`;
    try {
      const seen = items(await doctor());
      expect(seen['database.vault']).toMatchObject({
        status: 'error',
        detail: expect.stringContaining('job_token'),
      });
      expect(seen['database.rights.1']).toMatchObject({
        status: 'error',
        remedy: expect.stringContaining('grant usage on schema cron to postgres'),
      });
      expect(seen['database.migrations']).toMatchObject({
        status: 'error',
        detail: expect.stringMatching(new RegExp(`^1 of ${files.length} are not applied: .*${files.at(-1)}`)),
      });
    } finally {
      await database.superuser`select vault.update_secret(id, '0123456789abcdef') from vault.secrets where name = 'job_token'`;
      await database.superuser`grant usage on schema cron to postgres with grant option`;
    }
  });

  it.each([
    [
      'no database',
      { OPS_PRODUCTION_DATABASE_URL: 'postgres://u:hidden-password@127.0.0.1:1/x' },
      2,
      'No database answers there',
    ],
    [
      'no connection string',
      { OPS_PRODUCTION_DATABASE_URL: '' },
      0,
      'OPS_PRODUCTION_DATABASE_URL is not set',
    ],
    ['a connection string that is none', { OPS_PRODUCTION_DATABASE_URL: 'hidden-password' }, 2, 'not a URL'],
    ['a token that is none', { SUPABASE_ACCESS_TOKEN: 'hidden-password' }, 2, 'does not look like one'],
  ])('goes on with %s', async (_what, env, code, words) => {
    const ended = await doctor(env);
    expect(ended.out).toContain(words);
    expect(ended.out + ended.err).not.toContain('hidden-password');
    expect(Object.keys(items(ended))).toEqual(
      expect.arrayContaining(['here.node', 'runbooks.files', 'clocks.github']),
    );
    if (code === 2) expect(ended.code).toBe(2);
  });

  it('ends with 3 when it is to be strict and could not look', async () => {
    const ended = await opsroom(['doctor', '--env', 'nowhere', '--strict']);
    expect(ended.code).toBe(2);
    expect(ended.out).toContain('has no environment nowhere; it has production, staging');
  });
});
