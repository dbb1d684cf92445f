import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import { parse } from 'yaml';
import { connect } from '../actions/_shared/database/connect.ts';
import { textArray } from '../actions/_shared/database/text-array.ts';
import { loadDeclarations } from '../actions/_shared/declare/load.ts';
import type { DesiredState } from '../actions/_shared/declare/model.ts';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyPlan } from '../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../actions/_shared/reconcile/plan.ts';
import { writeFleet } from './fleet.ts';
import { type Contender, type Measured, measure, pairedRatio } from './measure.ts';
import { supabaseCli } from './peers.ts';
import { type BenchServer, startBenchServer } from './server.ts';

const jobs = 10_000;
const repetitions = Number(process.env.OPSROOM_BENCH_REPETITIONS ?? 5);
const root = path.dirname(import.meta.dirname);
const env = { BENCH_PROJECT_URL: 'https://bench.example.com' };

/** A line of the table: ours against a peer or a limit. */
interface Row {
  readonly work: string;
  readonly ours: Measured;
  readonly peer: Measured;
  /** `faster`: peer/ours must be at least the floor; `at most`: ours/peer must not exceed it. */
  readonly sense: 'faster' | 'at most';
  readonly floor: number;
  readonly goal: number;
}

/** `sql` is the role everything is measured as; the superuser only tidies up between rounds. */
interface Connections {
  readonly sql: Sql;
  readonly superuser: Sql;
}

