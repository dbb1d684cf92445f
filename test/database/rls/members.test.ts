import { randomUUID } from 'node:crypto';
import type { TransactionSql } from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { apiLogin, organisationsIn, service, user } from './organisations.ts';
import { asCaller, type Caller } from './session.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const api = apiLogin(database);
const organisations = organisationsIn(sql, api);
afterAll(async () => {
  await api.end();
  await database.drop();
});

const refused = expect.objectContaining({ code: '42501' });
const ownerless = expect.objectContaining({ code: '23001' });

describe('members', () => {
  it('see their organisations and everybody in them, and of others nothing', async () => {
    const [ann, ben, eve] = [user(), user(), user()];
    const org = await organisations.create(ann.userId);
    await organisations.add(ann, org, ben.userId);
    const other = await organisations.create(eve.userId);
    const seen = (as: Caller) =>
      asCaller(api, as, async (q) => ({
        orgs: (await q<{ id: string }[]>`select id from ops.orgs`).map((row) => row.id),
        members: (await q<{ user_id: string }[]>`select user_id from ops.org_members`)
          .map((row) => row.user_id)
          .sort(),
      }));
    const both = [ann.userId, ben.userId].sort();
    expect(await seen(ann)).toEqual({ orgs: [org], members: both });
    expect(await seen(ben)).toEqual({ orgs: [org], members: both });
    expect(await seen(eve)).toEqual({ orgs: [other], members: [eve.userId] });
    expect(await seen(user())).toEqual({ orgs: [], members: [] });
  });

  it('lose sight of an organisation the moment they leave it', async () => {
    const [ann, ben] = [user(), user()];
    const org = await organisations.create(ann.userId);
    await organisations.add(service, org, ben.userId);
    expect(await asCaller(api, ben, (q) => q`select id from ops.orgs`)).toEqual([{ id: org }]);
    expect(await organisations.remove(ben, org, ben.userId)).toBe(true);
    expect(await asCaller(api, ben, (q) => q`select id from ops.orgs`)).toEqual([]);
  });

  it('are found through an index, once a statement', async () => {
    const plan = await asCaller(api, user(), async (q) => {
      await q`set local enable_seqscan = off`;
      const rows = await q<{ 'QUERY PLAN': string }[]>`explain (verbose) select * from ops.org_members`;
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toMatch(/hashed SubPlan/);
    const [index] = await sql`select indexdef from pg_indexes where indexname = 'org_members_user_id'`;
    expect(index).toEqual({
      indexdef: 'CREATE INDEX org_members_user_id ON ops.org_members USING btree (user_id) INCLUDE (org_id)',
    });
  });

  it('write no row themselves, not even owners', async () => {
    const ann = user();
    const org = await organisations.create(ann.userId);
    const attempts = [
      (q: TransactionSql) =>
        q`insert into ops.org_members (org_id, user_id) values (${org}, ${randomUUID()})`,
      (q: TransactionSql) => q`update ops.org_members set role = 'owner'`,
      (q: TransactionSql) => q`delete from ops.org_members`,
      (q: TransactionSql) => q`update ops.orgs set name = 'Mine'`,
      (q: TransactionSql) => q`insert into ops.admins (user_id) values (${ann.userId})`,
      (q: TransactionSql) => q`select ops.grant_admin(${ann.userId})`,
      (q: TransactionSql) => q`select ops.create_org('Mine', 'mine', ${ann.userId})`,
    ];
    for (const attempt of attempts) await expect(asCaller(api, ann, attempt)).rejects.toEqual(refused);
  });
});

describe('who may change memberships', () => {
  async function team() {
    const [owner, admin, member, outsider] = [user(), user(), user(), user()];
    const org = await organisations.create(owner.userId);
    await organisations.add(owner, org, admin.userId, 'admin');
    await organisations.add(admin, org, member.userId);
    return { owner, admin, member, outsider, org };
  }

  it('owners, admins and service_role add; members, outsiders and people of other organisations do not', async () => {
    const { owner, admin, member, outsider, org } = await team();
    await organisations.create(outsider.userId);
    for (const as of [owner, admin, service]) {
      expect(await organisations.add(as, org, randomUUID())).toBe(true);
    }
    for (const as of [member, outsider, user()]) {
      await expect(organisations.add(as, org, randomUUID())).rejects.toEqual(refused);
      await expect(organisations.add(as, org, as.userId, 'owner')).rejects.toEqual(refused);
      await expect(organisations.setRole(as, org, as.userId, 'admin')).rejects.toEqual(refused);
      await expect(organisations.remove(as, org, owner.userId)).rejects.toEqual(refused);
    }
  });

  it('an organisation that does not exist answers outsiders as one that does', async () => {
    const { org, outsider, owner } = await team();
    const messageOf = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'done',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
    const messages = await Promise.all([
      messageOf(organisations.add(outsider, org, randomUUID())),
      messageOf(organisations.add(outsider, randomUUID(), randomUUID())),
      messageOf(organisations.remove(outsider, org, owner.userId)),
      messageOf(organisations.remove(outsider, org, randomUUID())),
    ]);
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch('only owners manage an organisation');
  });

  it('adding somebody who is there changes nothing, least of all their role', async () => {
    const { owner, admin, member, org } = await team();
    expect(await organisations.add(owner, org, member.userId, 'admin')).toBe(false);
    expect(await organisations.add(admin, org, owner.userId, 'member')).toBe(false);
    expect(await organisations.rolesIn(org)).toEqual({
      [owner.userId]: 'owner',
      [admin.userId]: 'admin',
      [member.userId]: 'member',
    });
  });

  it('admins neither make nor unmake owners', async () => {
    const { owner, admin, member, org } = await team();
    await expect(organisations.add(admin, org, randomUUID(), 'owner')).rejects.toEqual(refused);
    await expect(organisations.setRole(admin, org, admin.userId, 'owner')).rejects.toEqual(refused);
    await expect(organisations.setRole(admin, org, member.userId, 'owner')).rejects.toEqual(refused);
    await expect(organisations.remove(admin, org, owner.userId)).rejects.toEqual(refused);
    await organisations.setRole(owner, org, member.userId, 'owner');
    await expect(organisations.setRole(admin, org, owner.userId, 'member')).rejects.toEqual(refused);
    expect(await organisations.setRole(admin, org, admin.userId, 'member')).toBe(true);
  });

  it('a role that does not exist is refused', async () => {
    const { owner, member, org } = await team();
    await expect(organisations.setRole(owner, org, member.userId, 'king')).rejects.toMatchObject({
      code: '23514',
    });
    await expect(organisations.add(owner, org, randomUUID(), 'king')).rejects.toMatchObject({
      code: '23514',
    });
  });

  it('the last owner can be neither removed, demoted nor leave, by anybody', async () => {
    const { owner, member, org } = await team();
    await expect(organisations.remove(owner, org, owner.userId)).rejects.toEqual(ownerless);
    await expect(organisations.setRole(owner, org, owner.userId, 'member')).rejects.toEqual(ownerless);
    await expect(organisations.remove(service, org, owner.userId)).rejects.toEqual(ownerless);
    await expect(organisations.setRole(service, org, owner.userId, 'admin')).rejects.toEqual(ownerless);
    await organisations.setRole(owner, org, member.userId, 'owner');
    expect(await organisations.remove(owner, org, owner.userId)).toBe(true);
    await expect(organisations.remove(member, org, member.userId)).rejects.toEqual(ownerless);
  });

  it('two owners who remove each other at once leave one', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [ann, ben] = [user(), user()];
      const org = await organisations.create(ann.userId);
      await organisations.add(ann, org, ben.userId, 'owner');
      const results = await Promise.allSettled([
        organisations.remove(ann, org, ben.userId),
        organisations.remove(ben, org, ann.userId),
      ]);
      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(Object.values(await organisations.rolesIn(org))).toEqual(['owner']);
    }
  });

  it('two owners who leave at once leave one', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [ann, ben] = [user(), user()];
      const org = await organisations.create(ann.userId);
      await organisations.add(ann, org, ben.userId, 'owner');
      await Promise.allSettled([
        organisations.remove(ann, org, ann.userId),
        organisations.setRole(ben, org, ben.userId, 'member'),
      ]);
      expect(Object.values(await organisations.rolesIn(org))).toContain('owner');
    }
  });

  it('an organisation takes its memberships with it', async () => {
    const { owner, org } = await team();
    await asCaller(api, service, (q) => q`delete from ops.orgs where id = ${org}`);
    expect(await organisations.rolesIn(org)).toEqual({});
    expect(await asCaller(api, owner, (q) => q`select * from ops.orgs`)).toEqual([]);
  });
});

