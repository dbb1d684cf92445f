import { afterAll, expect, it } from 'vitest';
import { bareDatabase } from '../../support/database.ts';

const database = await bareDatabase(import.meta.url);
afterAll(() => database.drop());

it('gives each file its own database, entered as any role', async () => {
  const [row] = await database.sql`select current_user as who, current_database() as name`;
  expect(row).toEqual({ who: 'postgres', name: database.name });
  const [anon] = await database.as('anon')`select current_user as who`;
  expect(anon).toEqual({ who: 'anon' });
  const [admin] = await database.superuser`select rolsuper from pg_roles where rolname = current_user`;
  expect(admin).toEqual({ rolsuper: true });
});
