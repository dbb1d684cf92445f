import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import { type Contender, measure } from './measure.ts';
import { supabaseCli } from './peers.ts';
import { find, type Row, table } from './reconcile-rows.ts';
import {
  forgetEverything,
  type ReconcileOptions,
  root,
  spawnNode,
  withConnections,
} from './reconcile-world.ts';

/** Pairs of starts: they take milliseconds, and scatter. */
const STARTS = 15;
const FILES = 50;

/** The whole process, as a person or a runner starts it. */
function opsroom(args: readonly string[], extra?: Readonly<Record<string, string>>): void {
  spawnNode([path.join(root, 'actions', 'opsroom.js'), ...args], extra);
}

/** Fifty migrations, and none, as whole processes against `supabase db push`. */
export function benchMigrate({ server, repetitions }: ReconcileOptions): Promise<string> {
  const cli = supabaseCli();
  if (cli === undefined)
    return Promise.resolve('The supabase CLI could not be installed: nothing measured.\n');
  const project = mkdtempSync(path.join(tmpdir(), 'opsroom-bench-migrate-'));
  return withConnections(server, async (connections) => {
    const { sql } = connections;
    const ours = async () =>
      opsroom(['apply', '--yes', '--root', project, '--env', 'production'], {
        OPSROOM_BENCH_DATABASE_URL: server.url,
      });
    const push = async () => pushWith(cli, { project, url: server.url });
    await forgetEverything(connections);
    // Our own schema first, so that what is timed is fifty files of the user's on both sides.
    writeProject(project);
    await ours();
    writeFifty(project);
    const prepare = () => forgetFifty(sql);
    const pending = await measure(
      [
        { name: 'ours', prepare, run: ours },
        { name: 'push', prepare, run: push },
      ],
      repetitions,
    );
    const nothing = await measure(
      [
        { name: 'ours', run: ours },
        { name: 'push', run: push },
      ],
      repetitions,
    );
    return table([
      {
        work: `migrate ${FILES} files, whole process, vs supabase db push 3.1.0`,
        ours: find(pending, 'ours'),
        peer: find(pending, 'push'),
        sense: 'faster',
        target: { floor: 3, goal: 5 },
      },
      {
        work: 'migrate with nothing to do, whole process, vs supabase db push 3.1.0',
        ours: find(nothing, 'ours'),
        peer: find(nothing, 'push'),
        sense: 'faster',
        target: { floor: 4, goal: 10 },
      },
    ]);
  }).finally(() => rmSync(project, { recursive: true, force: true }));
}

/** `validate` of this repository, cold and again, against a Node that does nothing. */
export async function benchStart(): Promise<string> {
  const validate = async () => opsroom(['validate', '--root', root]);
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
    {
      name: 'node -e 0',
      run: async () => {
        spawnNode(['-e', '0']);
      },
    },
  ];
  const measured = await measure(contenders, STARTS);
  const shared = {
    peer: find(measured, 'node -e 0'),
    sense: 'at most',
    target: { floor: 3, goal: 1.5 },
  } as const;
  const rows: Row[] = [
    {
      work: 'cold start: validate this repository on a machine that never saw it, vs node -e 0',
      ours: find(measured, 'nothing kept'),
      ...shared,
    },
    {
      work: 'start: validate this repository again, vs node -e 0',
      ours: find(measured, 'kept'),
      ...shared,
    },
  ];
  const added = rows.map(({ ours, peer }) => `${(ours.median - peer.median).toFixed(0)} ms`).join(' and ');
  return `${table(rows)}\nThe two starts add ${added} to node -e 0 (floor +60, goal +15).\n`;
}

const FOLDERS = ['migrations', 'supabase/migrations'];

function writeProject(project: string): void {
  for (const folder of [...FOLDERS, 'runbooks']) mkdirSync(path.join(project, folder), { recursive: true });
  writeFileSync(
    path.join(project, 'runbooks', 'environments.yaml'),
    'production:\n  lane: production\n  connection: { env: OPSROOM_BENCH_DATABASE_URL }\n',
  );
  for (const file of readdirSync(path.join(root, 'migrations'))) {
    for (const folder of FOLDERS)
      copyFileSync(path.join(root, 'migrations', file), path.join(project, folder, file));
  }
}

function writeFifty(project: string): void {
  for (let index = 0; index < FILES; index += 1) {
    const name = `20270101${String(index).padStart(6, '0')}_create_bench_${index}.sql`;
    const text = `create schema if not exists bench;\ncreate table bench.table_${index} (id bigint primary key, value text);\ncreate index table_${index}_value on bench.table_${index} (value);\n`;
    for (const folder of FOLDERS) writeFileSync(path.join(project, folder, name), text);
  }
}

async function forgetFifty(sql: Sql): Promise<void> {
  await sql`drop schema if exists bench cascade`;
  await sql`delete from supabase_migrations.schema_migrations where version like '20270101%'`;
  await sql`delete from ops.managed_objects where kind = 'migration' and name like '20270101%'`;
}

function pushWith(cli: string, { project, url }: { readonly project: string; readonly url: string }): void {
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
}
