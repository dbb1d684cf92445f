/**
 * The migrations of this repository, whoever applies them: our apply, twenty of them at once, the real `supabase db push`,
 * and each after the other. The schema and the history come out the same.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { connect } from '../../../actions/_shared/database/connect.ts';
import type { MigrationFile } from '../../../actions/_shared/declare/model.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import type { ApplyResult } from '../../../actions/_shared/reconcile/model.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { dumpSchema } from '../../support/schema-dump.ts';
import { type CliProject, cliPath, createCliProject } from '../../support/supabase/cli.ts';
import { desiredState, ourMigrations } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

const files = ourMigrations();
/** Where the second half of the schema begins: what a database of the first release has. */
const firstRelease = files.filter(({ version }) => version < '20261121020000');

const reference = await createTestDatabase(import.meta.url);
const golden = await schemaOf(reference);
const opened: { drop(): Promise<void> }[] = [reference];
afterAll(async () => {
  for (const database of opened) await database.drop();
});

/** Partitions are named for the month they were made in, which is the same for all of a test. */
async function schemaOf(database: TestDatabase): Promise<string> {
  return (await dumpSchema(database.sql, 'ops')) + (await dumpSchema(database.sql, 'public'));
}

async function fresh(): Promise<TestDatabase> {
  const database = await emptyDatabase(import.meta.url);
  opened.push(database);
  return database;
}

function apply(database: TestDatabase, migrations = files, sql = database.sql): Promise<ApplyResult> {
  const desired = desiredState({ migrations });
  return applyPlan({ sql, desired, env: {}, prune: false, actor: { name: 'test' } });
}

/** What a plan would still do to the schema. */
async function pending(database: TestDatabase): Promise<readonly string[]> {
  const desired = desiredState({ migrations: files });
  const plan = await computePlan({ sql: database.sql, desired, env: {}, prune: false });
  return [...plan.changes.map((change) => change.name), ...plan.blockers.map((blocker) => blocker.code)];
}

async function history(database: TestDatabase) {
  return [
    ...(await database.superuser`
      select version, name, to_json(statements) as statements
      from supabase_migrations.schema_migrations order by version`),
  ];
}

describe('twenty applies at once on an empty database', () => {
  it('migrate it once, and leave twenty audit rows', async () => {
    const database = await fresh();
    const clients = Array.from({ length: 20 }, () =>
      connect({ url: database.url, applicationName: 'opsroom', max: 1 }),
    );
    const results = await Promise.all(clients.map((sql) => apply(database, files, sql)));
    await Promise.all(clients.map((sql) => sql.end()));
    expect(results.map((result) => result.reason).sort()).toEqual([
      'applied',
      ...Array<string>(19).fill('nothing_to_do'),
    ]);
    const rows =
      await database.sql`select result, count(*)::int as rows from ops.reconciliations group by 1 order by 1`;
    expect(rows).toEqual([
      { result: 'applied', rows: 1 },
      { result: 'nothing_to_do', rows: 19 },
    ]);
    expect(await history(database)).toHaveLength(files.length);
    expect(await schemaOf(database)).toBe(golden);
    expect(await pending(database)).toEqual([]);
  }, 120_000);

  it('bring a database of the first release up to date once, with what is in it', async () => {
    const database = await fresh();
    expect((await apply(database, firstRelease)).reason).toBe('applied');
    await database.sql`select ops.enqueue_job('mail', '{"to": "ann"}')`;
    await database.sql`select ops.raise_alert('test', 'disk', 'warning', 'Disk')`;
    await database.sql`
      insert into ops.job_definitions (name, definition, digest) values ('sync', '{"schedule": {"kind": "cron"}}', 'd')`;
    const clients = Array.from({ length: 20 }, () =>
      connect({ url: database.url, applicationName: 'opsroom', max: 1 }),
    );
    const results = await Promise.all(clients.map((sql) => apply(database, files, sql)));
    await Promise.all(clients.map((sql) => sql.end()));
    expect(results.filter((result) => result.reason === 'applied')).toHaveLength(1);
    expect(await schemaOf(database)).toBe(golden);
    const [kept] = await database.sql`
      select (select jsonb_agg(jsonb_build_array(task_type, payload, status)) from ops.job_queue) as jobs,
        (select jsonb_agg(jsonb_build_array(dedupe_key, status)) from ops.alerts) as alerts,
        (select jsonb_agg(name) from ops.job_definitions) as definitions`;
    expect(kept).toEqual({
      jobs: [['mail', { to: 'ann' }, 'pending']],
      alerts: [['disk', 'active']],
      definitions: ['sync'],
    });
  }, 120_000);
});

/** What `supabase migration list` says of one file. */
const Listed = z.object({ migrations: z.array(z.object({ local: z.string(), remote: z.string() })) });

// Installed by CI and by `npm run bench`; without a network these say that they did not run.
describe.skipIf(cliPath === undefined)('the real supabase CLI', () => {
  /** A project with some of our files, pointed at a database. */
  function project(database: TestDatabase, migrations: readonly MigrationFile[]): CliProject {
    const made = createCliProject({
      apiUrl: 'http://127.0.0.1:9',
      token: `sbp_${'0'.repeat(40)}`,
      ref: `${database.url}?sslmode=disable`,
    });
    opened.push({ drop: async () => made.remove() });
    for (const { file } of migrations) {
      made.write(`supabase/${file}`, readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'));
    }
    return made;
  }

  async function push(cli: CliProject): Promise<string> {
    const { code, stdout, stderr } = await cli.run('db', 'push', '--yes');
    if (code !== 0) throw new Error(`supabase db push ended with ${code}: ${stdout}${stderr}`);
    return stdout + stderr;
  }

  it('pushes all files, and our plan then finds nothing to do and the same rows of history', async () => {
    const [pushed, applied] = [await fresh(), await fresh()];
    await push(project(pushed, files));
    await apply(applied);
    expect(await pending(pushed)).toEqual([]);
    expect(await schemaOf(pushed)).toBe(golden);
    expect(await history(pushed)).toEqual(await history(applied));
    expect((await apply(pushed)).reason).toBe('nothing_to_do');
  }, 180_000);

  it('has nothing to push after our apply, and lists every file as applied', async () => {
    const database = await fresh();
    await apply(database);
    const cli = project(database, files);
    expect(await push(cli)).toContain('up to date');
    const { stdout } = await cli.run('migration', 'list', '--output-format', 'json');
    const versions = files.map(({ version }) => ({ local: version, remote: version }));
    expect(Listed.parse(JSON.parse(stdout)).migrations).toEqual(versions);
  }, 180_000);

  it('made the first release, and our apply brings it up to date', async () => {
    const database = await fresh();
    await push(project(database, firstRelease));
    expect((await apply(database)).reason).toBe('applied');
    expect(await schemaOf(database)).toBe(golden);
    expect(await push(project(database, files))).toContain('up to date');
  }, 180_000);

  it('brings up to date what our apply made of the first release', async () => {
    const database = await fresh();
    await apply(database, firstRelease);
    await push(project(database, files));
    expect(await schemaOf(database)).toBe(golden);
    expect(await pending(database)).toEqual([]);
    expect((await apply(database)).reason).toBe('nothing_to_do');
  }, 180_000);
});