function find(measured: readonly Measured[], name: string): Measured {
  const found = measured.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no contender ${name}`);
  return found;
}

/** Run SQL through psql in one session, as an operator's script does; falls back to the driver, one statement each. */
function psql(url: string, file: string): void {
  const result = spawnSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', file], {
    env: { ...process.env, ...connectionEnvironment(url) },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`psql: ${result.error?.message ?? result.stderr}`);
}

/** libpq's variables, so that no password stands in a process list. */
function connectionEnvironment(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  };
}

async function forgetEverything({ sql, superuser }: Connections): Promise<void> {
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
async function forgetJobs({ sql, superuser }: Connections): Promise<void> {
  await sql`select cron.unschedule(jobid) from cron.job order by jobid`;
  await sql`delete from ops.managed_objects where kind in ('job', 'cron')`;
  await sql`delete from ops.job_definitions`;
  for (const table of ['cron.job', 'ops.managed_objects', 'ops.job_definitions'])
    await superuser`vacuum (full, analyze) ${superuser(table)}`;
  // Nobody pays for what was written to prepare.
  await superuser`checkpoint`;
}

async function desiredOf(folder: string): Promise<DesiredState> {
  const declarations = await loadDeclarations({ root: folder });
  const errors = declarations.diagnostics.filter((each) => each.severity === 'error');
  if (errors[0] !== undefined) throw new Error(`fleet: ${errors[0].message} (${errors[0].location.file})`);
  return declarations.resolve('production');
}

/** Our schema must be there before the clock starts: both sides are timed on jobs alone. */
async function applyOnlySchema(sql: Sql, desired: DesiredState): Promise<void> {
  await apply(sql, { ...desired, jobs: [] });
}

async function apply(sql: Sql, desired: DesiredState): Promise<void> {
  const result = await applyPlan({
    sql,
    desired,
    env,
    actor: { name: 'bench' },
    prune: true,
    allowDeletes: jobs,
  });
  if (result.reason !== 'applied' && result.reason !== 'nothing_to_do') throw new Error(result.message);
}

async function benchApply(
  connections: Connections,
  url: string,
  desired: DesiredState,
  scratch: string,
): Promise<{ readonly rows: Row[]; readonly limit: string }> {
  const { sql } = connections;
  const script = path.join(scratch, 'schedule.sql');
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  writeFileSync(
    script,
    desired.jobs
      .map(
        ({ name, cron }) =>
          `select cron.schedule(${literal(name)}, ${literal(cron.schedule)}, ${literal(cron.command)});`,
      )
      .join('\n'),
  );
  const names = desired.jobs.map((job) => job.name);
  const schedules = desired.jobs.map((job) => job.cron.schedule);
  const commands = desired.jobs.map((job) => job.cron.command);
  await forgetEverything(connections);
  await applyOnlySchema(sql, desired);
  const prepare = () => forgetJobs(connections);
  const measured = await measure(
    [
      { name: 'ours', prepare, run: () => apply(sql, desired) },
      {
        name: 'unnest',
        prepare,
        run: async () => {
          await sql`
            select cron.schedule(job.name, job.schedule, job.command)
            from unnest(${textArray(names)}::text[], ${textArray(schedules)}::text[], ${textArray(commands)}::text[])
              as job (name, schedule, command)`;
        },
      },
      { name: 'psql', prepare, run: async () => psql(url, script) },
    ],
    repetitions,
  );
  const ours = find(measured, 'ours');
  const psqlLoop = find(measured, 'psql');
  const alone = pairedRatio(psqlLoop, find(measured, 'unnest'));
  const rows: Row[] = [
    {
      work: 'apply 10,000 new jobs vs psql, one statement a job',
      ours,
      peer: psqlLoop,
      sense: 'faster',
      floor: 8,
      goal: 12,
    },
    {
      work: 'apply 10,000 new jobs vs one cron.schedule over unnest alone',
      ours,
      peer: find(measured, 'unnest'),
      sense: 'at most',
      floor: 1.6,
      goal: 1.15,
    },
  ];
  const limit = `No apply can be faster than the cron.schedule over unnest it contains: that alone is ${alone.median.toFixed(1)}x faster than psql here [${alone.low.toFixed(1)}-${alone.high.toFixed(1)}].`;
  return { rows, limit };
}

async function benchUnschedule(connections: Connections, desired: DesiredState): Promise<Row[]> {
  const { sql, superuser } = connections;
  await forgetEverything(connections);
  await applyOnlySchema(sql, desired);
  const prepare = async () => {
    await forgetJobs(connections);
    await apply(sql, desired);
    await superuser`checkpoint`;
  };
  const measured = await measure(
    [
      { name: 'ours', prepare, run: () => apply(sql, { ...desired, jobs: [] }) },
      {
        name: 'by id',
        prepare,
        run: async () => {
          await sql`select cron.unschedule(jobid) from cron.job`;
        },
      },
      {
        name: 'by name',
        prepare,
        run: async () => {
          await sql`select cron.unschedule(jobname) from cron.job`;
        },
      },
    ],
    repetitions,
  );
  return [
    {
      work: 'unschedule 10,000: the statement apply uses (by id) vs cron.unschedule by name, one statement',
      ours: find(measured, 'by id'),
      peer: find(measured, 'by name'),
      sense: 'faster',
      floor: 5,
      goal: 15,
    },
    {
      work: 'unschedule 10,000: the whole apply (ledger, definitions, audit included) vs cron.unschedule by name, one statement',
      ours: find(measured, 'ours'),
      peer: find(measured, 'by name'),
      sense: 'faster',
      floor: 5,
      goal: 15,
    },
  ];
}

async function benchPlan(connections: Connections, folder: string, desired: DesiredState): Promise<Row[]> {
  const { sql } = connections;
  await forgetEverything(connections);
  await apply(sql, desired);
  const cron = path.join(folder, 'runbooks', 'cron');
  const plan = async () => {
    const result = await computePlan({ sql, desired: await desiredOf(folder), env, prune: true });
    if (result.changes.length > 0) throw new Error(`plan shows ${result.changes.length} changes`);
  };
  const measured = await measure(
    [
      { name: 'ours, files known', run: plan },
      {
        name: 'ours, files new',
        prepare: async () => rmSync(path.join(folder, '.opsroom'), { recursive: true, force: true }),
        run: plan,
      },
      {
        name: 'baseline',
        run: async () => {
          for (const file of readdirSync(cron)) parse(readFileSync(path.join(cron, file), 'utf8'));
          await sql`select jobid, jobname, schedule, command, active, username, database from cron.job`;
        },
      },
    ],
    repetitions,
  );
  const peer = find(measured, 'baseline');
  const shared = { peer, sense: 'at most', floor: 1.5, goal: 1.1 } as const;
  return [
    {
      work: 'plan 10,000 unchanged, files parsed before, vs read + parse + one select',
      ours: find(measured, 'ours, files known'),
      ...shared,
    },
    {
      work: 'plan 10,000 unchanged, first time on this machine, vs the same',
      ours: find(measured, 'ours, files new'),
      ...shared,
    },
  ];
}

function spawnNode(args: readonly string[], extra: Record<string, string> = {}): void {
  const result = spawnSync(process.execPath, args, { env: { ...process.env, ...extra }, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${args.join(' ')}: ${result.stdout}${result.stderr}`);
}

