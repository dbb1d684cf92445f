import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Sql } from 'postgres';
import { connect } from '../actions/_shared/database/connect.ts';
import { loadDeclarations } from '../actions/_shared/declare/load.ts';
import type { DesiredState } from '../actions/_shared/declare/model.ts';
import { applyPlan } from '../actions/_shared/reconcile/apply.ts';
import { writeFleet } from './fleet.ts';
import type { BenchServer } from './server.ts';

/** What every part of the bench is told. */
export interface ReconcileOptions {
  readonly server: BenchServer;
  readonly jobs: number;
  readonly repetitions: number;
}

/** `sql` is the role everything is measured as; the superuser only tidies up between rounds. */
export interface Connections {
  readonly sql: Sql;
  readonly superuser: Sql;
}

/** A generated repository, what it declares, and our ways to the server. */
export interface World extends Connections {
  /** Root of the repository: `runbooks/cron` has the jobs, `migrations` ours. */
  readonly folder: string;
  readonly desired: DesiredState;
}

/** Root of this repository. */
export const root = path.dirname(import.meta.dirname);
/** Where the values of the fleet's secrets come from. */
export const env = { BENCH_PROJECT_URL: 'https://bench.example.com' };

/** Work in a repository of generated jobs, with nothing of ours in the database yet. */
export async function withFleet<T>(
  { server, jobs }: ReconcileOptions,
  work: (world: World) => Promise<T>,
): Promise<T> {
  const folder = writeFleet(jobs);
  try {
    return await withConnections(server, async (connections) => {
      for (const file of readdirSync(path.join(root, 'migrations')))
        copyFileSync(path.join(root, 'migrations', file), path.join(folder, 'migrations', file));
      await forgetEverything(connections);
      return work({ ...connections, folder, desired: await desiredOf(folder) });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Work with both ways to the server open. */
export async function withConnections<T>(
  server: BenchServer,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 2 });
  const superuser = connect({ url: server.cluster.superuserUrl, applicationName: 'opsroom-bench', max: 1 });
  try {
    return await work({ sql, superuser });
  } finally {
    await sql.end({ timeout: 5 });
    await superuser.end({ timeout: 5 });
  }
}

/** What a repository declares for production. @throws Error when it has an error */
export async function desiredOf(folder: string): Promise<DesiredState> {
  const declarations = await loadDeclarations({ root: folder });
  const errors = declarations.diagnostics.filter((each) => each.severity === 'error');
  if (errors[0] !== undefined) throw new Error(`fleet: ${errors[0].message} (${errors[0].location.file})`);
  return declarations.resolve('production');
}

/** Make the database what is declared, deleting what is not. @throws Error when it could not */
export async function apply(sql: Sql, desired: DesiredState): Promise<void> {
  const options = { sql, desired, env, actor: { name: 'bench' }, prune: true, allowDeletes: 1_000_000 };
  const result = await applyPlan(options);
  if (result.reason !== 'applied' && result.reason !== 'nothing_to_do') throw new Error(result.message);
}

/** Our schema must be there before the clock starts: both sides are timed on jobs alone. */
export async function applyOnlySchema(sql: Sql, desired: DesiredState): Promise<void> {
  await apply(sql, { ...desired, jobs: [] });
}

/** As a project is that never saw us. */
export async function forgetEverything({ sql, superuser }: Connections): Promise<void> {
  await sql`select cron.unschedule(jobid) from cron.job order by jobid`;
  await sql`drop schema if exists ops cascade`;
  await sql`drop schema if exists supabase_migrations cascade`;
  // What our migrations put beside what a project has of its own.
  await sql`
    do $$
    declare
      ours record;
    begin
      for ours in
        select format('drop routine public.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as forget
        from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proowner = current_user::regrole
      loop
        execute ours.forget;
      end loop;
      for ours in
        select format('drop table public.%I cascade', c.relname) as forget
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relowner = current_user::regrole and c.relkind in ('r', 'p')
      loop
        execute ours.forget;
      end loop;
    end $$`;
  // Rows of the round before would slow every insert into the table's unique index; a fresh project has none.
  await superuser`vacuum full cron.job`;
}

/** As a project is that has our schema and no jobs yet. Rows of the round before would slow the inserts of the next. */
export async function forgetJobs({ sql, superuser }: Connections): Promise<void> {
  await sql`select cron.unschedule(jobid) from cron.job order by jobid`;
  await sql`delete from ops.managed_objects where kind in ('job', 'cron')`;
  await sql`delete from ops.job_definitions`;
  for (const name of ['cron.job', 'ops.managed_objects', 'ops.job_definitions'])
    await superuser`vacuum (full, analyze) ${superuser(name)}`;
  // Nobody pays for what was written to prepare.
  await superuser`checkpoint`;
}

/** Run Node to its end. @returns what it printed @throws Error with what it printed when it failed */
export function spawnNode(args: readonly string[], extra: Readonly<Record<string, string>> = {}): string {
  const result = spawnSync(process.execPath, args, { env: { ...process.env, ...extra }, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}
