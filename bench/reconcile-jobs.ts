import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Sql } from 'postgres';
import { parse } from 'yaml';
import { connect } from '../actions/_shared/database/connect.ts';
import { textArray } from '../actions/_shared/database/text-array.ts';
import type { DesiredState } from '../actions/_shared/declare/model.ts';
import { computePlan } from '../actions/_shared/reconcile/plan.ts';
import { type Contender, measure, pairedRatio, ratioWords } from './measure.ts';
import { find, table } from './reconcile-rows.ts';
import {
  apply,
  applyOnlySchema,
  desiredOf,
  env,
  forgetJobs,
  type ReconcileOptions,
  spawnNode,
  type World,
  withFleet,
} from './reconcile-world.ts';
import { startSlowLine } from './slow-line.ts';

/** Apply new jobs with ledger, definitions and audit, against scheduling them alone: by psql, and in one statement. */
export function benchApply(options: ReconcileOptions): Promise<string> {
  return withFleet(options, async (world) => {
    const { sql, desired } = world;
    const script = writeScript(world);
    await applyOnlySchema(sql, desired);
    const prepare = () => forgetJobs(world);
    const measured = await measure(
      [
        { name: 'ours', prepare, run: () => apply(sql, desired) },
        { name: 'unnest', prepare, run: () => scheduleAtOnce(sql, desired) },
        { name: 'psql', prepare, run: () => psql(options.server.url, script) },
      ],
      options.repetitions,
    );
    const [ours, unnest, loop] = [find(measured, 'ours'), find(measured, 'unnest'), find(measured, 'psql')];
    const jobs = desired.jobs.length.toLocaleString('en');
    const alone = ratioWords(pairedRatio(loop, unnest), { digits: 1, unit: 'x' });
    return `${table([
      {
        work: `apply ${jobs} new jobs vs psql, one statement a job`,
        ours,
        peer: loop,
        sense: 'faster',
        target: { floor: 8, goal: 12 },
      },
      {
        work: `apply ${jobs} new jobs vs one cron.schedule over unnest alone`,
        ours,
        peer: unnest,
        sense: 'at most',
        target: { floor: 1.6, goal: 1.15 },
      },
    ])}
No apply can be faster than the cron.schedule over unnest it contains: that alone is ${alone} as fast as psql here.
`;
  });
}

/** Milliseconds a byte is under way, in each direction. */
const LINE_MS = 5;
/** Waiting ten milliseconds a job, psql takes its time. */
const FAR_JOBS = 1000;

/** The same over a line like the one between a runner of GitHub and a database in the same part of the world. */
export function benchDistance(options: ReconcileOptions): Promise<string> {
  return withFleet({ ...options, jobs: Math.min(options.jobs, FAR_JOBS) }, async (world) => {
    const { desired } = world;
    const script = writeScript(world);
    await applyOnlySchema(world.sql, desired);
    const line = await startSlowLine({ to: options.server.url, delayMs: LINE_MS });
    const far = connect({ url: line.url, applicationName: 'opsroom-bench', max: 2 });
    try {
      const prepare = () => forgetJobs(world);
      const measured = await measure(
        [
          { name: 'ours', prepare, run: () => apply(far, desired) },
          { name: 'psql', prepare, run: () => psql(line.url, script) },
        ],
        Math.min(options.repetitions, 3),
      );
      const jobs = desired.jobs.length.toLocaleString('en');
      const work = `apply ${jobs} new jobs vs psql, one statement a job, over a line of ${2 * LINE_MS} ms there and back`;
      return table([{ work, ours: find(measured, 'ours'), peer: find(measured, 'psql'), sense: 'faster' }]);
    } finally {
      await far.end({ timeout: 5 });
      await line.close();
    }
  });
}

