import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFunctionGraph } from '../../actions/_shared/supabase/function-graph.ts';
import { deployFunction, listFunctions } from '../../actions/_shared/supabase/functions-api.ts';
import {
  createManagementClient,
  type ManagementClient,
} from '../../actions/_shared/supabase/management-client.ts';
import { listSecrets, secretDigest, setSecrets } from '../../actions/_shared/supabase/secrets-api.ts';
import { openSourceFolder } from '../../actions/_shared/supabase/source-folder.ts';
import {
  type ManagementApi,
  type RecordedCall,
  startManagementApi,
} from '../../local/supabase/management/server.ts';
import { type CliProject, cliPath, createCliProject } from '../support/supabase/cli.ts';

const ref = 'abcdefghijklmnopqrst';
const token = `sbp_${'0123456789'.repeat(4)}`;
let state: string;
let api: ManagementApi;
let cli: CliProject;
let client: ManagementClient;

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'opsroom-management-'));
  api = await startManagementApi({ stateFolder: state, ref, limit: 10_000 });
  api.allow(token);
  cli = createCliProject({ apiUrl: api.url, token, ref });
  client = createManagementClient({ token, projectRef: ref, apiUrl: api.url });
  writeProject(cli);
});

beforeEach(() => {
  api.calls.splice(0);
});

afterAll(async () => {
  await api.stop();
  cli.remove();
  rmSync(state, { recursive: true, force: true });
});

/** Functions as people have them: an own deno.json, shared code, types, data, static files, code that looks like imports. */
function writeProject({ write }: CliProject): void {
  write(
    'supabase/config.toml',
    [
      'project_id = "contract"',
      '[functions.hello]',
      'verify_jwt = false',
      'static_files = ["./functions/hello/*.html"]',
      '[functions.mapped]',
      'verify_jwt = true',
      'import_map = "./functions/mapped/import_map.json"',
      'entrypoint = "./functions/mapped/main.tsx"',
      '',
    ].join('\n'),
  );
  write(
    'supabase/functions/hello/deno.json',
    '{\n  // with a comment\n  "imports": { "zod": "npm:zod@4", "shared/": "../_shared/", "log": "../_shared/log.ts" },\n}\n',
  );
  write(
    'supabase/functions/hello/index.ts',
    [
      "import type { Answer } from './types.ts';",
      "import * as z from 'zod';",
      "import { log } from 'log';",
      "export { version } from './version.ts';",
      "import data from './data.json' with { type: 'json' };",
      'const words = `import { a } from "./not-there.ts"`.length;',
      "const late = await import('./late.ts');",
      'const answer: Answer = { data, words, late, z };',
      'Deno.serve(() => { log(answer); return Response.json(answer); });',
      '',
    ].join('\n'),
  );
  write('supabase/functions/hello/types.ts', 'export type Answer = Record<string, unknown>;\n');
  write('supabase/functions/hello/version.ts', "export const version = '1';\n");
  write(
    'supabase/functions/hello/late.ts',
    "import { deep } from '../_shared/deep/deep.ts';\nexport { deep };\n",
  );
  write('supabase/functions/hello/data.json', '{ "a": [1, 2, 3] }\n');
  write('supabase/functions/hello/page.html', '<h1>hello</h1>\n');
  write('supabase/functions/_shared/log.ts', 'export const log = (what: unknown) => console.log(what);\n');
  write(
    'supabase/functions/_shared/deep/deep.ts',
    "import { log } from '../log.ts';\nexport const deep = log;\n",
  );
  write('supabase/functions/plain/index.ts', "Deno.serve(() => new Response('plain'));\n");
  write('supabase/functions/mapped/import_map.json', '{ "imports": { "@/": "./lib/" } }\n');
  write(
    'supabase/functions/mapped/main.tsx',
    "import { a } from '@/a.ts';\nimport { b } from '@/b.ts';\nDeno.serve(() => new Response(a + b));\n",
  );
  write('supabase/functions/mapped/lib/a.ts', "export const a = 'a';\n");
  write('supabase/functions/mapped/lib/b.ts', "export const b = 'b';\n");
}

const hello = {
  slug: 'hello',
  entrypoint: 'supabase/functions/hello/index.ts',
  importMap: 'supabase/functions/hello/deno.json',
  staticPatterns: ['supabase/functions/hello/*.html'],
  verifyJwt: false,
};
const plain = {
  slug: 'plain',
  entrypoint: 'supabase/functions/plain/index.ts',
  importMap: null,
  staticPatterns: [],
  verifyJwt: undefined,
};
const mapped = {
  slug: 'mapped',
  entrypoint: 'supabase/functions/mapped/main.tsx',
  importMap: 'supabase/functions/mapped/import_map.json',
  staticPatterns: [],
  verifyJwt: true,
};

async function deployOurs(declared: typeof hello | typeof plain | typeof mapped): Promise<void> {
  const graph = readFunctionGraph(declared, openSourceFolder(cli.root));
  expect(graph.diagnostics).toEqual([]);
  await deployFunction(client, { ...declared, files: graph.files });
}

