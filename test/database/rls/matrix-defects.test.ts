/** The matrix test can fail: each hole is opened in a transaction, seen, and closed with it. */
import type { TransactionSql } from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { readOtherGrants, readRelations, readRoutines } from './catalog.ts';
import { compareRelations, compareRoutines, keyOf } from './compare.ts';
import { expected } from './expected.ts';
import { table, together } from './matrix-text.ts';
import { seedRows } from './seed.ts';
import { tryRelations } from './try-relations.ts';
import { tryRoutines } from './try-routines.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
await seedRows(sql, await readRelations(sql));

class Undo extends Error {}

/** What the matrix says of some relations and functions once `open` has run. */
async function complaintsAfter(
  open: (transaction: TransactionSql) => Promise<unknown>,
  ...names: readonly string[]
): Promise<readonly string[]> {
  const complaints: string[] = [];
  const undone = sql.begin(async (transaction) => {
    await open(transaction);
    const relations = (await readRelations(transaction)).filter(({ name }) => names.includes(name));
    const routines = (await readRoutines(transaction)).filter(({ name }) => names.includes(name));
    const keys = new Set(names);
    for (const relation of relations) keys.add(keyOf(relation));
    const lines = (all: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => keys.has(name)));
    complaints.push(
      ...compareRelations(relations, await tryRelations(transaction, relations), lines(expected.relations)),
      ...compareRoutines(routines, await tryRoutines(transaction, routines), lines(expected.routines)),
    );
    throw new Undo();
  });
  await expect(undone).rejects.toThrow(Undo);
  return complaints;
}

