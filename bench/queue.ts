import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { type Measured, median, pairedRatio } from './measure.ts';
import { type Contender, timeDrain, timeLatencies } from './queue-contender.ts';
import { hasPgbench, timeStatement } from './queue-limit.ts';
import { openOurs } from './queue-ours.ts';
import { openBoss, openGraphile } from './queue-peers.ts';
import { type BenchServer, startBenchServer } from './server.ts';

interface Options {
  readonly server: BenchServer;
  readonly jobs: number | undefined;
  readonly repetitions: number;
  readonly concurrencies: readonly number[];
}

const parts: Readonly<Record<string, (options: Options) => Promise<string>>> = { enqueue, drain, latency };

/**
 * The job queue against graphile-worker and pg-boss: `enqueue`, `drain`, `latency`, or all three.
 * `--jobs N`, `--repetitions N`, `--concurrency 1,4,24`. One server for all, everything durable, A B A B, medians and paired ratios.
 */
export async function run(argv: readonly string[]): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      jobs: { type: 'string' },
      concurrency: { type: 'string', default: '1,4,24' },
      repetitions: { type: 'string', default: '5' },
    },
    allowPositionals: true,
  });
  const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
  for (const name of chosen) {
    if (parts[name] === undefined)
      throw new ConfigurationError(`There is no part ${name} of this bench`, {
        hint: Object.keys(parts).join(', '),
      });
  }
  const server = await startBenchServer();
  try {
    await migrate(server.url);
    const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
    let text = `${server.description}\n`;
    for (const name of chosen) {
      text += `\n${await parts[name]?.({
        server,
        jobs,
        repetitions: Number(values.repetitions),
        concurrencies: values.concurrency.split(',').map(Number),
      })}`;
    }
    return text;
  } finally {
    await server.close();
  }
}

async function migrate(url: string): Promise<void> {
  const folder = path.join(import.meta.dirname, '..', 'migrations');
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    for (const file of readdirSync(folder).sort()) {
      const text = readFileSync(path.join(folder, file), 'utf8');
      await sql.begin((transaction) => transaction.unsafe(text).simple());
    }
  } finally {
    await sql.end();
  }
}

async function enqueue({ server, jobs = 20_000, repetitions }: Options): Promise<string> {
  const urls = addresses(server);
  const contenders = await opened([
    openOurs({ ...urls, concurrency: 4, prefetch: 500, keep: false }),
    openGraphile({ ...urls, concurrency: 4, tuned: true }),
    openBoss({ ...urls, concurrency: 4 }),
  ]);
  const measured = await inTurn(contenders, repetitions, async (contender) => {
    await contender.empty();
    const started = performance.now();
    await contender.enqueueMany(jobs);
    return performance.now() - started;
  });
  return table(`Enqueue ${jobs} jobs in one call`, jobs, measured, names(measured)[1]);
}

async function drain({ server, jobs, repetitions, concurrencies }: Options): Promise<string> {
  const urls = addresses(server);
  let text = '';
  for (const concurrency of concurrencies) {
    const many = jobs ?? 100_000;
    text += await drainTable(`Drain ${many} jobs, prefetch, concurrency ${concurrency}`, many, repetitions, [
      openOurs({ ...urls, concurrency, prefetch: 500, keep: false }),
      openOurs({ ...urls, concurrency, prefetch: 500, keep: true }),
      openGraphile({ ...urls, concurrency, tuned: true }),
      openBoss({ ...urls, concurrency }),
    ]);
    if (concurrency === 1) text += await limitTable(server, many, repetitions);
    const few = Math.min(many, 4000);
    text += await drainTable(`Drain ${few} jobs, no prefetch, concurrency ${concurrency}`, few, repetitions, [
      openOurs({ ...urls, concurrency, prefetch: 0, keep: false }),
      openOurs({ ...urls, concurrency, prefetch: 0, keep: true }),
      openGraphile({ ...urls, concurrency, tuned: false }),
    ]);
  }
  return text;
}

async function drainTable(
  title: string,
  jobs: number,
  repetitions: number,
  opening: readonly Promise<Contender | undefined>[],
): Promise<string> {
  const contenders = await opened(opening);
  const measured = await inTurn(contenders, repetitions, async (contender) => {
    await contender.empty();
    await contender.enqueueMany(jobs);
    return timeDrain(contender, jobs);
  });
  return table(title, jobs, measured, names(measured)[2]);
}