function deployments(): RecordedCall[] {
  return api.calls.filter((call) => call.operation === 'v1-deploy-a-function');
}

/** A deployment as it went over the wire, made readable; who sent it and the boundary are left out. */
function described(call: RecordedCall | undefined): unknown {
  return {
    method: call?.method,
    path: call?.path,
    query: call?.query,
    contentType: call?.contentType.replace(/boundary=.*/, 'boundary=…'),
    parts: call?.parts.map((part) => ({
      ...part,
      content: part.name === 'metadata' ? JSON.parse(part.content.toString()) : part.content.toString(),
    })),
  };
}

describe.skipIf(cliPath === undefined)('the supabase CLI and our client', () => {
  it.each([hello, plain, mapped])('send the same request for function $slug', async (declared) => {
    const ran = await cli.run('functions', 'deploy', declared.slug, '--use-api');
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const [theirs] = deployments().splice(0);
    api.calls.splice(0);

    await deployOurs(declared);
    const [ours] = deployments();

    expect(theirs?.userAgent).toMatch(/^SupabaseCLI\//);
    expect(theirs?.parts.length).toBeGreaterThan(1);
    expect(described(ours)).toEqual(described(theirs));
  });

  it('see the same functions', async () => {
    await deployOurs(plain);

    const ran = await cli.run('functions', 'list', '-o', 'json');

    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const theirs: { slug: string; version: number; verify_jwt: boolean }[] = JSON.parse(ran.stdout);
    const ours = await listFunctions(client);
    expect(theirs.map(({ slug, version, verify_jwt }) => [slug, version, verify_jwt]).sort()).toEqual(
      ours.map(({ slug, version, verifyJwt }) => [slug, version, verifyJwt]).sort(),
    );
    expect(ours.find(({ slug }) => slug === 'hello')).toMatchObject({ verifyJwt: false, version: 2 });
  });

  it('deploy all functions at once: bundles first, then one update of all', async () => {
    const before = new Map((await listFunctions(client)).map(({ slug, version }) => [slug, version]));
    api.calls.splice(0);

    const ran = await cli.run('functions', 'deploy', '--use-api');

    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(deployments().map((call) => call.query)).toHaveLength(3);
    expect(deployments().every((call) => call.query.includes('bundleOnly=true'))).toBe(true);
    expect(api.calls.filter((call) => call.operation === 'v1-bulk-update-functions')).toHaveLength(1);
    for (const { slug, version } of await listFunctions(client))
      expect(version).toBe((before.get(slug) ?? 0) + 1);
  });

  it('--prune deletes what is not in the folder, and only that', async () => {
    await deployFunction(client, {
      ...plain,
      slug: 'orphan',
      files: readFunctionGraph(plain, openSourceFolder(cli.root)).files,
    });

    const ran = await cli.run('functions', 'deploy', '--use-api', '--prune', '--yes');

    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const deleted = api.calls.filter((call) => call.operation === 'v1-delete-a-function');
    expect(deleted.map((call) => call.path)).toEqual([`/v1/projects/${ref}/functions/orphan`]);
    expect((await listFunctions(client)).map(({ slug }) => slug).sort()).toEqual([
      'hello',
      'mapped',
      'plain',
    ]);
  });

  it('delete a function once; the second time is said to be one too many', async () => {
    const first = await cli.run('functions', 'delete', 'mapped');
    const second = await cli.run('functions', 'delete', 'mapped');

    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('does not exist');
  });

  it('set, list and unset secrets of each other', async () => {
    const set = await cli.run('secrets', 'set', 'PAYMENT_TOKEN=p-1', 'OTHER=two');
    expect(set, set.stderr).toMatchObject({ code: 0 });
    expect(await listSecrets(client)).toMatchObject([
      { name: 'PAYMENT_TOKEN', digest: secretDigest('p-1') },
      { name: 'OTHER', digest: secretDigest('two') },
    ]);

    await setSecrets(client, { PAYMENT_TOKEN: 'p-2', THIRD: 'three' });
    const listed = await cli.run('secrets', 'list', '-o', 'json');
    expect(listed, listed.stderr).toMatchObject({ code: 0 });
    const digest = createHash('sha256').update('p-2').digest('hex');
    expect(JSON.parse(listed.stdout)).toContainEqual(
      expect.objectContaining({ name: 'PAYMENT_TOKEN', value: digest }),
    );

    const unset = await cli.run('secrets', 'unset', 'OTHER', 'THIRD');
    expect(unset, unset.stderr).toMatchObject({ code: 0 });
    expect((await listSecrets(client)).map(({ name }) => name)).toEqual(['PAYMENT_TOKEN']);
    expect(listed.stdout + unset.stdout + unset.stderr).not.toContain('p-2');
  });

  it('never broke the description of the API while all this happened', () => {
    expect(api.violations).toEqual([]);
  });
});
