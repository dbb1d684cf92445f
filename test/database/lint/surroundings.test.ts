/** Lints that look beyond a schema: at the API, Storage, extensions, statistics. Clean, planted, seen, mended, clean. */
import type { TransactionSql } from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { apiLints } from '../../../actions/_shared/checks/postgres-lints/api-lints.ts';
import { upkeepLints } from '../../../actions/_shared/checks/postgres-lints/upkeep-lints.ts';
import { lintPostgres } from '../../../actions/_shared/checks/postgres-lints.ts';
import { bareDatabase } from '../../support/database.ts';

const database = await bareDatabase(import.meta.url);
afterAll(() => database.drop());

const lints = [...apiLints, ...upkeepLints];

interface Planted {
  readonly lint: string;
  readonly defect: string;
  readonly mend: string;
  readonly detail: string;
}

const sound = `
  create schema shop;
  grant usage on schema shop to anon, authenticated;
  create table shop.orders (id bigint primary key, note text);
  alter table shop.orders enable row level security;
  grant select on shop.orders to authenticated;
`;

/** As Auth and Storage make them, as far as the lints look. */
const accounts = `
  create schema if not exists auth;
  create table if not exists auth.users (id uuid primary key, email text);
  alter table auth.users add column if not exists phone text;
  create unique index users_phone_for_test on auth.users (phone);
  alter table auth.users add constraint users_phone_for_test unique using index users_phone_for_test;
`;
const buckets = `
  create schema if not exists storage;
  create table if not exists storage.buckets (id text primary key, name text not null, public boolean default false);
  create table if not exists storage.objects (id uuid primary key, bucket_id text);
  alter table storage.objects enable row level security;
  insert into storage.buckets (id, name, public) values ('pictures', 'Pictures', true), ('papers', 'Papers', false);
`;

const planted: readonly Planted[] = [
  {
    lint: 'auth_users_exposed',
    defect: `${accounts} create view shop.people as select id, email from auth.users; grant select on shop.people to anon`,
    mend: 'revoke select on shop.people from anon',
    detail: 'View "shop.people" shows auth.users to anon',
  },
  {
    lint: 'auth_users_exposed',
    defect: `${accounts} alter table auth.users enable row level security;
      create view shop.people as select id, email from auth.users; grant select on shop.people to authenticated`,
    mend: 'alter view shop.people set (security_invoker = on)',
    detail: 'View "shop.people" shows auth.users to authenticated',
  },
  {
    lint: 'sensitive_columns_exposed',
    defect:
      'alter table shop.orders add column "Credit-Card" text; alter table shop.orders disable row level security',
    mend: 'alter table shop.orders enable row level security',
    detail: 'Table "shop.orders" is open and has the columns Credit-Card',
  },
  {
    lint: 'insecure_queue_exposed_in_api',
    defect:
      'create schema pgmq; create table pgmq.q_mail (msg_id bigint); grant select on pgmq.q_mail to authenticated',
    mend: 'alter table pgmq.q_mail enable row level security',
    detail: 'Queue "pgmq.q_mail" has no row level security',
  },
  {
    lint: 'fkey_to_auth_unique',
    defect: `${accounts} alter table shop.orders add column phone text constraint orders_phone references auth.users (phone)`,
    mend: 'alter table shop.orders drop constraint orders_phone',
    detail: 'Table "shop.orders" has a foreign key "orders_phone" to a unique constraint of schema auth',
  },
  {
    lint: 'materialized_view_in_api',
    defect:
      'create materialized view shop.totals as select count(*) from shop.orders; grant select on shop.totals to anon',
    mend: 'revoke select on shop.totals from anon',
    detail: 'Materialized view "shop.totals" can be read through the API',
  },
  {
    lint: 'foreign_table_in_api',
    defect: `create foreign data wrapper elsewhere; create server far foreign data wrapper elsewhere;
      create foreign table shop.remote (id bigint) server far; grant select on shop.remote to anon`,
    mend: 'revoke select on shop.remote from anon',
    detail: 'Foreign table "shop.remote" can be read through the API',
  },
  {
    lint: 'public_bucket_allows_listing',
    defect: `${buckets} create policy all_see on storage.objects for select to anon using (bucket_id = 'pictures')`,
    mend: `alter policy all_see on storage.objects using (bucket_id = 'pictures' and id is null)`,
    detail: 'Public bucket "Pictures" can be listed: all_see',
  },
  {
    lint: 'public_bucket_allows_listing',
    defect: `${buckets} create policy all_see on storage.objects to public using (true)`,
    mend: `update storage.buckets set public = false`,
    detail: 'Public bucket "Pictures" can be listed: all_see',
  },
  {
    lint: 'pg_graphql_anon_table_exposed',
    // The lint only asks whether the extension is there, and no package of the test server has it.
    defect: `set local allow_system_table_mods = on;
      insert into pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
      select 4000000, 'pg_graphql', 10, 'shop'::regnamespace, false, '1.5.11';
      revoke select on shop.orders from authenticated; grant select on shop.orders to anon`,
    mend: 'revoke select on shop.orders from anon',
    detail: '"shop.orders" is described to anon by GraphQL',
  },
  {
    lint: 'pg_graphql_authenticated_table_exposed',
    defect: `set local allow_system_table_mods = on;
      insert into pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
      select 4000000, 'pg_graphql', 10, 'shop'::regnamespace, false, '1.5.11'`,
    mend: 'revoke select on shop.orders from authenticated',
    detail: '"shop.orders" is described to authenticated by GraphQL',
  },
  {
    lint: 'extension_in_public',
    defect: 'create extension citext schema public',
    mend: 'alter extension citext set schema shop',
    detail: 'Extension "citext" is in schema public',
  },
  {
    lint: 'extension_versions_outdated',
    defect: `create extension pg_trgm schema shop version '1.3'`,
    mend: 'alter extension pg_trgm update',
    detail: 'Extension "pg_trgm" is 1.3, and 1.6 is there',
  },
  {
    lint: 'unsupported_reg_types',
    defect: 'alter table shop.orders add column handler regprocedure',
    mend: 'alter table shop.orders alter column handler type text',
    detail: 'Table "shop.orders" has the column "handler" of type regprocedure',
  },
  {
    lint: 'unused_index',
    defect: 'create index orders_note on shop.orders (note)',
    mend: 'drop index shop.orders_note',
    detail: 'Index "orders_note" of table "shop.orders" was never read',
  },
  {
    lint: 'invalid_index',
    // As a CREATE UNIQUE INDEX CONCURRENTLY leaves it that met a duplicate.
    defect: `create unique index orders_note on shop.orders (note);
      update pg_catalog.pg_index set indisvalid = false where indexrelid = 'shop.orders_note'::regclass`,
    mend: 'reindex index shop.orders_note',
    detail: 'Index "orders_note" of table "shop.orders" is invalid',
  },
  {
    lint: 'table_bloat',
    defect: `alter table shop.orders set (autovacuum_enabled = off);
      insert into shop.orders select n, repeat('x', 900) from generate_series(1, 40000) n;
      delete from shop.orders where id > 100; analyze shop.orders`,
    mend: 'truncate shop.orders; insert into shop.orders select n from generate_series(1, 100) n; analyze shop.orders',
    detail: 'Table "shop.orders" takes',
  },
];