async function benchMigrate(connections: Connections, url: string, scratch: string): Promise<Row[]> {
  const { sql } = connections;
  const cli = supabaseCli();
  if (cli === undefined) return [];
  const project = path.join(scratch, 'migrate');
  for (const folder of ['migrations', 'supabase/migrations', 'runbooks'])
    mkdirSync(path.join(project, folder), { recursive: true });
  writeFileSync(
    path.join(project, 'runbooks', 'environments.yaml'),
    'production:\n  lane: production\n  connection: { env: OPSROOM_BENCH_DATABASE_URL }\n',
  );
  // Our own schema first, so that what is timed is fifty files of the user's on both sides.
  for (const file of readdirSync(path.join(root, 'migrations'))) {
    for (const folder of ['migrations', 'supabase/migrations']) {
      writeFileSync(path.join(project, folder, file), readFileSync(path.join(root, 'migrations', file)));
    }
  }
  const opsroom = ['actions/opsroom.js', 'apply', '--yes', '--root', project, '--env', 'production'].map(
    (part) => (part === 'actions/opsroom.js' ? path.join(root, part) : part),
  );
  const ours = { OPSROOM_BENCH_DATABASE_URL: url };
  const push = () => {
    const result = spawnSync(cli, ['db', 'push', `--remote=${url}?sslmode=disable`, '--yes'], {
      cwd: project,
      encoding: 'utf8',
      env: {
        ...process.env,
        SUPABASE_TELEMETRY_DISABLED: '1',
        SUPABASE_NO_UPDATE_NOTIFIER: '1',
        SUPABASE_YES: '1',
      },
    });
    if (result.status !== 0) throw new Error(`supabase db push: ${result.stdout}${result.stderr}`);
  };
  await forgetEverything(connections);
  spawnNode(opsroom, ours);
  for (let index = 0; index < 50; index += 1) {
    const name = `20270101${String(index).padStart(6, '0')}_create_bench_${index}.sql`;
    const text = `create schema if not exists bench;\ncreate table bench.table_${index} (id bigint primary key, value text);\ncreate index table_${index}_value on bench.table_${index} (value);\n`;
    writeFileSync(path.join(project, 'migrations', name), text);
    writeFileSync(path.join(project, 'supabase', 'migrations', name), text);
  }
  const forgetFifty = async () => {
    await sql`drop schema if exists bench cascade`;
    await sql`delete from supabase_migrations.schema_migrations where version like '20270101%'`;
    await sql`delete from ops.managed_objects where kind = 'migration' and name like '20270101%'`;
  };
  const pending = await measure(
    [
      { name: 'ours', prepare: forgetFifty, run: async () => spawnNode(opsroom, ours) },
      { name: 'push', prepare: forgetFifty, run: async () => push() },
    ],
    repetitions,
  );
  const nothing = await measure(
    [
      { name: 'ours', run: async () => spawnNode(opsroom, ours) },
      { name: 'push', run: async () => push() },
    ],
    repetitions,
  );
  return [
    {
      work: 'migrate 50 files, whole process, vs supabase db push 3.1.0',
      ours: find(pending, 'ours'),
      peer: find(pending, 'push'),
      sense: 'faster',
      floor: 3,
      goal: 5,
    },
    {
      work: 'migrate with nothing to do, whole process, vs supabase db push 3.1.0',
      ours: find(nothing, 'ours'),
      peer: find(nothing, 'push'),
      sense: 'faster',
      floor: 4,
      goal: 10,
    },
  ];
}

async function benchColdStart(): Promise<{ rows: Row[]; added: string }> {
  const validate = async () =>
    spawnNode([path.join(root, 'actions', 'opsroom.js'), 'validate', '--root', root]);
  const contenders: Contender[] = [
    {
      name: 'nothing kept',
      prepare: async () => {
        for (const kept of ['cache', 'compiled']) {
          rmSync(path.join(root, '.opsroom', kept), { recursive: true, force: true });
        }
      },
      run: validate,
    },
    { name: 'kept', run: validate },
    { name: 'node -e 0', run: async () => spawnNode(['-e', '0']) },
  ];
  const measured = await measure(contenders, 15);
  const peer = find(measured, 'node -e 0');
  const rowOf = (name: string, work: string): Row => ({
    work,
    ours: find(measured, name),
    peer,
    sense: 'at most',
    floor: 3,
    goal: 1.5,
  });
  const rows = [
    rowOf(
      'nothing kept',
      'cold start: validate this repository on a machine that never saw it, vs node -e 0',
    ),
    rowOf('kept', 'start: validate this repository again, vs node -e 0'),
  ];
  const added = rows.map((row) => `${(row.ours.median - peer.median).toFixed(0)} ms`).join(' and ');
  return { rows, added };
}

