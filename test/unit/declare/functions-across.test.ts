import { describe, expect, it } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import type { DeclarationResult } from '../../../actions/_shared/declare/model.ts';

const BASE = {
  'runbooks/environments.yaml': `production:
  lane: production
  connection: { env: PRODUCTION_URL }
  api: { schemas: [public, ops, public] }
staging: { lane: staging, connection: { env: STAGING_URL } }
`,
  'runbooks/secrets.yaml': `project_url: { value: { env: PROJECT_URL }, shape: ^https:// }
door_token: { value: { env: DOOR }, vault: false }
`,
  'runbooks/cron/hourly.yaml': 'owner: "@a"\nschedule: "0 * * * *"\ncall: { function: sync, timeout: 5s }\n',
  'runbooks/functions/sync.yaml': `verify_jwt: false
secrets:
  DOOR_TOKEN: door_token
environments:
  staging: { enabled: false }
`,
  'functions/sync/index.ts': "import { word } from '../_shared/word.ts';\nexport default word;\n",
  'functions/_shared/word.ts': "export const word = 'x';\n",
};

function load(files: Record<string, string> = {}): Promise<DeclarationResult> {
  return loadDeclarations({ root: '/nowhere', read: memoryReader({ ...BASE, ...files }) });
}

async function said(files: Record<string, string>): Promise<string[]> {
  const { diagnostics } = await load(files);
  return diagnostics.map(
    ({ severity, code, location: { file, line, column } }) => `${severity} ${code} ${file}:${line}:${column}`,
  );
}

const sync = (secrets: string): Record<string, string> => ({
  'runbooks/functions/sync.yaml': `verify_jwt: false\nsecrets:\n${secrets}`,
});

describe('declared functions', () => {
  it('become what an environment holds, with files, secrets and a place', async () => {
    const result = await load({ 'functions/sync/deno.json': '{ "imports": {} }' });
    expect(result.diagnostics).toEqual([]);
    const { functions, edgeSecrets, environment, secrets } = result.resolve('production');
    expect(functions).toMatchObject([
      {
        slug: 'sync',
        entry: 'functions/sync/index.ts',
        importMap: 'functions/sync/deno.json',
        verifyJwt: false,
        secrets: ['DOOR_TOKEN'],
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        location: { file: 'runbooks/functions/sync.yaml', line: 1 },
      },
    ]);
    expect(functions[0]?.files.map(({ path }) => path).sort()).toEqual([
      'functions/_shared/word.ts',
      'functions/sync/deno.json',
      'functions/sync/index.ts',
    ]);
    expect(edgeSecrets).toMatchObject([
      { name: 'DOOR_TOKEN', secret: { name: 'door_token', valueEnv: 'DOOR' }, functions: ['sync'] },
    ]);
    expect(environment.apiSchemas).toEqual(['public', 'ops']);
    expect(secrets.map(({ name, vault }) => [name, vault])).toEqual([
      ['project_url', undefined],
      ['door_token', false],
    ]);
  });

  it('are left out where an environment says so, with the secrets only they read', async () => {
    const staging = (await load()).resolve('staging');
    expect({ functions: staging.functions, secrets: staging.edgeSecrets }).toEqual({
      functions: [],
      secrets: [],
    });
  });

  it('have a digest that moves with every file and with verify_jwt, and with nothing else', async () => {
    const digest = async (files: Record<string, string>): Promise<string | undefined> =>
      (await load(files)).resolve('production').functions[0]?.digest;
    const base = await digest({});
    expect(await digest({ 'functions/other.ts': 'export {};' })).toBe(base);
    expect(await digest(sync('  DOOR_TOKEN: door_token\n'))).toBe(base);
    const others = await Promise.all([
      digest({ 'functions/_shared/word.ts': "export const word = 'y';\n" }),
      digest({ 'functions/sync/deno.json': '{}' }),
      digest({ 'runbooks/functions/sync.yaml': 'verify_jwt: true\nsecrets: { DOOR_TOKEN: door_token }\n' }),
    ]);
    expect(new Set([base, ...others]).size).toBe(4);
  });

  it.each([
    [
      'an entry that is not there',
      { 'runbooks/functions/gone.yaml': 'verify_jwt: true\n' },
      ['error import-missing runbooks/functions/gone.yaml:1:1'],
    ],
    [
      'an import that leads nowhere, once however many functions share it',
      {
        'functions/_shared/word.ts': "import './nothing.ts';\n",
        'runbooks/functions/again.yaml': 'verify_jwt: true\nentry: functions/sync/index.ts\n',
      },
      ['error import-missing functions/_shared/word.ts:1:8'],
    ],
    [
      'a secret nobody declared',
      sync('  DOOR_TOKEN: door_tokn\n'),
      [
        'error secret-undeclared runbooks/functions/sync.yaml:3:15',
        'warning secret-unused runbooks/secrets.yaml:2:1',
      ],
    ],
    [
      'one variable for two secrets',
      {
        'runbooks/functions/too.yaml':
          'entry: functions/sync/index.ts\nverify_jwt: true\nsecrets: { DOOR_TOKEN: project_url }\n',
      },
      ['error edge-secret-conflict runbooks/functions/too.yaml:3:24'],
    ],
    [
      'a job that calls a function nobody declared',
      {
        'runbooks/cron/hourly.yaml':
          'owner: "@a"\nschedule: "0 * * * *"\ncall: { function: synk, timeout: 5s }\n',
      },
      ['warning function-undeclared runbooks/cron/hourly.yaml:3:19'],
    ],
    [
      'a job that looks in the Vault for what is not kept there',
      {
        'runbooks/cron/hourly.yaml':
          'owner: "@a"\nschedule: "0 * * * *"\ncall: { function: sync, auth: { bearer: door_token }, timeout: 5s }\n',
      },
      ['error secret-not-in-vault runbooks/cron/hourly.yaml:3:41'],
    ],
    [
      'an environment nobody declared',
      {
        'runbooks/functions/sync.yaml':
          'verify_jwt: false\nsecrets: { DOOR_TOKEN: door_token }\nenvironments: { stagging: {} }\n',
      },
      ['error environment-undeclared runbooks/functions/sync.yaml:3:17'],
    ],
    [
      'a schema that is none',
      {
        'runbooks/environments.yaml':
          'production: { lane: production, connection: { env: A }, api: { schemas: ["a,b"] } }\n',
        'runbooks/functions/sync.yaml': 'verify_jwt: true\nsecrets: { DOOR_TOKEN: door_token }\n',
      },
      ['error invalid-value runbooks/environments.yaml:1:74'],
    ],
  ])('are refused for %s', async (_what, files, expected) => {
    expect(await said(files)).toEqual(expected);
  });

  it('name no undeclared function where nobody declares any', async () => {
    const { 'runbooks/functions/sync.yaml': _gone, ...rest } = BASE;
    const { diagnostics } = await loadDeclarations({ root: '/nowhere', read: memoryReader(rest) });
    expect(diagnostics.map(({ code }) => code)).toEqual(['secret-unused']);
  });
});