class Undo extends Error {}

/** Lint names and details after each of some steps, as a superuser: some surroundings are not ours to make. */
async function follow(...steps: readonly string[]): Promise<readonly (readonly [string, string])[][]> {
  const seen: (readonly [string, string])[][] = [];
  const undone = database.superuser.begin(async (sql) => {
    const before = new Set((await found(sql)).map(String));
    for (const step of steps) {
      await sql.unsafe(step).simple();
      seen.push((await found(sql)).filter((each) => !before.has(String(each))));
    }
    throw new Undo();
  });
  await expect(undone).rejects.toThrow(Undo);
  return seen;
}

async function found(sql: TransactionSql): Promise<(readonly [string, string])[]> {
  const scope = { schemas: ['shop'], apiSchemas: ['shop', 'pgmq_public'] };
  const { findings, unevaluated } = await lintPostgres(sql, scope, lints);
  expect(unevaluated).toEqual([]);
  return findings.map((finding) => [finding.name, finding.detail] as const);
}

describe('a lint', () => {
  it.each(planted)('$lint: $detail', async ({ lint, defect, mend, detail }) => {
    expect(await follow(sound, defect, mend)).toEqual([[], [[lint, expect.stringContaining(detail)]], []]);
  });

  it('exists for nothing that is not planted here', () => {
    expect([...new Set(planted.map(({ lint }) => lint))].sort()).toEqual(
      lints.map(({ name }) => name).sort(),
    );
  });

  it.each([
    [
      'a view over accounts nobody may read',
      `${accounts} create view shop.people as select id from auth.users`,
    ],
    [
      'a queue while the API does not expose it',
      'create schema pgmq; create table pgmq.q_mail (msg_id bigint)',
    ],
    [
      'a private bucket',
      `${buckets} update storage.buckets set public = false; create policy all_see on storage.objects using (true)`,
    ],
    [
      'a policy for one folder',
      `${buckets} create policy mine on storage.objects using (bucket_id = 'pictures' and id = '00000000-0000-0000-0000-000000000000')`,
    ],
    ['sensitive columns behind row level security', 'alter table shop.orders add column password text'],
    ['an extension that can be nowhere else', 'select 1'],
  ])('says nothing of %s', async (_what, step) => {
    expect(await follow(sound, step)).toEqual([[], []]);
  });
});