describe('the matrix complains of', () => {
  it('nothing, as long as nothing is opened', async () => {
    expect(
      await complaintsAfter(async () => {}, 'ops.orgs', 'public.job_run_log', 'ops.list_alerts'),
    ).toEqual([]);
  });

  it('a table nobody listed, and says who could do what', async () => {
    const complaints = await complaintsAfter(
      (q) =>
        q`create table ops.leak (id int); grant select on ops.leak to anon, authenticated; grant usage on schema ops to anon`.simple(),
      'ops.leak',
    );
    expect(complaints).toEqual([
      "ops.leak is not in expected.ts; it would be '.---  .---  .---  .---  .---  ----'",
    ]);
  });

  it('a table without a factory, before anything is tried', async () => {
    await sql`create table ops.leak (id int)`;
    try {
      await expect(seedRows(sql, await readRelations(sql))).rejects.toThrow('no factory for ops.leak');
    } finally {
      await sql`drop table ops.leak`;
    }
  });

  it('row level security switched off', async () => {
    expect(
      await complaintsAfter((q) => q`alter table ops.orgs disable row level security`, 'ops.orgs'),
    ).toEqual([
      'ops.orgs: select by a user without org: expected none, got own',
      'ops.orgs: select by admin: expected none, got own',
    ]);
  });

  it('a policy that is open to everybody signed in', async () => {
    const complaints = await complaintsAfter(
      (q) => q`create policy open on ops.alerts for select to authenticated using (true)`,
      'ops.alerts',
    );
    expect(complaints).toEqual([
      'ops.alerts: select by a user without org: expected none, got own',
      'ops.alerts: select by member of A: expected none, got own',
      'ops.alerts: select by owner of B: expected none, got own',
    ]);
  });

  it('a policy that takes any row, and one that lets anybody change a column', async () => {
    const complaints = await complaintsAfter(
      (q) =>
        q`
          grant insert, update (role) on ops.org_members to authenticated;
          create policy any_insert on ops.org_members for insert to authenticated with check (true);
          create policy own_update on ops.org_members for update to authenticated using (user_id = ops.current_user_id())
        `.simple(),
      'ops.org_members',
    );
    expect(complaints).toEqual([
      'ops.org_members: insert by a user without org: expected denied, got own',
      'ops.org_members: update by a user without org: expected denied, got none',
      'ops.org_members: insert by member of A: expected denied, got own',
      'ops.org_members: update by member of A: expected denied, got own',
      'ops.org_members: insert by owner of B: expected denied, got own',
      'ops.org_members: update by owner of B: expected denied, got own',
      'ops.org_members: insert by admin: expected denied, got own',
      'ops.org_members: update by admin: expected denied, got none',
    ]);
  });

  it('a right that is missing as well as one too many', async () => {
    expect(
      await complaintsAfter((q) => q`revoke select on ops.alerts from service_role`, 'ops.alerts'),
    ).toEqual(['ops.alerts: select by service_role: expected own, got denied']);
  });

  it('a view that shows rows with the rights of its owner', async () => {
    const complaints = await complaintsAfter(
      (q) => q`alter view public.job_run_log set (security_invoker = false)`,
      'public.job_run_log',
    );
    expect(complaints).toContain('public.job_run_log: select by member of A: expected none, got own');
  });

  it('a right to truncate, which no policy stops', async () => {
    const complaints = await complaintsAfter(
      (q) => q`grant truncate on ops.job_types to authenticated`,
      'ops.job_types',
    );
    expect(complaints).toContain(
      'ops.job_types by member of A: truncate: allowed, which goes past row level security',
    );
  });

  it('a function that became callable, and one that shows too much', async () => {
    const complaints = await complaintsAfter(
      (q) =>
        q`
          grant execute on function ops.grant_admin(uuid) to authenticated;
          alter function ops.list_alerts(boolean, text, bigint, integer) security definer
        `.simple(),
      'ops.grant_admin',
      'ops.list_alerts',
    );
    expect(complaints).toEqual([
      ...['a user without org', 'member of A', 'owner of B', 'admin'].map(
        (who) =>
          `ops.grant_admin: execute by ${who}: expected denied, got refused inside (42501 permission denied for table admins)`,
      ),
      'ops.list_alerts: execute by a user without org: expected none, got done',
      'ops.list_alerts: execute by member of A: expected none, got done',
      'ops.list_alerts: execute by owner of B: expected none, got done',
    ]);
  });

  it('a function nobody listed or restricted, and one that exists twice', async () => {
    const complaints = await complaintsAfter(
      (q) =>
        q`
          create function ops.leak() returns text language sql return 'rows';
          create function ops.is_admin(p_user_id uuid) returns boolean language sql return true;
          grant usage on schema ops to anon
        `.simple(),
      'ops.leak',
      'ops.is_admin',
    );
    expect(complaints).toContain("ops.leak is not in expected.ts; it would be 'x x x x x x'");
    expect(complaints).toContain(
      'ops.is_admin exists with several signatures, which PostgREST cannot tell apart',
    );
  });

  it('what is listed and gone', () => {
    expect(compareRelations([], new Map(), { 'ops.gone': '---- ---- ---- ---- ---- ----' })).toEqual([
      'ops.gone is in expected.ts and not in the database',
    ]);
    expect(compareRoutines([], new Map(), { 'ops.gone': '- - - - - -' })).toEqual([
      'ops.gone is in expected.ts and not in the database',
    ]);
  });

  it('a sequence or a schema that is open', async () => {
    const grants: string[] = [];
    const undone = sql.begin(async (q) => {
      await q`grant usage on all sequences in schema ops to anon`;
      await q`grant create on schema ops to service_role`;
      await q`grant trigger on ops.orgs to authenticated`;
      grants.push(...(await readOtherGrants(q)));
      throw new Undo();
    });
    await expect(undone).rejects.toThrow(Undo);
    expect(grants).toContain('anon may usage ops.alerts_id_seq');
    expect(grants).toContain('service_role may create in schema ops');
    expect(grants).toContain('authenticated may trigger ops.orgs');
  });
});

describe('expected.ts', () => {
  it('may not say two things of one name', () => {
    expect(() => table('ops.a x\nops.a y')).toThrow('Twice in expected.ts: ops.a');
    expect(() => together({ 'ops.a': 'x' }, { 'ops.a': 'y' })).toThrow('Twice in expected.ts: ops.a');
  });

  it('is refused where a cell cannot be read', async () => {
    const relations = (await readRelations(sql)).filter(({ name }) => name === 'ops.orgs');
    const found = await sql.begin((q) => tryRelations(q, relations));
    for (const line of ['---- ---- ----', '---- .--- s--- s--- .--- suid', '']) {
      expect(compareRelations(relations, found, { 'ops.orgs': line })).toEqual([
        `ops.orgs has an unreadable line in expected.ts: '${line}'`,
      ]);
    }
  });
});
