import postgres from 'postgres';
import * as z from 'zod';
import { lintPostgres } from '../../../../actions/_shared/checks/postgres-lints.ts';
import type { Sql, Transaction } from '../../../../actions/_shared/database/connect.ts';
import {
  createMigrationHistory,
  insertMigrationHistory,
} from '../../../../actions/_shared/database/migration-history.ts';
import { splitStatements } from '../../../../actions/_shared/database/split-statements.ts';
import { READ_LIMITS, writeTransaction } from '../../../../actions/_shared/database/transaction.ts';
import { ManagementError } from '../api-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { CreateMigration, RunQuery, RunReadOnlyQuery, UpdateMigration } from '../shapes-project.ts';

type DatabaseOperation =
  | 'v1-run-a-query'
  | 'v1-read-only-query'
  | `v1-${string}-migration${string}`
  | `v1-get-${'security' | 'performance'}-advisors`
  | 'v1-rollback-migrations';

const MigrationRows = z.array(
  z.object({ version: z.string(), name: z.string().nullable(), statements: z.array(z.string()).nullable() }),
);

/** SQL over HTTP: statements, migrations, advisors. */
export const database: Pick<Handlers, Extract<keyof Handlers, DatabaseOperation>> = {
  'v1-run-a-query': (request) => {
    const { query, parameters, read_only: readOnly = false } = RunQuery.parse(request.body);
    return runQuery(request, { query, parameters, readOnly });
  },
  'v1-read-only-query': (request) => {
    const { query, parameters } = RunReadOnlyQuery.parse(request.body);
    return runQuery(request, { query, parameters, readOnly: true });
  },
  'v1-list-migration-history': async (request) => ({
    body: (await readMigrations(request)).map(({ version, name }) => ({ version, name: name ?? undefined })),
  }),
  'v1-get-a-migration': async (request) => {
    const { version, name, statements } = await findMigration(request);
    const rollback = request.project.rollbacks[version];
    return {
      body: {
        version,
        name: name ?? undefined,
        statements: statements ?? undefined,
        rollback: rollback === undefined ? undefined : [rollback],
      },
    };
  },
  'v1-apply-a-migration': (request) => keepMigration(request, { run: true }),
  'v1-upsert-a-migration': (request) => keepMigration(request, { run: false }),
  'v1-patch-a-migration': async (request) => {
    const { version } = await findMigration(request);
    const { name, rollback } = UpdateMigration.parse(request.body);
    if (name !== undefined)
      await inDatabase(
        request,
        (tx) => tx`
          update supabase_migrations.schema_migrations set name = ${name} where version = ${version}`,
      );
    if (rollback !== undefined) request.project.rollbacks[version] = rollback;
    return {};
  },
  'v1-rollback-migrations': async (request) => {
    const from = request.query.get('gte') ?? '';
    const undone = (await readMigrations(request)).filter(({ version }) => version >= from).reverse();
    const without = undone.find(({ version }) => request.project.rollbacks[version] === undefined);
    if (without !== undefined)
      throw new ManagementError(400, `Migration ${without.version} does not say how it is rolled back`);
    await inDatabase(request, async (tx) => {
      for (const { version } of undone) {
        await tx.unsafe(request.project.rollbacks[version] ?? '').simple();
        await tx`delete from supabase_migrations.schema_migrations where version = ${version}`;
      }
    });
    return {};
  },
  'v1-get-security-advisors': (request) => advise(request, 'SECURITY'),
  'v1-get-performance-advisors': (request) => advise(request, 'PERFORMANCE'),
};

async function runQuery(
  request: HandledRequest,
  { query, parameters = [], readOnly }: z.infer<typeof RunReadOnlyQuery> & { readonly readOnly: boolean },
): Promise<HandledResponse> {
  const rows = await inDatabase(request, async (tx) => {
    if (readOnly) await tx`set transaction read only`;
    // Several statements travel as one message, which takes no parameters.
    const answers: unknown[] =
      parameters.length === 0
        ? await tx.unsafe(query).simple()
        : await tx.unsafe(query, parameters.map(text));
    const last: unknown = Array.isArray(answers.at(-1)) ? answers.at(-1) : answers;
    return z.array(z.record(z.string(), z.unknown())).parse([...z.array(z.unknown()).parse(last)]);
  });
  return { body: rows };
}

function text(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  return JSON.stringify(value);
}

async function readMigrations(request: HandledRequest): Promise<z.infer<typeof MigrationRows>> {
  return inDatabase(request, async (tx) => {
    const [{ there } = { there: false }] = await tx<{ there: boolean }[]>`
      select to_regclass('supabase_migrations.schema_migrations') is not null as there`;
    if (!there) return [];
    const rows = await tx`
      select version, name, to_jsonb(statements) as statements
      from supabase_migrations.schema_migrations order by version`;
    return MigrationRows.parse([...rows]);
  });
}

async function findMigration(request: HandledRequest): Promise<z.infer<typeof MigrationRows>[number]> {
  const found = (await readMigrations(request)).find(({ version }) => version === request.item);
  if (found === undefined) throw new ManagementError(404, 'Migration not found');
  return found;
}

/** Runs a migration (or only records it); the same Idempotency-Key again changes nothing. */
async function keepMigration(
  request: HandledRequest,
  { run }: { readonly run: boolean },
): Promise<HandledResponse> {
  const { query, name, rollback } = CreateMigration.parse(request.body);
  const { migrationKeys, rollbacks } = request.project;
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && migrationKeys[key] !== undefined) return {};
  const statements = splitStatements(query);
  const known = new Set((await readMigrations(request)).map(({ version }) => version));
  const version = freeVersion(request.now, known);
  await inDatabase(request, async (tx) => {
    await createMigrationHistory(tx);
    if (run) await tx.unsafe(query).simple();
    await insertMigrationHistory(tx, [{ version, name: name ?? '', statements }]);
  });
  if (typeof key === 'string') migrationKeys[key] = version;
  if (rollback !== undefined) rollbacks[version] = rollback;
  return {};
}

/** The time, to the second, as the API names migrations; the next free second when it is taken. */
function freeVersion(now: number, known: ReadonlySet<string>): string {
  for (let at = now; ; at += 1_000) {
    const version = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 'YYYYMMDDHHmmss'.length);
    if (!known.has(version)) return version;
  }
}

async function advise(
  request: HandledRequest,
  category: 'SECURITY' | 'PERFORMANCE',
): Promise<HandledResponse> {
  const schemas = request.project.postgrest.db_schema.split(',').map((schema) => schema.trim());
  const { findings } = await inDatabase(request, (tx) => lintPostgres(tx, { schemas }));
  const lints = findings
    .filter(({ categories }) => categories.includes(category))
    .map(({ evidence, ...finding }) => ({ ...finding, metadata: evidence, categories: [category] }));
  return { body: { lints } };
}

async function inDatabase<T>(request: HandledRequest, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const sql: Sql | null = request.database;
  if (sql === null) throw new ManagementError(400, 'This stand-in was started without a database.');
  try {
    return await writeTransaction(sql, READ_LIMITS, work);
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    throw new ManagementError(400, `Failed to run sql query: ERROR:  ${error.code}: ${error.message}`);
  }
}
