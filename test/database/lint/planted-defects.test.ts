/** Every lint sees its defect and nothing else: clean, planted, seen, mended, clean. */
import type { TransactionSql } from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { functionLints } from '../../../actions/_shared/checks/postgres-lints/function-lints.ts';
import { policyLints } from '../../../actions/_shared/checks/postgres-lints/policy-lints.ts';
import { rightsLints } from '../../../actions/_shared/checks/postgres-lints/rights-lints.ts';
import { tableLints } from '../../../actions/_shared/checks/postgres-lints/table-lints.ts';
import {
  type LintReport,
  lintPostgres,
  postgresLints,
} from '../../../actions/_shared/checks/postgres-lints.ts';
import { bareDatabase } from '../../support/database.ts';

const database = await bareDatabase(import.meta.url);

/** Those about a schema by itself; others are in surroundings.test.ts. */
const lints = [...tableLints, ...policyLints, ...functionLints, ...rightsLints];
afterAll(() => database.drop());

interface Planted {
  readonly lint: string;
  readonly defect: string;
  readonly mend: string;
  readonly detail: string;
}

/** A sound schema to spoil. */
const sound = `
  create schema shop;
  create function shop.is_clerk() returns boolean language sql stable set search_path = '' return false;
  comment on function shop.is_clerk() is 'Whether the caller works here.';
  revoke all on function shop.is_clerk() from public;
  grant execute on function shop.is_clerk() to authenticated, service_role;
  create table shop.orders (id bigint primary key, buyer uuid, note text);
  comment on table shop.orders is 'What was bought.';
  alter table shop.orders enable row level security;
  grant select on shop.orders to authenticated;
  create policy clerk_select on shop.orders for select to authenticated using ((select shop.is_clerk()));
`;

/** A table that is sound but for what is said after it. */
const items = (columns: string): string => `
  create table shop.items (${columns});
  comment on table shop.items is 'Parts of an order.';
  alter table shop.items enable row level security;
  create policy service_role_select on shop.items for select to service_role using (true);
  grant select on shop.items to service_role;
`;

/** A function that is sound but for what is said after it. */
const refund = (more: string): string => `
  create function shop.refund() returns bigint language sql ${more} as 'select 1::bigint';
  comment on function shop.refund() is 'Money back.';
  revoke all on function shop.refund() from public;
`;

