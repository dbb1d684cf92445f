import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { installedExtensions } from '../../../local/postgres/prepare.ts';
import { bareDatabase } from '../../support/database.ts';
import { errorOf } from './expect-error.ts';

/** Runs unchanged against the stand-in (which follows 0.3.1) and against the real extension where a server has it. */
const database = await bareDatabase(import.meta.url);
const { sql, superuser } = database;
const installed = await installedExtensions(superuser);
const isReal = installed.some((found) => found.name === 'vault' && found.kind === 'extension');

afterAll(() => database.drop());
afterEach(async () => {
  await superuser`delete from vault.secrets`;
});

const value = 'a secret with "quotes", é and\na second line';

async function create(name: string | null, secret = value): Promise<string> {
  const [row] = await sql<{ id: string }[]>`select vault.create_secret(${secret}, ${name}) as id`;
  return row?.id ?? '';
}

describe('a secret', () => {
  it('is readable through the view and unreadable in the table', async () => {
    const id = await create('token');
    const [seen] = await sql`select * from vault.decrypted_secrets where name = 'token'`;
    expect(seen).toMatchObject({ id, name: 'token', description: '', decrypted_secret: value, key_id: null });
    const [stored] = await sql`select secret, nonce from vault.secrets where id = ${id}`;
    expect(stored?.secret).toMatch(/^[A-Za-z0-9+/=\n]+$/);
    expect(Buffer.from(String(stored?.secret), 'base64').includes(Buffer.from('secret'))).toBe(false);
    expect(stored?.nonce).toHaveLength(16);
  });

  it('may have no name, many times, and the empty name once', async () => {
    await create(null);
    await create(null);
    await create('');
    expect(await errorOf(sql`select vault.create_secret('x', '')`)).toMatchObject({ code: '23505' });
  });

  it('keeps its id when it is renamed, described or replaced, and what is not given', async () => {
    const id = await create('old');
    await sql`select vault.update_secret(${id}, new_name => 'new')`;
    await sql`select vault.update_secret(${id}, new_description => 'what it is for')`;
    expect(await sql`select id, name, description, decrypted_secret from vault.decrypted_secrets`).toEqual([
      { id, name: 'new', description: 'what it is for', decrypted_secret: value },
    ]);
    await sql`select vault.update_secret(${id}, 'replaced')`;
    const [row] = await sql`select name, description, decrypted_secret from vault.decrypted_secrets`;
    expect(row).toEqual({ name: 'new', description: 'what it is for', decrypted_secret: 'replaced' });
  });

  it('notes every update, even one that changes nothing, and keeps its nonce', async () => {
    const id = await create('noted');
    const [before] =
      await sql`select secret, nonce, created_at, extract(epoch from updated_at)::float8 as updated_at from vault.secrets`;
    await sql`select vault.update_secret(${id}, ${value})`;
    const [after] =
      await sql`select secret, nonce, created_at, extract(epoch from updated_at)::float8 as updated_at from vault.secrets`;
    expect(Number(after?.updated_at)).toBeGreaterThan(Number(before?.updated_at));
    // Same secret, id and nonce: the same text.
    expect({ ...after, updated_at: null }).toEqual({ ...before, updated_at: null });
  });

  it('is stored differently every time it is created', async () => {
    await create('a');
    await create('b');
    const rows = await sql`select distinct secret from vault.secrets`;
    expect(rows).toHaveLength(2);
  });

  it('is removed by deleting its row', async () => {
    await create('gone');
    expect((await sql`delete from vault.secrets where name = 'gone'`).count).toBe(1);
    expect(await sql`select from vault.decrypted_secrets`).toHaveLength(0);
  });

  it('is compared by digest inside the database', async () => {
    await create('digest', 'plain');
    const [row] = await sql`
      select encode(sha256(convert_to(decrypted_secret, 'UTF8')), 'hex') as digest from vault.decrypted_secrets`;
    expect(row?.digest).toBe('a116c9ed46d6207734a43317d30fd88f52ac8634c37d904bbf4e41d865f90475');
  });
});

describe('an error', () => {
  it('about a name taken shows the name and not the secret', async () => {
    await create('taken');
    const error = await errorOf(sql`select vault.create_secret(${value}, 'taken')`);
    expect(error).toMatchObject({
      code: '23505',
      message: 'duplicate key value violates unique constraint "secrets_name_idx"',
      detail: 'Key (name)=(taken) already exists.',
    });
  });

  it('about a null secret shows no secret', async () => {
    const error = await errorOf(sql`select vault.create_secret(null, 'none')`);
    expect(error).toMatchObject({
      code: '23502',
      message: 'null value in column "secret" of relation "secrets" violates not-null constraint',
    });
  });

  it('about a null description shows the secret: nobody may pass null', async () => {
    const error = await errorOf(sql`select vault.create_secret('shown', 'name', null)`);
    expect(error).toMatchObject({
      code: '23502',
      message: 'null value in column "description" of relation "secrets" violates not-null constraint',
    });
    expect(error.detail).toContain('shown');
  });

  it('is not raised for an id nobody has', async () => {
    await sql`select vault.update_secret('00000000-0000-0000-0000-000000000000', 'x')`;
    expect(await sql`select from vault.secrets`).toHaveLength(0);
  });

  it('follows a row that was inserted by hand wherever it is read', async () => {
    await create('good');
    await superuser`insert into vault.secrets (name, secret) values ('raw', 'cGxhaW4gdGV4dCB0aGF0IGlzIG5vdCBzZWFsZWQgYnkgYW55b25lIGF0IGFsbCwgZXZlcg==')`;
    await errorOf(sql`select count(decrypted_secret) from vault.decrypted_secrets`);
    const [row] = await sql`select decrypted_secret from vault.decrypted_secrets where name = 'good'`;
    expect(row?.decrypted_secret).toBe(value);
    const [raw] = await superuser`select id from vault.secrets where name = 'raw'`;
    await errorOf(sql`select vault.update_secret(${String(raw?.id)}, 'x')`);
  });
});

describe('the grants', () => {
  it('let postgres and service_role read, create, update and delete', async () => {
    const service = database.as('service_role');
    await service`select vault.create_secret('made', 'by_service')`;
    const [row] = await service`select decrypted_secret from vault.decrypted_secrets`;
    expect(row?.decrypted_secret).toBe('made');
    expect((await service`delete from vault.secrets`).count).toBe(1);
  });

  it('let nobody insert, update or encrypt by hand', async () => {
    const attempts = [
      sql`insert into vault.secrets (secret) values ('x')`,
      sql`update vault.secrets set secret = 'x'`,
      sql`select vault._crypto_aead_det_encrypt('x'::bytea, 'y'::bytea, 0)`,
      sql`select vault._crypto_aead_det_noncegen()`,
    ];
    for (const attempt of attempts) expect(await errorOf(attempt)).toMatchObject({ code: '42501' });
  });

  it('let anon and authenticated see nothing', async () => {
    for (const role of ['anon', 'authenticated']) {
      expect(await errorOf(database.as(role)`select from vault.secrets`)).toMatchObject({ code: '42501' });
      expect(await errorOf(database.as(role)`select vault.create_secret('x')`)).toMatchObject({
        code: '42501',
      });
    }
  });

  it.skipIf(isReal)('keep the key of the stand-in from everybody but its own functions', async () => {
    expect(await errorOf(sql`select vault._key('encrypt')`)).toMatchObject({ code: '42501' });
    expect(await errorOf(sql`select pg_read_file('opsroom_vault_standin.key')`)).toMatchObject({
      code: '42501',
    });
  });
});
