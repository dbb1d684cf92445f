import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fetchModules } from '../../../local/supabase/functions/deno-modules.ts';
import { type DenoProgram, findDeno } from '../../../local/supabase/functions/deno-program.ts';
import { CALLS, makeCalls, type Outcome } from './calls.ts';
import { startTestGateway } from './gateway.ts';

const gateway = await startTestGateway(import.meta.url);
afterAll(() => gateway.close());

const root = fileURLToPath(new URL('../../../', import.meta.url));
const deno = denoHere();
const { version } = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('@supabase/supabase-js/package.json'));

/** Only what the table says is compared. */
function compare(outcomes: Readonly<Record<string, Outcome>>): void {
  for (const { name, expected } of CALLS)
    expect({ [name]: outcomes[name] }).toMatchObject({ [name]: expected });
}

describe('supabase-js', () => {
  it('is the version the table was written for', () => {
    expect(version).toBe('2.119.0');
  });

  it('gets from Node what the table says', async () => {
    compare(await makeCalls(gateway.client(gateway.keys.secret), CALLS));
    expect(gateway.log).toEqual([]);
  });

  it('gets the same with the legacy key of the service role', async () => {
    compare(await makeCalls(gateway.client(gateway.keys.serviceRoleJwt), CALLS));
  });

  it.skipIf(deno === null)(
    'gets the same from Deno',
    async () => {
      if (deno === null) return;
      const main = join(gateway.stateFolder, 'main.ts');
      writeFileSync(main, denoProgram());
      const denoFolder = join(root, '.opsroom/cache/deno');
      const env = {
        DENO_DIR: denoFolder,
        DENO_NO_UPDATE_CHECK: '1',
        DENO_NO_PACKAGE_JSON: '1',
        NO_COLOR: '1',
      };
      const configuration = ['--no-lock', '--no-config', '--node-modules-dir=none'];
      await fetchModules({ deno, denoFolder, configuration, main, cwd: gateway.stateFolder, env });
      const { stdout } = await promisify(execFile)(
        deno.path,
        ['run', '--no-prompt', '--cached-only', ...configuration, '--allow-net', '--allow-env', main],
        { cwd: gateway.stateFolder, env: { ...env, URL: gateway.url, KEY: gateway.keys.secret } },
      );
      compare(z.record(z.string(), z.custom<Outcome>()).parse(JSON.parse(stdout)));
    },
    120_000,
  );
});

/** The same calls with the client from npm. */
function denoProgram(): string {
  const client = JSON.stringify(`npm:@supabase/supabase-js@${version}`);
  const calls = JSON.stringify(pathToFileURL(join(root, 'test/database/gateway/calls.ts')).href);
  return `
    import { createClient } from ${client};
    import { CALLS, makeCalls } from ${calls};
    const client = createClient(Deno.env.get('URL'), Deno.env.get('KEY'), {
      db: { schema: 'api' }, auth: { persistSession: false, autoRefreshToken: false },
    });
    console.log(JSON.stringify(await makeCalls(client, CALLS)));`;
}

function denoHere(): DenoProgram | null {
  try {
    return findDeno();
  } catch {
    return null;
  }
}
