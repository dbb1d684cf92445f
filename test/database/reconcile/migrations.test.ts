import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { MigrationFile } from '../../../actions/_shared/declare/model.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult, Plan } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';
import { desiredState, ourMigrations } from './desired.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
});
afterAll(() => database.drop());

function file(version: string, name: string, sql: string): MigrationFile {
  const checksum = createHash('sha256').update(sql).digest('hex');
  return { version, name, sql, checksum, file: `migrations/${version}_${name}.sql` };
}

const folder = new URL('../../fixtures/migrations-like-supabase/', import.meta.url);
const recorded = z
  .array(z.object({ version: z.string(), name: z.string(), statements: z.array(z.string()) }))
  .parse(JSON.parse(readFileSync(new URL('recorded-by-supabase-cli-3.1.0.json', folder), 'utf8')));
const tricky = recorded.map(({ version, name }) =>
  file(version, name, new TextDecoder().decode(readFileSync(new URL(`${version}_${name}.sql`, folder)))),
);

function plan(migrations: readonly MigrationFile[]): Promise<Plan> {
  return computePlan({ sql: database.sql, desired: desiredState({ migrations }), env: {}, prune: false });
}

function apply(migrations: readonly MigrationFile[]): Promise<ApplyResult> {
  const desired = desiredState({ migrations });
  return applyPlan({ sql: database.sql, desired, env: {}, prune: false, actor: { name: 'test' } });
}

async function codes(migrations: readonly MigrationFile[]): Promise<readonly string[]> {
  return (await plan(migrations)).blockers.map((blocker) => blocker.code);
}

describe('the history table', () => {
  it("holds the rows Supabase's own tool writes for the same files", async () => {
    expect((await apply(tricky)).reason).toBe('applied');
    const rows = await database.superuser`
      select version, name, to_json(statements) as statements from supabase_migrations.schema_migrations order by version`;
    expect([...rows]).toEqual(recorded);
    expect((await plan(tricky)).changes).toEqual([]);
  });

  it('has the columns that tool expects, and no others', async () => {
    const columns = await database.superuser`
      select attname::text as name, format_type(atttypid, atttypmod) as type, attnotnull as required
      from pg_attribute where attrelid = 'supabase_migrations.schema_migrations'::regclass and attnum > 0 order by attnum`;
    expect([...columns]).toEqual([
      { name: 'version', type: 'text', required: true },
      { name: 'statements', type: 'text[]', required: false },
      { name: 'name', type: 'text', required: false },
    ]);
  });

  it('written by that tool is taken as it is, also where it kept no statements', async () => {
    const pushed = file('20260201000000', 'pushed', 'select 1;\n');
    const repaired = file('20260202000000', 'repaired', 'select 2;\n');
    await database.sql`
      insert into supabase_migrations.schema_migrations (version, name, statements)
      values ('20260201000000', 'pushed', array['select 1']), ('20260202000000', 'repaired', null)`;
    const changes = await plan([...tricky, pushed, repaired]);
    expect(changes.changes).toEqual([]);
    expect(changes.blockers).toEqual([]);
    expect((await plan(tricky)).unmanaged.map((object) => object.name)).toEqual([
      '20260201000000_pushed',
      '20260202000000_repaired',
    ]);
  });
});