function line(row: Row): string {
  const ratio = row.sense === 'faster' ? pairedRatio(row.peer, row.ours) : pairedRatio(row.ours, row.peer);
  const met = row.sense === 'faster' ? ratio.median >= row.floor : ratio.median <= row.floor;
  const goal = row.sense === 'faster' ? ratio.median >= row.goal : ratio.median <= row.goal;
  const unit = row.sense === 'faster' ? 'x faster' : 'x its time';
  const verdict = goal ? 'goal met' : met ? 'floor met' : 'MISSED';
  return `| ${row.work} | ${row.ours.median.toFixed(0)} ms | ${row.peer.median.toFixed(0)} ms | ${ratio.median.toFixed(2)}${unit} [${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}] | ${row.floor} / ${row.goal} | ${verdict} |`;
}

/** Peak memory and time of one whole apply of the fleet, in a process of its own. */
function applyInOwnProcess(folder: string, url: string): { readonly peakMb: number } {
  const script = path.join(import.meta.dirname, 'apply-once.ts');
  const result = spawnSync(process.execPath, [script, folder], {
    env: { ...process.env, ...env, OPSROOM_BENCH_DATABASE_URL: url },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`apply-once: ${result.stdout}${result.stderr}`);
  return { peakMb: Number(result.stdout.trim()) };
}

async function suite(
  server: BenchServer,
  scratch: string,
  fleet: string,
  parts: ReadonlySet<string>,
): Promise<string> {
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 2 });
  const superuser = connect({ url: server.cluster.superuserUrl, applicationName: 'opsroom-bench', max: 1 });
  const connections = { sql, superuser };
  try {
    const declared = await desiredOf(fleet);
    // The fleet has no migrations of its own; ours make the schema its jobs need.
    const ours = await loadDeclarations({ root });
    const desired = { ...declared, migrations: ours.resolve('production').migrations };
    writeMigrationsInto(fleet);
    const rows: Row[] = [];
    const closing: string[] = [];
    if (parts.has('apply')) {
      const applied = await benchApply(connections, server.url, desired, scratch);
      rows.push(...applied.rows);
      closing.push(applied.limit);
    }
    if (parts.has('unschedule')) rows.push(...(await benchUnschedule(connections, desired)));
    if (parts.has('plan')) rows.push(...(await benchPlan(connections, fleet, desired)));
    if (parts.has('migrate')) rows.push(...(await benchMigrate(connections, server.url, scratch)));
    if (parts.has('start')) {
      const cold = await benchColdStart();
      rows.push(...cold.rows);
      closing.push(`The two starts add ${cold.added} to node -e 0 (floor +60, goal +15).`);
    }
    if (parts.has('memory')) {
      await forgetEverything(connections);
      const { peakMb } = applyInOwnProcess(fleet, server.url);
      closing.push(
        `Peak memory of one process that reads, plans and applies the 10,000 jobs: ${peakMb.toFixed(0)} MB (limit 300).`,
      );
    }
    return [
      `# reconcile`,
      '',
      `${server.description}; Node ${process.versions.node}; ${repetitions} repetitions (cold start 15), A B A B, medians; ratio = median of the pairs [lowest-highest]`,
      '',
      '| work | ours | peer | ratio | floor / goal | |',
      '|---|---|---|---|---|---|',
      ...rows.map(line),
      '',
      ...closing,
      '',
    ].join('\n');
  } finally {
    await sql.end();
    await superuser.end();
  }
}

function writeMigrationsInto(folder: string): void {
  for (const file of readdirSync(path.join(root, 'migrations'))) {
    writeFileSync(path.join(folder, 'migrations', file), readFileSync(path.join(root, 'migrations', file)));
  }
}

const allParts = ['apply', 'unschedule', 'plan', 'migrate', 'start', 'memory'];

/** The reconcile rows of the targets, or only the parts that are named. */
export async function run(args: readonly string[]): Promise<string> {
  const unknown = args.filter((part) => !allParts.includes(part));
  if (unknown.length > 0) {
    throw new ConfigurationError(`No part ${unknown.join(', ')}.`, {
      hint: `The parts are ${allParts.join(', ')}.`,
    });
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'opsroom-bench-scratch-'));
  const fleet = writeFleet(jobs);
  const server = await startBenchServer();
  try {
    return await suite(server, scratch, fleet, new Set(args.length === 0 ? allParts : args));
  } finally {
    await server.close();
    rmSync(fleet, { recursive: true, force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}