const planted: readonly Planted[] = [
  {
    lint: 'rls_disabled',
    defect: `${items('id bigint primary key')} drop policy service_role_select on shop.items; alter table shop.items disable row level security`,
    mend: 'drop table shop.items',
    detail: 'Table "shop.items" has no row level security',
  },
  {
    lint: 'security_definer_view',
    defect: `create view shop.bought as select id from shop.orders; comment on view shop.bought is 'Orders.'`,
    mend: 'alter view shop.bought set (security_invoker = on)',
    detail: 'View "shop.bought" is without security_invoker',
  },
  {
    lint: 'unindexed_foreign_keys',
    defect: items('id bigint primary key, order_id bigint references shop.orders (id)'),
    mend: 'create index items_order on shop.items (order_id) where order_id is not null',
    detail: 'Table "shop.items" has a foreign key "items_order_id_fkey" without a covering index',
  },
  {
    lint: 'duplicate_index',
    defect:
      'create index orders_buyer on shop.orders (buyer); create index orders_by_buyer on shop.orders (buyer)',
    mend: 'drop index shop.orders_by_buyer',
    detail: 'Table "shop.orders" has identical indexes orders_buyer, orders_by_buyer',
  },
  {
    lint: 'no_primary_key',
    defect: items('id bigint'),
    mend: 'alter table shop.items add primary key (id)',
    detail: 'Table "shop.items" has no primary key',
  },
  {
    lint: 'relation_without_comment',
    defect: 'comment on table shop.orders is null',
    mend: `comment on table shop.orders is 'What was bought.'`,
    detail: '"shop.orders" has no comment',
  },
  {
    lint: 'policy_exists_rls_disabled',
    defect: 'alter table shop.orders disable row level security',
    mend: 'alter table shop.orders enable row level security',
    detail: 'Table "shop.orders" has policies (clerk_select) and row level security is off',
  },
  {
    lint: 'rls_references_user_metadata',
    defect: `
      alter policy clerk_select on shop.orders
      using (((select nullif(current_setting('request.jwt.claims', true), ''))::jsonb #>> '{user_metadata,role}') = 'clerk')`,
    mend: 'alter policy clerk_select on shop.orders using ((select shop.is_clerk()))',
    detail: 'Policy "clerk_select" of table "shop.orders" refers to user_metadata',
  },
  {
    lint: 'rls_policy_always_true',
    defect: `
      grant insert on shop.orders to authenticated;
      create policy anybody_insert on shop.orders for insert to authenticated with check (true)`,
    mend: 'alter policy anybody_insert on shop.orders with check ((select shop.is_clerk()))',
    detail: 'Policy "anybody_insert" of table "shop.orders" is true for every row',
  },
  {
    lint: 'rls_enabled_no_policy',
    defect: 'drop policy clerk_select on shop.orders; revoke select on shop.orders from authenticated',
    mend: `
      grant select on shop.orders to authenticated;
      create policy clerk_select on shop.orders for select to authenticated using ((select shop.is_clerk()))`,
    detail: 'Table "shop.orders" has row level security and no policy',
  },
  {
    lint: 'auth_rls_initplan',
    defect: 'alter policy clerk_select on shop.orders using (shop.is_clerk() or id = 1)',
    mend: 'alter policy clerk_select on shop.orders using ((select shop.is_clerk()) or id = 1)',
    detail: 'Policy "clerk_select" of table "shop.orders" calls shop.is_clerk for every row',
  },
  {
    lint: 'multiple_permissive_policies',
    defect: 'create policy own_select on shop.orders for select to authenticated using (buyer is not null)',
    mend: 'alter policy own_select on shop.orders to postgres',
    detail:
      'Table "shop.orders" has several policies for select by role authenticated: clerk_select, own_select',
  },
  {
    lint: 'anon_security_definer_function_executable',
    defect: `${refund(`security definer set search_path = ''`)} grant execute on function shop.refund() to anon`,
    mend: 'revoke execute on function shop.refund() from anon',
    detail: 'Security definer function shop.refund() can be called by anon',
  },
  {
    lint: 'authenticated_security_definer_function_executable',
    defect: `${refund(`security definer set search_path = ''`)} grant execute on function shop.refund() to authenticated`,
    mend: 'alter function shop.refund() security invoker',
    detail: 'Security definer function shop.refund() can be called by every signed-in user',
  },
  {
    lint: 'function_executable_by_everybody',
    defect: `${refund(`set search_path = ''`)} grant execute on function shop.refund() to public`,
    mend: 'revoke execute on function shop.refund() from public',
    detail: 'Function shop.refund() can be called by everybody',
  },
  {
    lint: 'function_search_path_mutable',
    defect: refund(''),
    mend: `alter function shop.refund() set search_path = ''`,
    detail: 'Function shop.refund() has a mutable search_path',
  },
  {
    lint: 'function_without_comment',
    defect: 'comment on function shop.is_clerk() is null',
    mend: `comment on function shop.is_clerk() is 'Whether the caller works here.'`,
    detail: 'Function shop.is_clerk() has no comment',
  },
  {
    lint: 'function_needs_missing_right',
    defect: `
      ${refund(`set search_path = ''`)}
      create function shop.pay() returns bigint language sql set search_path = '' as 'select shop.refund() -- shop.is_clerk()';
      comment on function shop.pay() is 'Pay.';
      revoke all on function shop.pay() from public;
      grant execute on function shop.pay() to service_role`,
    mend: 'grant execute on function shop.refund() to service_role',
    detail: 'service_role may call shop.pay(), which needs function shop.refund()',
  },
  {
    lint: 'function_needs_missing_right',
    defect: `
      create function shop.note(p_id bigint) returns void language sql set search_path = ''
      as 'update shop.orders o set note = null where o.id = p_id';
      comment on function shop.note(bigint) is 'Forget a note.';
      revoke all on function shop.note(bigint) from public;
      grant execute on function shop.note(bigint) to authenticated`,
    mend: 'revoke execute on function shop.note(bigint) from authenticated',
    detail: 'authenticated may call shop.note(bigint), which needs update on shop.orders',
  },
  {
    lint: 'grant_without_policy',
    defect: 'grant update on shop.orders to authenticated',
    mend: 'revoke update on shop.orders from authenticated',
    detail: 'authenticated may update "shop.orders", and no policy shows it a row',
  },
  {
    lint: 'policy_without_grant',
    defect: `create policy service_role_delete on shop.orders for delete to service_role using (true)`,
    mend: 'grant delete on shop.orders to service_role',
    detail: 'Policy "service_role_delete" of "shop.orders" is for service_role, which may not delete',
  },
];

class Undo extends Error {}

