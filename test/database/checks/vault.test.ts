import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { checkFiles, look, only, summary } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, superuser } = database;
afterAll(() => database.drop());
beforeEach(() => superuser`delete from vault.secrets`);

const good = 'https://canary-project.example';
const token = 'canary-token-0123456789abcdefghij';

function declared(shapes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(shapes).map(
    ([name, text]) => `${name}:\n  value: { env: ${name.toUpperCase()} }\n${text}`,
  );
  return { 'secrets.yaml': entries.join('\n') };
}

const files = {
  ...declared({
    project_url: '  shape: ^https://[a-z0-9.-]+$\n',
    job_token: '  shape: ^\\S{32,}$\n  max_age: 90d\n',
    only_functions: '  vault: false\n',
  }),
  ...checkFiles({ vault: 'vault: {}' }),
};

async function store(name: string, value: string, days = 1): Promise<void> {
  await sql`select vault.create_secret(${value}, ${name}, 'for a test')`;
  await superuser`update vault.secrets set updated_at = now() - make_interval(days => ${days}) where name = ${name}`;
}

describe('a secret of the Vault', () => {
  it('is well when it is what its file says; what only functions read is not looked for', async () => {
    await store('project_url', good);
    await store('job_token', token);

    const pass = await look(files, { sql });

    expect(summary(pass)).toEqual([]);
    expect(pass.evaluated).toEqual(['vault']);
  });

  it.each([
    ['missing', 'project_url', null, 1, 'vault_missing'],
    ['empty', 'project_url', '  ', 1, 'vault_empty'],
    ['with a line break', 'project_url', `${good}\n`, 1, 'vault_white_space'],
    ['with a blank before it', 'job_token', ` ${token}`, 1, 'vault_white_space'],
    ['without its scheme', 'project_url', 'canary-project.example', 1, 'vault_wrong_shape'],
    ['too short', 'job_token', 'canary-short', 1, 'vault_wrong_shape'],
    ['too old', 'job_token', token, 91, 'vault_too_old'],
  ])('%s is found, with nothing of its value in what is said', async (_what, name, value, days, rule) => {
    const other = name === 'project_url' ? 'job_token' : 'project_url';
    await store(other, other === 'project_url' ? good : token);
    if (value !== null) await store(name, value, days);

    const pass = await look(files, { sql });

    expect(only(pass)).toMatchObject({ object: name, state: 'firing', finding: { name: rule } });
    expect(JSON.stringify(pass)).not.toMatch(/canary/);
    await superuser`delete from vault.secrets where name = ${name}`;
    await store(name, name === 'project_url' ? good : token);
    expect(summary(await look(files, { sql }))).toEqual([]);
  });

  it('that cannot be decrypted is found, and its neighbours are judged all the same', async () => {
    await store('project_url', good);
    await superuser`insert into vault.secrets (name, secret) values ('job_token', 'bm90IHNlYWxlZCB3aXRoIG91ciBrZXkgYW5kIGZhciB0b28gc2hvcnQ=')`;

    expect(summary(await look(files, { sql }))).toEqual(['vault/job_token: warning vault_unreadable']);
  });

  it('names all that is wrong with it', async () => {
    await store('project_url', ' canary.example ');
    await store('job_token', token);

    expect(only(await look(files, { sql })).finding).toMatchObject({
      name: 'vault_white_space',
      evidence: { also: [expect.stringContaining('vault_wrong_shape')], variable: 'PROJECT_URL' },
    });
  });

  it('is looked at by name, and for what a check looks for', async () => {
    const some = {
      ...files,
      ...checkFiles({
        vault: 'vault: { secrets: ["project_*"], find: [missing] }\nseverity: critical',
        age: 'vault: { find: [too_old] }',
      }),
    };
    await store('job_token', token, 91);

    expect(summary(await look(some, { sql }))).toEqual([
      'age/job_token: warning vault_too_old',
      'vault/project_url: critical vault_missing',
    ]);
  });

  it('whose shape Postgres does not understand is unknown', async () => {
    const strange = { ...declared({ it: '  shape: ^\\p{L}+$\n' }), ...checkFiles({ vault: 'vault: {}' }) };
    await store('it', 'canary');

    expect(summary(await look(strange, { sql }))).toEqual(['vault/it: unknown cannot_evaluate']);
  });

  it('is unknown where Vault is not installed', async () => {
    await superuser`alter schema vault rename to vault_away`;
    const pass = await look(files, { sql });
    await superuser`alter schema vault_away rename to vault`;

    expect(pass.evaluated).toEqual([]);
    expect(only(pass).finding.detail).toContain('Vault is not installed here');
  });
});

describe('a role that may check and not decrypt', () => {
  it('learns whether plain shapes fit, and cannot spell a value out by asking', async () => {
    await store('secret', token);
    await superuser`drop role if exists opsroom_guess`;
    await superuser`create role opsroom_guess login noinherit`;
    await sql`grant usage on schema ops to opsroom_guess`;
    await sql`grant execute on function ops.probe_secrets(timestamptz, jsonb) to opsroom_guess`;
    const guess = database.as('opsroom_guess');
    const fits = async (shape: string): Promise<unknown> => {
      const rows =
        await guess`select fits from ops.probe_secrets(now(), ${guess.json([{ name: 'secret', shape }])})`;
      return rows[0]?.fits;
    };

    const seen = {
      plain: await fits('^\\S{32,}$'),
      url: await fits('^https://[a-z0-9.-]+$'),
      guesses: await Promise.all(
        [
          '^c',
          '^[a-m]',
          'canary',
          '^\\S{3,}y',
          '.*',
          '^\\S{32,}$|^c',
          '^https://[a-z0-9.-]+$|^c',
          '^(c)\\S{3,}$',
        ].map(fits),
      ),
      owner: (
        await sql`select fits from ops.probe_secrets(now(), '[{"name": "secret", "shape": "^canary"}]')`
      )[0]?.fits,
      read: await guess`select decrypted_secret from vault.decrypted_secrets`.catch(
        (error: Error) => error.message,
      ),
    };

    await guess.end();
    await superuser`drop owned by opsroom_guess`;
    await superuser`drop role opsroom_guess`;
    expect(seen).toEqual({
      plain: 'yes',
      url: 'no',
      guesses: Array.from({ length: 8 }, () => 'not_judged'),
      owner: 'yes',
      read: expect.stringContaining('permission denied'),
    });
  });
});