/** Unschedule all jobs: by id as an apply does, and as a whole apply, against pg_cron by name. */
export function benchUnschedule(options: ReconcileOptions): Promise<string> {
  return withFleet(options, async (world) => {
    const { sql, superuser, desired } = world;
    await applyOnlySchema(sql, desired);
    const prepare = async () => {
      await forgetJobs(world);
      await apply(sql, desired);
      await superuser`checkpoint`;
    };
    const statement = (name: string, text: string): Contender => ({
      name,
      prepare,
      run: async () => {
        await sql.unsafe(text);
      },
    });
    const measured = await measure(
      [
        { name: 'ours', prepare, run: () => applyOnlySchema(sql, desired) },
        statement('by id', 'select cron.unschedule(jobid) from cron.job'),
        statement('by name', 'select cron.unschedule(jobname) from cron.job'),
      ],
      options.repetitions,
    );
    const jobs = desired.jobs.length.toLocaleString('en');
    const peer = find(measured, 'by name');
    return table([
      {
        work: `unschedule ${jobs} by id, the statement apply uses, vs cron.unschedule by name`,
        ours: find(measured, 'by id'),
        peer,
        sense: 'faster',
        target: { floor: 5, goal: 15 },
      },
      {
        work: `the whole apply that unschedules ${jobs}, with ledger, definitions and audit, vs the same`,
        ours: find(measured, 'ours'),
        peer,
        sense: 'faster',
      },
    ]);
  });
}

/** A plan of unchanged jobs from files, against reading and parsing those files and one select. */
export function benchPlan(options: ReconcileOptions): Promise<string> {
  return withFleet(options, async ({ sql, folder, desired }) => {
    await apply(sql, desired);
    const cron = path.join(folder, 'runbooks', 'cron');
    const plan = async () => {
      const result = await computePlan({ sql, desired: await desiredOf(folder), env, prune: true });
      if (result.changes.length > 0) throw new Error(`plan shows ${result.changes.length} changes`);
    };
    const measured = await measure(
      [
        { name: 'files known', run: plan },
        {
          name: 'files new',
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
      options.repetitions,
    );
    const jobs = desired.jobs.length.toLocaleString('en');
    const shared = {
      peer: find(measured, 'baseline'),
      sense: 'at most',
      target: { floor: 1.5, goal: 1.1 },
    } as const;
    return table([
      {
        work: `plan ${jobs} unchanged, files parsed before, vs read + parse + one select`,
        ours: find(measured, 'files known'),
        ...shared,
      },
      {
        work: `plan ${jobs} unchanged, first time on this machine, vs the same`,
        ours: find(measured, 'files new'),
        ...shared,
      },
    ]);
  });
}

/** Peak memory of one whole apply, in a process of its own. */
export function benchMemory(options: ReconcileOptions): Promise<string> {
  return withFleet(options, async ({ folder, desired }) => {
    const script = path.join(import.meta.dirname, 'apply-once.ts');
    const printed = spawnNode([script, folder], { ...env, OPSROOM_BENCH_DATABASE_URL: options.server.url });
    const jobs = desired.jobs.length.toLocaleString('en');
    return `Peak memory of one process that reads, plans and applies ${jobs} jobs: ${Number(printed).toFixed(0)} MB (limit 300).\n`;
  });
}

async function scheduleAtOnce(sql: Sql, { jobs }: DesiredState): Promise<void> {
  await sql`
    select cron.schedule(job.name, job.schedule, job.command)
    from unnest(${textArray(jobs.map(({ name }) => name))}::text[],
                ${textArray(jobs.map(({ cron }) => cron.schedule))}::text[],
                ${textArray(jobs.map(({ cron }) => cron.command))}::text[]) as job (name, schedule, command)`;
}

/** An operator's script: one statement a job. */
function writeScript({ folder, desired }: World): string {
  const file = path.join(folder, 'schedule.sql');
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const lines = desired.jobs.map(
    ({ name, cron }) =>
      `select cron.schedule(${literal(name)}, ${literal(cron.schedule)}, ${literal(cron.command)});`,
  );
  writeFileSync(file, lines.join('\n'));
  return file;
}

/** Run a script through psql in one session, as an operator does. */
async function psql(url: string, file: string): Promise<void> {
  const { hostname, port, username, password, pathname } = new URL(url);
  // libpq's variables, so that no password stands in a process list.
  const connection = {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  };
  // Not synchronously: a slow line may run in this process.
  await promisify(execFile)('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', file], {
    env: { ...process.env, ...connection },
  });
}