/** Lint names and details of schema shop, after each of some steps. */
async function follow(...steps: readonly string[]): Promise<readonly (readonly [string, string])[][]> {
  const seen: (readonly [string, string])[][] = [];
  const undone = database.sql.begin(async (sql) => {
    for (const step of steps) {
      await sql.unsafe(step).simple();
      seen.push(await shopFindings(sql));
    }
    throw new Undo();
  });
  await expect(undone).rejects.toThrow(Undo);
  return seen;
}

async function shopFindings(sql: TransactionSql): Promise<(readonly [string, string])[]> {
  const { findings, unevaluated } = await lintPostgres(sql, { schemas: ['shop'] }, lints);
  expect(unevaluated).toEqual([]);
  return findings.map((finding) => [finding.name, finding.detail] as const);
}

describe('a lint', () => {
  it.each(planted)('$lint: $detail', async ({ lint, defect, mend, detail }) => {
    expect(await follow(sound, defect, mend)).toEqual([[], [[lint, detail]], []]);
  });

  it('exists for nothing that is not planted here', () => {
    expect([...new Set(planted.map(({ lint }) => lint))].sort()).toEqual(
      lints.map((lint) => lint.name).sort(),
    );
  });
});

describe('auth_rls_initplan', () => {
  it.each([
    ['(select shop.is_clerk())', []],
    ['id in (select o.id from shop.orders o where shop.is_clerk())', []],
    ['buyer = any (array(select gen_random_uuid()))', []],
    ["note = 'shop.is_clerk()'", []],
    ["note = ') shop.is_clerk('", []],
    ["lower(note) = 'x' and length(note) > 1", []],
    ['not (id = 1 or (id = 2 and shop.is_clerk()))', ['shop.is_clerk']],
    ["buyer = (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid", ['current_setting']],
    ["buyer = ((select current_setting('request.jwt.claims', true))::jsonb ->> 'sub')::uuid", []],
    ['(select shop.is_clerk()) and shop.is_clerk()', ['shop.is_clerk']],
  ])('of using (%s) sees %j', async (condition, called) => {
    const [, found] = await follow(sound, `alter policy clerk_select on shop.orders using (${condition})`);
    expect(found?.filter(([name]) => name === 'auth_rls_initplan').map(([, detail]) => detail)).toEqual(
      called.map((name) => `Policy "clerk_select" of table "shop.orders" calls ${name} for every row`),
    );
  });
});

describe('a report', () => {
  it('has the columns of splinter, with a key that lasts', async () => {
    const box: { report?: LintReport } = {};
    const undone = database.sql.begin(async (sql) => {
      await sql.unsafe(`${sound} comment on table shop.orders is null`).simple();
      box.report = await lintPostgres(sql, { schemas: ['shop'] });
      throw new Undo();
    });
    await expect(undone).rejects.toThrow(Undo);
    expect(box.report?.findings).toEqual([
      {
        name: 'relation_without_comment',
        title: 'Table or view that is not explained',
        level: 'INFO',
        facing: 'EXTERNAL',
        categories: ['MAINTAINABILITY'],
        description: expect.any(String),
        detail: '"shop.orders" has no comment',
        remediation: expect.any(String),
        evidence: { schema: 'shop', name: 'orders', type: 'table' },
        cache_key: 'relation_without_comment_shop_orders',
      },
    ]);
  });

  it('says which lints could not be asked, and does not call them clean', async () => {
    const [lint] = postgresLints;
    if (lint === undefined) throw new Error('there are no lints');
    const report = await database.sql.begin((sql) =>
      lintPostgres(sql, { schemas: ['public'] }, [
        { ...lint, name: 'needs_role', roles: ['nobody_here'] },
        { ...lint, name: 'broken', find: (inner) => inner`select 1 / 0` },
        { ...lint, name: 'needs_api', needsApi: true },
        { ...lint, name: 'needs_thing', about: ['extension:nowhere', 'storage.nothing'] },
        lint,
      ]),
    );
    expect(report).toEqual({
      findings: [],
      unevaluated: [
        { name: 'needs_role', reason: 'there is no role nobody_here here' },
        { name: 'broken', reason: 'division by zero' },
        { name: 'needs_api', reason: expect.stringContaining('which schemas the Data API exposes') },
      ],
      notApplicable: [
        { name: 'needs_thing', reason: 'there is no extension nowhere, no storage.nothing here' },
      ],
    });
  });

  it('leaves what extensions own alone', async () => {
    const { findings } = await database.superuser.begin(async (sql) => {
      await sql`create schema elsewhere`;
      await sql`create extension if not exists citext schema elsewhere`;
      return await lintPostgres(sql, { schemas: ['elsewhere'] });
    });
    expect(findings).toEqual([]);
  });
});
