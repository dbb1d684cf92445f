import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { apiLogin, organisationsIn, service, user } from './organisations.ts';
import { asCaller } from './session.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const api = apiLogin(database);
const organisations = organisationsIn(sql, api);
afterAll(async () => {
  await api.end();
  await database.drop();
});

const refused = expect.objectContaining({ code: '42501' });

describe('the user of a request', () => {
  interface Known {
    readonly id: string | null;
    readonly admin: boolean;
    readonly orgs: number;
  }
  /** What the policies would ask, with `request.jwt.claims` as it stands in the table; null leaves it unset. */
  async function known(claims: string | null): Promise<Known | undefined> {
    return await api.begin(async (q) => {
      await q`set local role authenticated`;
      if (claims !== null) await q`select set_config('request.jwt.claims', ${claims}, true)`;
      const [row] = await q<Known[]>`
        select ops.current_user_id() as id, ops.is_admin() as admin, (select count(*)::int from ops.my_org_ids()) as orgs
      `;
      return row;
    });
  }

  const id = randomUUID();
  it.each([
    ['are unset', null],
    ['are empty', ''],
    ['are no JSON', '{"sub":'],
    ['are an array', `["${id}"]`],
    ['are a string', `"${id}"`],
    ['are null', 'null'],
    ['have no sub', '{"role":"authenticated"}'],
    ['have a null sub', '{"sub":null}'],
    ['have an empty sub', '{"sub":""}'],
    ['have a number as sub', '{"sub":12}'],
    ['have an object as sub', `{"sub":{"id":"${id}"}}`],
    ['have a sub that is no uuid', '{"sub":"auth0|5f7c8ec7c33c6c004bbafe82"}'],
    ['have a sub longer than a uuid', `{"sub":"${id}0"}`],
    ['have a sub with a quote', `{"sub":"' or true --"}`],
    ['have a NUL in sub', '{"sub":"\\u0000"}'],
    ['have half a surrogate pair', '{"sub":"\\ud800"}'],
    ['have a number nobody can hold', `{"exp":1e999999,"sub":"${id}"}`],
    ['are nested without end', '['.repeat(50_000)],
    ['have a sub only inside what users write themselves', `{"user_metadata":{"sub":"${id}"}}`],
  ])('is nobody, and nothing is raised, when the claims %s', async (_, claims) => {
    expect(await known(claims)).toEqual({ id: null, admin: false, orgs: 0 });
  });

  it('is the sub of the claims', async () => {
    const org = await organisations.create(id);
    expect(await known(`{"sub":"${id}"}`)).toEqual({ id, admin: false, orgs: 1 });
    expect(await known(`{"sub":"${id.toUpperCase()}"}`)).toEqual({ id, admin: false, orgs: 1 });
    expect(await known(`{"user_metadata":{"sub":"${randomUUID()}"},"sub":"${id}"}`)).toMatchObject({ id });
    await sql`delete from ops.orgs where id = ${org}`;
  });

  it('is gone with the transaction, so the next request of a pooled connection is nobody', async () => {
    const one = apiLogin(database, 1);
    try {
      await asCaller(one, user(id), (q) => q`select ops.current_user_id()`);
      const [row] = await one.begin(async (q) => {
        await q`set local role authenticated`;
        return q<{ id: string | null }[]>`select ops.current_user_id() as id`;
      });
      expect(row).toEqual({ id: null });
    } finally {
      await one.end();
    }
  });

  it('cannot be asked for by anon, who may not even enter the schema', async () => {
    for (const call of ['current_user_id', 'my_org_ids', 'is_admin', 'new_id']) {
      await expect(asCaller(api, { role: 'anon' }, (q) => q`select ${q(`ops.${call}`)}()`)).rejects.toEqual(
        refused,
      );
    }
  });

  it('is nobody for service_role, which sees every row all the same', async () => {
    const org = await organisations.create(randomUUID());
    const rows = await asCaller(
      api,
      service,
      (q) => q`select ops.current_user_id() as id, o.id as org from ops.orgs o where o.id = ${org}`,
    );
    expect(rows).toEqual([{ id: null, org }]);
  });
});
