import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deno, fixtures, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

let host: TestHost;

beforeAll(async () => {
  host = await startTestHost({ env: () => ({ PAYMENT_TOKEN: 'payment-token-value' }) });
});

afterAll(() => host?.stop());

async function attempt(what: string, path = ''): Promise<Record<string, unknown>> {
  return (await host.call('/sneaky', { method: 'POST', body: JSON.stringify({ what, path }) })).json();
}

describe.skipIf(deno === null)('a function', () => {
  it('reads what lies beside it, and nothing else', async () => {
    expect(await attempt('read-own')).toEqual({ did: 'a note beside the function\n' });
    for (const path of [
      '/etc/hostname',
      join(fixtures, 'hello/index.ts'),
      '/proc/self/environ',
      '/proc/1/cmdline',
    ]) {
      expect(await attempt('read', path), path).toEqual({ refused: 'NotCapable' });
    }
  });

  it('writes nothing and starts nothing', async () => {
    const target = join(tmpdir(), 'opsroom-sneaky-target');

    expect(await attempt('write', target)).toEqual({ refused: 'NotCapable' });
    expect(await attempt('run', '/bin/true')).toEqual({ refused: 'NotCapable' });
    expect(existsSync(target)).toBe(false);
  });

  it('finds no web workers, as on the platform', async () => {
    expect(await attempt('workers')).toEqual({ did: 'undefined' });
  });

  it.skipIf(!existsSync('/proc/self/environ'))(
    'has no secret in its arguments or its first environment',
    async () => {
      await attempt('workers');
      const pid = host.host.running().find(({ slug }) => slug === 'sneaky')?.pid;
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const names = environment.split('\0').flatMap((line) => line.split('=')[0] || []);

      expect(names.sort()).toEqual(['DENO_DIR', 'DENO_NO_PACKAGE_JSON', 'DENO_NO_UPDATE_CHECK', 'NO_COLOR']);
      const seen = environment + readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      for (const secret of ['payment-token-value', host.keys.secret, host.keys.serviceRoleJwt]) {
        expect(seen).not.toContain(secret);
      }
    },
  );
});
