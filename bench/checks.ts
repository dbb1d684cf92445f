import postgres, { type Sql } from 'postgres';
import { runChecks } from '../actions/_shared/checks/run-checks.ts';
import { connect } from '../actions/_shared/database/connect.ts';
import { declareChecks, fillJobs, jobName, jobsQueryOver, queryOver } from './checks-fill.ts';
import { type Contender, type Measured, measure, pairedRatio, ratioWords } from './measure.ts';
import { runParts } from './parts.ts';
import type { BenchServer } from './server.ts';

interface CheckOptions {
  readonly server: BenchServer;
  readonly checks: number;
  readonly jobs: number;
  readonly repetitions: number;
}

interface CheckBench extends CheckOptions {
  /** As the actions connect. */
  readonly sql: Sql;
}

/**
 * One pass over many checks against the sum of their bare SQL: each statement by itself, one after the other; and all of them
 * sent at once in one read-only transaction, with nothing else, which is as fast as a client can be. `--checks N`,
 * `--jobs N`, `--repetitions N`.
 */
export function run(argv: readonly string[]): Promise<string> {
  const numbers = { checks: 1000, jobs: 10_000, repetitions: 7 };
  return runParts({ title: 'checks', parts: { passes: benchPasses }, numbers }, argv);
}

async function benchPasses(options: CheckOptions): Promise<string> {
  const { server } = options;
  const owner = postgres(server.url, { max: 1, onnotice: () => undefined });
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 2 });
  try {
    await fillJobs(owner, options.jobs);
    return await passes({ ...options, sql });
  } finally {
    await sql.end({ timeout: 5 });
    await owner.end();
  }
}

async function passes(bench: CheckBench): Promise<string> {
  const { checks, jobs } = bench;
  const each = Math.max(1, Math.floor(jobs / checks));
  const namesOf = (index: number): readonly string[] =>
    Array.from({ length: each }, (_, at) => jobName(index * each + at));
  const sqlProbe = (index: number): string =>
    `sql:\n  query: |\n${queryOver(namesOf(index)).replaceAll(/^/gm, '    ')}\n  when: "> 0"`;
  const cronProbe = (index: number): string => `cron: { jobs: [${namesOf(index).join(', ')}] }`;
  const half = (index: number): boolean => index % 2 === 0;
  const rows = [
    await compare(bench, 'own queries (sql)', sqlProbe, (index) => queryOver(namesOf(index))),
    await compare(bench, 'jobs (cron)', cronProbe, (index) => jobsQueryOver(namesOf(index))),
    await compare(
      bench,
      'half of each',
      (index) => (half(index) ? sqlProbe(index) : cronProbe(index)),
      (index) => (half(index) ? queryOver(namesOf(index)) : jobsQueryOver(namesOf(index))),
    ),
  ];
  return [
    `${checks.toLocaleString('en')} checks over ${jobs.toLocaleString('en')} jobs with a day of hourly runs, ${each} jobs each; ${bench.repetitions} rounds in turn, after one to warm up`,
    '',
    '| checks | one pass ms | bare, one by one ms | ratio | bare, all at once ms | ratio | found | memory of the process |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

async function compare(
  { sql, checks, jobs, repetitions }: CheckBench,
  title: string,
  probeOf: (index: number) => string,
  queryOf: (index: number) => string,
): Promise<string> {
  const declarations = await declareChecks({ checks, jobs }, probeOf);
  const queries = Array.from({ length: checks }, (_, index) => queryOf(index));
  let found = 0;
  let memory = 0;
  const contenders: readonly Contender[] = [
    {
      name: 'pass',
      run: async () => {
        const pass = await runChecks({ sql, declarations, environment: 'production', now: new Date() });
        if (pass.evaluated.length !== checks) throw new Error(JSON.stringify(pass.results.slice(0, 2)));
        found = pass.results.length;
        memory = Math.max(memory, process.memoryUsage.rss());
      },
    },
    {
      name: 'one by one',
      run: async () => {
        for (const query of queries) await sql.unsafe(query, [], EXTENDED);
      },
    },
    {
      name: 'at once',
      run: async () => {
        await sql.begin('isolation level repeatable read read only', (tx) =>
          Promise.all(queries.map((query) => tx.unsafe(query, [], EXTENDED))),
        );
      },
    },
  ];
  const [pass, oneByOne, atOnce] = await measure(contenders, repetitions);
  if (pass === undefined || oneByOne === undefined || atOnce === undefined)
    throw new Error('nothing measured');
  const ratio = (other: Measured): string => ratioWords(pairedRatio(pass, other), { unit: 'x' });
  return `| ${title} | ${pass.median.toFixed(0)} | ${oneByOne.median.toFixed(0)} | ${ratio(oneByOne)} | ${atOnce.median.toFixed(0)} | ${ratio(atOnce)} | ${found} | ${Math.round(memory / 1_048_576)} MB |`;
}

/** The protocol of a driver that prepares nothing: what checks use, so that the ratio is of equal things. */
const EXTENDED = { prepare: false, simple: false };

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