describe('an apply is refused', () => {
  it('when an applied file was edited, though not when only its white space was', async () => {
    const [first, ...others] = tricky;
    const edit = (sql: string): MigrationFile[] =>
      first === undefined ? [] : [file(first.version, first.name, sql), ...others];
    expect(await codes(edit(`${first?.sql}\nselect 99;`))).toEqual(['migration-edited']);
    expect(await codes(edit(`\n\n${first?.sql}\n\n`))).toEqual([]);
    const refused = await apply(edit(`${first?.sql}\nselect 99;`));
    expect(refused.reason).toBe('blocked');
    expect(refused.message).toContain('Restore the file');
  });

  it('when a pending file is older than an applied one', async () => {
    expect(await codes([...tricky, file('20250101000000', 'late', 'select 1;')])).toEqual([
      'migration-out-of-order',
    ]);
  });

  it.each([
    ['begin; select 1; commit;', ['migration-transaction', 'migration-transaction']],
    ['-- note\nCREATE UNIQUE INDEX CONCURRENTLY i on t (a);', ['migration-transaction']],
    ['vacuum public.q;', ['migration-transaction']],
    ['rollback to savepoint a;', []],
    ["comment on table public.q is 'commit;';", []],
  ])('when a file would leave the transaction: %s', async (sql, expected) => {
    expect(await codes([...tricky, file('20270101000000', 'next', sql)])).toEqual(expected);
  });

  it('when a file we applied is gone', async () => {
    const all = [...ourMigrations(), file('29990101000000', 'last', 'select 1;')];
    const own = await bareDatabase(import.meta.url);
    try {
      const options = { sql: own.sql, env: {}, prune: false, actor: { name: 'test' } };
      expect((await applyPlan({ ...options, desired: desiredState({ migrations: all }) })).reason).toBe(
        'applied',
      );
      const less = await computePlan({ ...options, desired: desiredState({ migrations: all.slice(0, -1) }) });
      expect(less.blockers).toMatchObject([{ code: 'migration-vanished' }]);
    } finally {
      await own.drop();
    }
  });
});

it('what a migration set for its session is gone for the next one and for what follows', async () => {
  const sets = file(
    '20280101000000',
    'sets',
    "set search_path = nowhere; set statement_timeout = '1s'; set role anon;",
  );
  const needs = file('20280101000001', 'needs', 'create table needs_public (id int);');
  expect(await apply([...tricky, sets, needs])).toMatchObject({ reason: 'applied' });
  const [row] = await database.superuser`select to_regclass('public.needs_public')::text as made`;
  expect(row?.made).toBe('needs_public');
});

describe('a table that somebody else works on', () => {
  let own: TestDatabase;
  beforeAll(async () => {
    own = await bareDatabase(import.meta.url);
  });
  afterAll(() => own.drop());

  function applyHere(migrations: readonly MigrationFile[]): Promise<ApplyResult> {
    const desired = desiredState({ migrations });
    return applyPlan({ sql: own.sql, desired, env: {}, prune: false, actor: { name: 'test' } });
  }
  const asks = (name: string) => `create table ${name} as select current_setting('lock_timeout') as waits;`;
  const files = [
    file('20280101000000', 'one', asks('one')),
    file('20280101000001', 'two', `set local lock_timeout = '1min'; ${asks('two')}`),
    file('20280101000002', 'three', asks('three')),
  ];

  it('is waited for 15 seconds, by every file anew, unless a file says how long', async () => {
    expect(await applyHere(files)).toMatchObject({ reason: 'applied' });
    const rows = await own.sql`
      select waits from one union all select waits from two union all select waits from three`;
    expect(rows.map((row) => row.waits)).toEqual(['15s', '1min', '15s']);
  });

  it('and does not let go of it in time ends the apply with who to look for', async () => {
    const waits = file('20280101000003', 'waits', "set local lock_timeout = '50ms'; drop table one;");
    const holder = await own.sql.reserve();
    await holder`begin`;
    await holder`select from one`;
    try {
      const result = await applyHere([...files, waits]);
      expect(result.reason).toBe('failed');
      expect(result.message).toContain('Another session holds it');
      expect(result.message).toContain('pg_stat_activity');
    } finally {
      await holder`rollback`;
      holder.release();
    }
    expect(await applyHere([...files, waits])).toMatchObject({ reason: 'applied' });
  });
});

it('destructive statements are pointed out before they run', async () => {
  const drops = file(
    '20290101000000',
    'drops',
    '/* old */ drop table public.bom;\ndrop role somebody;\nalter table public.q drop column note;',
  );
  const { changes } = await plan([...tricky, drops]);
  expect(changes.at(-1)?.risks.map((risk) => [risk.severity, risk.code])).toEqual([
    ['danger', 'destructive-migration'],
    ['danger', 'destructive-migration'],
    ['danger', 'drops-role'],
  ]);
});