/** What the server alone does with the worker's statement: the limit of every client. */
async function limitTable(server: BenchServer, jobs: number, repetitions: number): Promise<string> {
  const urls = addresses(server);
  const statement = (keep: boolean): Promise<Contender> =>
    openOurs({ ...urls, concurrency: 1, prefetch: 500, keep }).then((ours) => ({
      ...ours,
      name: `${hasPgbench() ? 'pgbench' : 'a bare loop'}, complete 500 + claim 500, row ${keep ? 'kept' : 'deleted'}`,
    }));
  const measured = await inTurn(
    await opened([statement(false), statement(true)]),
    repetitions,
    async (contender) => {
      await contender.empty();
      await contender.enqueueMany(jobs);
      return timeStatement(server.url, jobs);
    },
  );
  return table(`Limit: ${jobs} jobs by the statement alone, one session`, jobs, measured, undefined);
}

async function latency({ server, jobs = 200, repetitions }: Options): Promise<string> {
  const samples = Math.min(jobs, 200);
  const urls = addresses(server);
  const contenders = await opened([
    openOurs({ ...urls, concurrency: 4, prefetch: 0, keep: false }),
    openGraphile({ ...urls, concurrency: 4, tuned: false }),
    openBoss({ ...urls, concurrency: 4 }),
  ]);
  const lists = new Map<string, { readonly p50: number[]; readonly p99: number[] }>();
  await inTurn(contenders, Math.min(repetitions, 3), async (contender) => {
    await contender.empty();
    const latencies = (await timeLatencies(contender, samples)).sort((a, b) => a - b);
    const list = lists.get(contender.name) ?? { p50: [], p99: [] };
    list.p50.push(latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN);
    list.p99.push(latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN);
    lists.set(contender.name, list);
    return latencies[0] ?? Number.NaN;
  });
  const base = lists.get(contenders[1]?.name ?? '');
  const rows = [...lists].map(([name, { p50, p99 }]) => {
    const to = (own: number[], peer: number[] | undefined): string =>
      peer === undefined ? '' : (median(own) / median(peer)).toFixed(2);
    return `| ${name} | ${median(p50).toFixed(2)} | ${median(p99).toFixed(2)} | ${to(p50, base?.p50)} | ${to(p99, base?.p99)} |`;
  });
  return [
    `**From enqueue to the start of the handler, idle queue, ${samples} jobs one by one (ms)**`,
    '| queue | p50 | p99 | p50 ratio | p99 ratio |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function addresses(server: BenchServer): { readonly url: string; readonly superuserUrl: string } {
  return { url: server.url, superuserUrl: server.cluster.superuserUrl };
}

async function opened(opening: readonly Promise<Contender | undefined>[]): Promise<Contender[]> {
  const contenders = await Promise.all(opening);
  return contenders.filter((contender) => contender !== undefined);
}

/** Each contender once a round, one warm-up round uncounted; closes them in the end. */
async function inTurn(
  contenders: readonly Contender[],
  repetitions: number,
  time: (contender: Contender) => Promise<number>,
): Promise<Measured[]> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  try {
    for (let round = -1; round < repetitions; round += 1) {
      for (const contender of contenders) {
        const elapsed = await time(contender);
        if (round >= 0) samples.get(contender.name)?.push(elapsed);
      }
    }
  } finally {
    for (const contender of contenders) await contender.close();
  }
  return contenders.map(({ name }) => {
    const own = samples.get(name) ?? [];
    return { name, samples: own, median: median(own) };
  });
}

function names(measured: readonly Measured[]): string[] {
  return measured.map(({ name }) => name);
}

/** Rates, and how many times as fast as the peer named each is, pair by pair. */
function table(title: string, jobs: number, measured: readonly Measured[], peer: string | undefined): string {
  const base = measured.find(({ name }) => name === peer);
  const rows = measured.map((each) => {
    const rate = Math.round((jobs / each.median) * 1000).toLocaleString('en');
    const ratio = base === undefined || base === each ? undefined : pairedRatio(base, each);
    const times =
      ratio === undefined
        ? '1'
        : `${ratio.median.toFixed(2)} [${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}]`;
    return `| ${each.name} | ${rate} | ${base === undefined ? '' : times} |`;
  });
  return [`**${title}**`, '| queue | jobs/s | times |', '|---|---|---|', ...rows, '', ''].join('\n');
}
