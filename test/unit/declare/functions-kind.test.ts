import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemas } from '../../../actions/_shared/declare/json-schemas.ts';
import { type FunctionSpec, readFunction } from '../../../actions/_shared/declare/kinds/functions.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { withTools } from '../../../actions/_shared/declare/tool.ts';

const schema = JSON.parse(jsonSchemas()['runbooks/schemas/functions.schema.json'] ?? '');

async function read(
  text: string,
  slug = 'sync',
): Promise<{ readonly spec: FunctionSpec | null; readonly found: readonly string[] }> {
  return withTools(() => {
    const found: string[] = [];
    const spec = readFunction(slug, parse(text), ({ message }) => found.push(message));
    return { spec, found };
  });
}

describe('a file of runbooks/functions', () => {
  it('needs to say only whether tokens are asked for', async () => {
    expect(await read('verify_jwt: false')).toEqual({
      found: [],
      spec: {
        slug: 'sync',
        description: '',
        entry: 'functions/sync/index.ts',
        staticPatterns: [],
        verifyJwt: false,
        secrets: {},
        overrides: {},
      },
    });
  });

  it('may say everything', async () => {
    const text = [
      'description: Pulls fresh stats',
      'owner: "@data-team"',
      'entry: functions/sync/main.ts',
      'import_map: functions/sync/deno.json',
      'static_files: ["functions/sync/pages/*.html"]',
      'verify_jwt: true',
      'secrets: { GAME_TOKEN: game_platform_token }',
      'environments: { production: {}, staging: { enabled: false }, local: { verify_jwt: false } }',
    ].join('\n');

    expect((await read(text)).spec).toMatchObject({
      importMap: 'functions/sync/deno.json',
      secrets: { GAME_TOKEN: 'game_platform_token' },
      overrides: { production: {}, staging: { enabled: false }, local: { verifyJwt: false } },
    });
    expect(new Ajv({ strict: false }).compile(schema)(parse(text))).toBe(true);
  });

  it.each([
    ['{}', 'verify_jwt'],
    ['verify_jwt: "yes"', 'true or false'],
    ['{ verify_jwt: true, entry: actions/cli.ts }', 'below `functions/`'],
    ['{ verify_jwt: true, entry: functions/../actions/cli.ts }', 'below `functions/`'],
    ['{ verify_jwt: true, static_files: ["**"] }', 'below `functions/`'],
    ['{ verify_jwt: true, static_files: [functions/../../etc/*] }', 'below `functions/`'],
    ['{ verify_jwt: true, secrets: { SUPABASE_URL: project_url } }', 'SUPABASE_'],
    ['{ verify_jwt: true, secrets: { "A B": project_url } }', 'environment variable'],
    ['{ verify_jwt: true, secrets: { TOKEN: "Not a name" } }', 'is not a good name'],
  ])('is refused: %s', async (text, message) => {
    const { spec, found } = await read(text);

    expect(spec).toBeNull();
    expect(found.join('\n')).toContain(message);
    expect(new Ajv({ strict: false }).compile(schema)(parse(text))).toBe(false);
  });

  it('is told the nearest right word for a key nobody knows', async () => {
    expect((await read('{ verify_jwt: true, static_file: [] }')).found.join('\n')).toContain('static_file');
    expect(new Ajv({ strict: false }).compile(schema)({ verify_jwt: true, static_file: [] })).toBe(false);
  });

  it('is named by a slug, which begins with a letter', async () => {
    expect(await read('verify_jwt: true', '2fa')).toEqual({
      spec: null,
      found: ["`2fa` can't be the slug of a function"],
    });
  });

  it('is read with all the others, and what is wrong in it has its place', async () => {
    const text = 'description: x\nverify_jwt: maybe\n';
    const entries: Record<string, { name: string; type: 'file' | 'folder' }[]> = {
      runbooks: [{ name: 'functions', type: 'folder' }],
      'runbooks/functions': [{ name: 'sync.yaml', type: 'file' }],
    };
    const { diagnostics } = await loadDeclarations({
      root: '/nowhere',
      read: {
        list: (folder: string) => entries[folder] ?? [],
        read: (file: string) => (file === 'runbooks/functions/sync.yaml' ? Buffer.from(text) : undefined),
      },
    });

    expect(diagnostics).toContainEqual(
      expect.objectContaining({
        location: expect.objectContaining({ file: 'runbooks/functions/sync.yaml', line: 2 }),
      }),
    );
  });
});
