/**
 * Makes a database look like a hosted project's: roles, grants, and pg_cron, pg_net and Vault, real where the server has
 * them, stand-ins where it has not.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import postgres, { type Sql } from 'postgres';
import { createLocalRoles } from './roles.ts';

/** One of the three extensions the control room works with, as it is installed now. */
export interface InstalledExtension {
  readonly name: 'pg_cron' | 'pg_net' | 'vault';
  readonly kind: 'extension' | 'stand-in';
  /** Of the extension, or of what the stand-in follows. */
  readonly version: string;
}

interface ExtensionPlan {
  readonly name: InstalledExtension['name'];
  readonly extension: string;
  readonly schema: string;
  /** Setting that must name this database for the extension to work here; null when it works in all. */
  readonly databaseSetting: string | null;
  readonly standIn: URL;
  readonly grants: URL | null;
}

const extensions: readonly ExtensionPlan[] = [
  {
    name: 'pg_cron',
    extension: 'pg_cron',
    schema: 'cron',
    databaseSetting: 'cron.database_name',
    standIn: new URL('../standins/cron.sql', import.meta.url),
    grants: new URL('hosted-cron.sql', import.meta.url),
  },
  {
    name: 'pg_net',
    extension: 'pg_net',
    schema: 'net',
    databaseSetting: 'pg_net.database_name',
    standIn: new URL('../standins/net.sql', import.meta.url),
    grants: null,
  },
  {
    name: 'vault',
    extension: 'supabase_vault',
    schema: 'vault',
    databaseSetting: null,
    standIn: new URL('../standins/vault.sql', import.meta.url),
    grants: new URL('hosted-vault.sql', import.meta.url),
  },
];

/**
 * Prepares `database` on the server of `superuserUrl`, creating it when it is missing, and says what it now has.
 * Safe to repeat. What exists already (roles, owners, extensions) is left as it is; a role that is no superuser changes
 * nothing and is told what is there.
 */
export async function prepareDatabase(options: {
  readonly superuserUrl: string;
  readonly database: string;
}): Promise<readonly InstalledExtension[]> {
  await createWhenMissing(options);
  const sql = connectQuietly(options.superuserUrl, options.database);
  try {
    if (!(await isSuperuser(sql))) return await installedExtensions(sql);
    await createLocalRoles(sql);
    await sql.begin(async (transaction) => {
      await transaction`select pg_catalog.pg_advisory_xact_lock(hashtext('opsroom.prepare_database'))`;
      await runFile(transaction, new URL('database.sql', import.meta.url));
      for (const plan of extensions) await install(transaction, plan);
    });
    return await installedExtensions(sql);
  } finally {
    await sql.end();
  }
}

/** Says which of the three extensions `sql`'s database has, and whether each is real. */
export async function installedExtensions(sql: Sql): Promise<readonly InstalledExtension[]> {
  const found: InstalledExtension[] = [];
  for (const plan of extensions) {
    const version = await extensionVersion(sql, plan.extension);
    if (version !== null) found.push({ name: plan.name, kind: 'extension', version });
    else {
      const standIn = await standInVersion(sql, plan.schema);
      if (standIn !== null) found.push({ name: plan.name, kind: 'stand-in', version: standIn });
    }
  }
  return found;
}

type Transaction = Parameters<Parameters<Sql['begin']>[1]>[0];
type Queryable = Sql | Transaction;

async function install(transaction: Transaction, plan: ExtensionPlan): Promise<void> {
  if ((await extensionVersion(transaction, plan.extension)) === null) {
    if (await canCreate(transaction, plan)) await createExtension(transaction, plan.extension);
    else await installStandIn(transaction, plan);
  }
  if (plan.grants !== null) await runFile(transaction, plan.grants);
}

/** Tables of an earlier version stay, with what is in them; its functions go, since their signatures may have changed. */
async function installStandIn(transaction: Transaction, plan: ExtensionPlan): Promise<void> {
  const text = readFileSync(plan.standIn, 'utf8');
  const build = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const installed = await schemaComment(transaction, plan.schema);
  if (installed?.includes(`build ${build}`)) return;
  if (installed !== null) await dropFunctions(transaction, plan.schema);
  await transaction.unsafe(text).simple();
  await appendToComment(transaction, plan.schema, `, build ${build}`);
}

async function dropFunctions(transaction: Transaction, schema: string): Promise<void> {
  const rows = await transaction<{ statement: string }[]>`
    select format('drop function if exists %s cascade', p.oid::regprocedure) as statement
    from pg_catalog.pg_proc p
    where p.pronamespace = ${schema}::regnamespace`;
  for (const { statement } of rows) await transaction.unsafe(statement);
}

async function appendToComment(transaction: Transaction, schema: string, text: string): Promise<void> {
  const [row] = await transaction<{ statement: string }[]>`
    select format('comment on schema %I is %L', n.nspname, obj_description(n.oid, 'pg_namespace') || ${text}::text) as statement
    from pg_catalog.pg_namespace n where n.nspname = ${schema}`;
  if (row !== undefined) await transaction.unsafe(row.statement);
}

async function schemaComment(sql: Queryable, schema: string): Promise<string | null> {
  const [row] = await sql<{ comment: string | null }[]>`
    select obj_description(n.oid, 'pg_namespace') as comment
    from pg_catalog.pg_namespace n where n.nspname = ${schema}`;
  return row?.comment ?? null;
}

/** An extension with a background worker works only when preloaded, and only in the one database it is set up for. */
async function canCreate(sql: Queryable, plan: ExtensionPlan): Promise<boolean> {
  const [row] = await sql<{ possible: boolean }[]>`
    select exists (select from pg_catalog.pg_available_extensions a where a.name = ${plan.extension})
      and ${plan.extension}::text = any (
        string_to_array(replace(current_setting('shared_preload_libraries'), ' ', ''), ','))
      and (${plan.databaseSetting}::text is null
        or current_setting(${plan.databaseSetting}::text, true) = current_database()) as possible`;
  return row?.possible ?? false;
}

async function createExtension(sql: Queryable, name: string): Promise<void> {
  await sql`create extension if not exists ${sql(name)} cascade`;
}

async function extensionVersion(sql: Queryable, name: string): Promise<string | null> {
  const [row] = await sql<{ version: string }[]>`
    select e.extversion as version from pg_catalog.pg_extension e where e.extname = ${name}`;
  return row?.version ?? null;
}

async function standInVersion(sql: Queryable, schema: string): Promise<string | null> {
  const comment = await schemaComment(sql, schema);
  return /^Stand-in for .* ([0-9.]+) /.exec(comment ?? '')?.[1] ?? null;
}

async function isSuperuser(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ rolsuper: boolean }[]>`
    select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user`;
  return row?.rolsuper ?? false;
}

async function createWhenMissing(options: { superuserUrl: string; database: string }): Promise<void> {
  const sql = connectQuietly(options.superuserUrl, undefined);
  try {
    const [row] = await sql`select from pg_catalog.pg_database d where d.datname = ${options.database}`;
    if (row !== undefined) return;
    await createLocalRoles(sql);
    await sql`create database ${sql(options.database)} owner postgres template template0`;
  } finally {
    await sql.end();
  }
}

function connectQuietly(url: string, database: string | undefined): Sql {
  return postgres(url, {
    ...(database === undefined ? {} : { database }),
    max: 1,
    prepare: false,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'opsroom prepare' },
  });
}

async function runFile(sql: Queryable, file: URL): Promise<void> {
  await sql.unsafe(readFileSync(file, 'utf8')).simple();
}