describe('admins of the control room', () => {
  it('are made and unmade by service_role, and see each other', async () => {
    const [ann, ben, eve] = [user(), user(), user()];
    const call = (statement: 'grant' | 'revoke', id: string): Promise<boolean> =>
      asCaller(api, service, async (q) => {
        const [row] =
          statement === 'grant'
            ? await q<{ done: boolean }[]>`select ops.grant_admin(${id}) as done`
            : await q<{ done: boolean }[]>`select ops.revoke_admin(${id}) as done`;
        return row?.done ?? false;
      });
    expect([
      await call('grant', ann.userId),
      await call('grant', ann.userId),
      await call('grant', ben.userId),
    ]).toEqual([true, false, true]);
    const seen = (as: Caller) =>
      asCaller(api, as, (q) => q`select count(*)::int as rows, ops.is_admin() as admin from ops.admins`);
    expect(await seen(ann)).toEqual([{ rows: 2, admin: true }]);
    expect(await seen(eve)).toEqual([{ rows: 0, admin: false }]);
    expect([await call('revoke', ann.userId), await call('revoke', ann.userId)]).toEqual([true, false]);
    expect(await seen(ann)).toEqual([{ rows: 0, admin: false }]);
  });

  it('see no organisation they are not in', async () => {
    const ann = user();
    await organisations.create(randomUUID());
    await sql`select ops.grant_admin(${ann.userId})`;
    expect(await asCaller(api, ann, (q) => q`select * from ops.orgs`)).toEqual([]);
    await expect(
      organisations.add(ann, await organisations.create(randomUUID()), ann.userId),
    ).rejects.toEqual(refused);
  });
});
