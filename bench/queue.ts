import { inTurn, type Measured, median, pairedRatio, percentile, ratioWords } from './measure.ts';
import { runParts } from './parts.ts';
import { type Contender, timeDrain, timeLatencies } from './queue-contender.ts';
import { hasPgbench, timeStatement } from './queue-limit.ts';
import { openOurs } from './queue-ours.ts';
import { openBoss, openGraphile } from './queue-peers.ts';
import type { BenchServer } from './server.ts';

interface Options {
  readonly server: BenchServer;
  readonly jobs: number | undefined;
  readonly repetitions: number;
  readonly concurrency: readonly number[];
}

/**
 * The job queue against graphile-worker and pg-boss: `enqueue`, `drain`, `latency`, or all three.
 * `--jobs N`, `--repetitions N`, `--concurrency 1,4,24`. One server for all, everything durable, A B A B, medians and paired ratios.
 */
export function run(argv: readonly string[]): Promise<string> {
  const numbers = { jobs: undefined, repetitions: 5, concurrency: [1, 4, 24] };
  return runParts<Options>({ title: 'queue', parts: { enqueue, drain, latency }, numbers }, argv);
}

async function enqueue({ server, jobs = 20_000, repetitions }: Options): Promise<string> {
  const urls = addresses(server);
  const contenders = await opened([
    openOurs({ ...urls, concurrency: 4, prefetch: 500, keep: false }),
    openGraphile({ ...urls, concurrency: 4, tuned: true }),
    openBoss({ ...urls, concurrency: 4 }),
  ]);
  const measured = await timed(contenders, repetitions, async (contender) => {
    await contender.empty();
    const started = performance.now();
    await contender.enqueueMany(jobs);
    return performance.now() - started;
  });
  return table(`Enqueue ${jobs} jobs in one call`, jobs, measured, names(measured)[1]);
}

async function drain({ server, jobs, repetitions, concurrency: concurrencies }: Options): Promise<string> {
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
  const measured = await timed(contenders, repetitions, async (contender) => {
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
  const measured = await timed(
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
  await timed(contenders, Math.min(repetitions, 3), async (contender) => {
    await contender.empty();
    const latencies = await timeLatencies(contender, samples);
    const list = lists.get(contender.name) ?? { p50: [], p99: [] };
    list.p50.push(percentile(latencies, 0.5));
    list.p99.push(percentile(latencies, 0.99));
    lists.set(contender.name, list);
    return median(latencies);
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

/** Times the contenders in turn, and closes them in the end. */
async function timed(
  contenders: readonly Contender[],
  repetitions: number,
  time: (contender: Contender) => Promise<number>,
): Promise<Measured[]> {
  try {
    return await inTurn(contenders, repetitions, time);
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

function names(measured: readonly Measured[]): string[] {
  return measured.map(({ name }) => name);
}

/** Rates, and how many times as fast as the peer named each is, pair by pair. */
function table(title: string, jobs: number, measured: readonly Measured[], peer: string | undefined): string {
  const base = measured.find(({ name }) => name === peer);
  const rows = measured.map((each) => {
    const rate = Math.round((jobs / each.median) * 1000).toLocaleString('en');
    const times = base === each ? '1' : base === undefined ? '' : ratioWords(pairedRatio(base, each));
    return `| ${each.name} | ${rate} | ${times} |`;
  });
  return [`**${title}**`, '| queue | jobs/s | times |', '|---|---|---|', ...rows, '', ''].join('\n');
}
