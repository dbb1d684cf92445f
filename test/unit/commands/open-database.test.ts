import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { platformVariables } from '../../../actions/_commands/local-instance.ts';
import { databaseUrl, targetUrl, withSql } from '../../../actions/_commands/target-url.ts';
import type { EnvironmentDeclaration } from '../../../actions/_shared/declare/model.ts';
import { ConfigurationError } from '../../../actions/_shared/io/errors.ts';

const published = {
  databaseUrl: 'postgres://postgres:made-here@127.0.0.1:54322/postgres',
  supabase: { accessToken: 'sbp_made_here', apiUrl: 'http://127.0.0.1:1', projectUrl: 'http://127.0.0.1:2' },
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'opsroom-open-database-'));
  mkdirSync(path.join(root, '.opsroom'));
  writeFileSync(path.join(root, '.opsroom', 'instance.json'), JSON.stringify(published));
  mkdirSync(path.join(root, 'runbooks'));
  writeFileSync(
    path.join(root, 'runbooks', 'environments.yaml'),
    'local:\n  lane: development\n  connection: { env: TEST_LOCAL_URL }\n',
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

function environment(name: string): EnvironmentDeclaration {
  return { name, connectionEnv: 'TEST_TARGET_URL' } as EnvironmentDeclaration;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('where a command finds its database', () => {
  test('the variable comes first, then for local the control room of this folder', () => {
    expect(databaseUrl(environment('local'), root)).toBe(published.databaseUrl);
    vi.stubEnv('TEST_TARGET_URL', 'postgres://elsewhere/x');
    expect(databaseUrl(environment('local'), root)).toBe('postgres://elsewhere/x');
    expect(databaseUrl(environment('production'), root)).toBe('postgres://elsewhere/x');
  });

  test('a control room here is nothing to any other environment, nor is one that does not run', () => {
    expect(() => databaseUrl(environment('production'), root)).toThrow(/TEST_TARGET_URL is not set/);
    expect(() => databaseUrl(environment('local'), path.join(root, 'runbooks'))).toThrow(/is not set/);
    expect(platformVariables('production', root)).toEqual(process.env);
    expect(platformVariables('local', root)).toMatchObject({
      SUPABASE_ACCESS_TOKEN: 'sbp_made_here',
      OPSROOM_FUNCTIONS_URL: 'http://127.0.0.1:2',
    });
  });

  test('an environment nobody declared gets the nearest name', async () => {
    expect(await targetUrl({ root, env: 'local' })).toBe(published.databaseUrl);
    const error = await errorOf(targetUrl({ root, env: 'locl' }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ hint: 'Did you mean local?' });
  });

  test('a database that does not answer is told as what to do, without the password; other errors stay as they are', async () => {
    const url = 'postgres://someone:hidden-password@127.0.0.1:1/x';
    const error = await errorOf(withSql(url, (sql) => sql`select 1`));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain('No database answers there (127.0.0.1:1, database x, user someone)');
    expect(JSON.stringify(error) + String(error)).not.toContain('hidden-password');
    const own = new Error('something else');
    expect(await errorOf(withSql(url, () => Promise.reject(own)))).toBe(own);
  });
});
