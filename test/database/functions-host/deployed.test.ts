import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFunctionGraph } from '../../../actions/_shared/supabase/function-graph.ts';
import { deleteFunction, deployFunction } from '../../../actions/_shared/supabase/functions-api.ts';
import {
  createManagementClient,
  type ManagementClient,
} from '../../../actions/_shared/supabase/management-client.ts';
import { setSecrets } from '../../../actions/_shared/supabase/secrets-api.ts';
import { openSourceFolder } from '../../../actions/_shared/supabase/source-folder.ts';
import { deployedFunctions, deployedSecrets } from '../../../local/supabase/management/deployed-functions.ts';
import { type ManagementApi, startManagementApi } from '../../../local/supabase/management/server.ts';
import { type CliProject, cliPath, createCliProject } from '../../support/supabase/cli.ts';
import { deno, fixtures, startTestHost, type TestHost } from '../../support/supabase/functions-host.ts';

const ref = 'abcdefghijklmnopqrst';
const token = `sbp_${'0'.repeat(40)}`;
let state: string;
let api: ManagementApi;
let client: ManagementClient;
let host: TestHost;
let cli: CliProject;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'opsroom-deployed-'));
  api = await startManagementApi({ stateFolder: state, ref, limit: 1_000 });
  api.allow(token);
  client = createManagementClient({ token, projectRef: ref, apiUrl: api.url });
  cli = createCliProject({ apiUrl: api.url, token, ref });
  host = await startTestHost({
    source: deployedFunctions(api.store, ref),
    env: () => deployedSecrets(api.store, ref),
  });
});

afterAll(async () => {
  await host?.stop();
  await api?.stop();
  cli?.remove();
  rmSync(state, { recursive: true, force: true });
});

/** Deploys one of the fixtures as it lies in the repository. */
async function deployFixture(slug: string, verifyJwt: boolean): Promise<void> {
  const entrypoint = `functions/${slug}/index.ts`;
  const graph = readFunctionGraph(
    { slug, entrypoint, importMap: null, staticPatterns: [] },
    openSourceFolder(join(fixtures, '..')),
  );
  await deployFunction(client, {
    slug,
    entrypoint,
    importMap: null,
    staticPatterns: [],
    verifyJwt,
    files: graph.files,
  });
}

describe.skipIf(deno === null)('a deployed function', () => {
  it('answers from what was uploaded, with its version, until it is deleted', async () => {
    expect((await host.call('/hello')).status).toBe(404);

    await deployFixture('hello', false);
    const first = (await host.call('/hello/x', { method: 'POST', body: 'b' })).json();
    expect(first).toMatchObject({ pathname: '/hello/x', body: 'b' });
    expect(first.env).toMatchObject({
      DENO_DEPLOYMENT_ID: expect.stringMatching(`^${ref}_[0-9a-f-]{36}_1$`),
    });

    await deployFixture('hello', true);
    expect((await host.call('/hello')).status).toBe(401);
    const authorization = `Bearer ${host.keys.anonJwt}`;
    const second = (await host.call('/hello', { headers: { authorization } })).json();
    expect(second.env).toMatchObject({ DENO_DEPLOYMENT_ID: expect.stringMatching(/_2$/) });

    await deleteFunction(client, 'hello');
    expect((await host.call('/hello')).status).toBe(404);
  });

  it('finds secrets as soon as they are set', async () => {
    await deployFixture('hello', false);
    expect((await host.call('/hello')).json().env).not.toHaveProperty('PAYMENT_TOKEN');

    await setSecrets(client, { PAYMENT_TOKEN: 'set-through-the-api' });
    expect((await host.call('/hello')).json().env).toMatchObject({ PAYMENT_TOKEN: 'set-through-the-api' });
  });

  it.skipIf(cliPath === undefined)('may come from the supabase CLI', async () => {
    cli.write('supabase/config.toml', 'project_id = "x"\n[functions.cli]\nverify_jwt = false\n');
    cli.write(
      'supabase/functions/cli/index.ts',
      "import { word } from '../_shared/word.ts';\nexport default { fetch: () => new Response(word) };\n",
    );
    cli.write('supabase/functions/_shared/word.ts', "export const word = 'by the CLI';\n");

    const ran = await cli.run('functions', 'deploy', 'cli', '--use-api');

    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect((await host.call('/cli')).text).toBe('by the CLI');
    cli.write('supabase/functions/_shared/word.ts', "export const word = 'by the CLI, again';\n");
    await cli.run('functions', 'deploy', 'cli', '--use-api');
    expect((await host.call('/cli')).text).toBe('by the CLI, again');
  });
});
