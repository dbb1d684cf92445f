import { parseArgs } from 'node:util';
import postgres, { type Sql } from 'postgres';
import { runChecks } from '../actions/_shared/checks/run-checks.ts';
import { connect } from '../actions/_shared/database/connect.ts';
import { applyMigrations } from '../test/support/migrations.ts';
import { declareChecks, fillJobs, jobName, jobsQueryOver, queryOver } from './checks-fill.ts';
import { type Contender, measure, pairedRatio } from './measure.ts';
import { startBenchServer } from './server.ts';

interface CheckBench {
  /** As the actions connect. */
  readonly sql: Sql;
  readonly checks: number;
  readonly jobs: number;
  readonly repetitions: number;
}

/**
 * One pass over many checks against the sum of their bare SQL: each statement by itself, one after the other; and all of them
 * sent at once in one read-only transaction, with nothing else, which is as fast as a client can be. `--checks N`,
 * `--jobs N`, `--repetitions N`.
 */
export async function run(argv: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      checks: { type: 'string', default: '1000' },
      jobs: { type: 'string', default: '10000' },
      repetitions: { type: 'string', default: '7' },
    },
  });
  const server = await startBenchServer();
  const owner = postgres(server.url, { max: 1, onnotice: () => undefined });
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 2 });
  try {
    await applyMigrations(server.url);
    const bench: CheckBench = {
      sql,
      checks: Number(values.checks),
      jobs: Number(values.jobs),
      repetitions: Number(values.repetitions),
    };
    await fillJobs(owner, bench.jobs);
    return [
      '# checks',
      '',
      `${server.description}; Node ${process.versions.node}`,
      '',
      await passes(bench),
    ].join('\n');
  } finally {
    await sql.end({ timeout: 5 });
    await owner.end();
    await server.close();
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
  const ratio = (other: typeof pass): string => {
    const { median, low, high } = pairedRatio(pass, other);
    return `${median.toFixed(2)}x [${low.toFixed(2)}-${high.toFixed(2)}]`;
  };
  return `| ${title} | ${pass.median.toFixed(0)} | ${oneByOne.median.toFixed(0)} | ${ratio(oneByOne)} | ${atOnce.median.toFixed(0)} | ${ratio(atOnce)} | ${found} | ${Math.round(memory / 1_048_576)} MB |`;
}

/** The protocol of a driver that prepares nothing: what checks use, so that the ratio is of equal things. */
const EXTENDED = { prepare: false, simple: false };

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
