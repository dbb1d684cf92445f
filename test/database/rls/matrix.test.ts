import { afterAll, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { calls } from './calls.ts';
import { readOtherGrants, readRelations, readRoutines } from './catalog.ts';
import { compareRelations, compareRoutines } from './compare.ts';
import { expected } from './expected.ts';
import { apiLogin } from './organisations.ts';
import { seedRows } from './seed.ts';
import { tryRelations } from './try-relations.ts';
import { tryRoutines } from './try-routines.ts';

const database = await createTestDatabase(import.meta.url);
const api = apiLogin(database, 1);
afterAll(async () => {
  await api.end();
  await database.drop();
});

const relations = await readRelations(database.sql);
const routines = await readRoutines(database.sql);
await seedRows(database.sql, relations);

it('every table and view shows and takes from everybody what expected.ts says, no more and no less', async () => {
  const found = await api.begin((sql) => tryRelations(sql, relations));
  expect(compareRelations(relations, found, expected.relations)).toEqual([]);
}, 120_000);

it('every function runs for those expected.ts says, and shows them what it says', async () => {
  const found = await api.begin((sql) => tryRoutines(sql, routines));
  expect(compareRoutines(routines, found, expected.routines)).toEqual([]);
}, 120_000);

it('every function that signed-in users may call is called with rows of organisation A, not with nulls', async () => {
  const open = await database.sql<{ name: string }[]>`
    select distinct p.pronamespace::regnamespace || '.' || p.proname as name
    from pg_proc p
    where p.pronamespace in ('ops'::regnamespace, 'public'::regnamespace) and has_function_privilege('authenticated', p.oid, 'execute')
      and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  `;
  expect(
    open.filter(({ name }) => calls[name] === undefined).map(({ name }) => `${name} has no call in calls.ts`),
  ).toEqual([]);
});

it('nobody holds rights that row level security does not see, but for those with a reason', async () => {
  expect(await readOtherGrants(database.sql)).toEqual(Object.keys(expected.otherGrants).sort());
});
