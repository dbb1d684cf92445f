/** Lines of a log: ops.append_build_events against one insert a line through the same client, and against COPY. */
import type { Sql } from 'postgres';
import { connect } from '../actions/_shared/database/connect.ts';
import { textArray } from '../actions/_shared/database/text-array.ts';
import type { BackendOptions } from './backend.ts';
import { copyAll, insertOneByOne, type Log, logMaker, sampleLine } from './build-log.ts';
import { type Contender, type Measured, measure, pairedRatio, perPiece, ratioWords } from './measure.ts';

/** What a recorder sends: a step's burst, a flush every second, a long compile. */
const batchSizes = [20, 100, 200, 1000];
const linesPerRound = 20_000;
/** Inserts one by one are timed with fewer: they are that slow. */
const linesOneByOne = 2_000;

/** Returns a table of lines per second and ratios. */
export async function benchAppend({ server, repetitions }: BackendOptions): Promise<string> {
  // One connection a contender, as a recorder has; the very client our code uses.
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 1 });
  try {
    const newLog = await logMaker(sql);
    const contenders = [
      contender(newLog, 'one insert a line', linesOneByOne, (log, texts) => insertOneByOne(sql, log, texts)),
      contender(newLog, 'COPY of the same lines', linesPerRound, (log, texts) => copyAll(sql, log, texts)),
      ...batchSizes.map((size) =>
        contender(newLog, `append_build_events, ${size} lines`, linesPerRound, (log, texts) =>
          appendBatches(sql, log, texts, size),
        ),
      ),
      contender(
        newLog,
        'append_build_events, 1000 lines of one step, flushed together',
        linesPerRound,
        (log, texts) => appendBatches(sql, log, texts, 1000, true),
      ),
    ];
    const measured = await measure(contenders, repetitions);
    await sql`delete from ops.orgs`;
    return table(measured, repetitions);
  } finally {
    await sql.end();
  }
}

/** A fresh log before each round, so that every round writes into an index of the same size. */
function contender(
  newLog: () => Promise<Log>,
  name: string,
  count: number,
  write: (log: Log, texts: readonly string[]) => Promise<void>,
): Contender {
  const texts = Array.from({ length: count }, (_, index) => sampleLine(index));
  let log: Log | null = null;
  return {
    name,
    prepare: async () => {
      log = await newLog();
    },
    run: async () => {
      if (log !== null) await write(log, texts);
    },
  };
}

const at = new Date().toISOString();

/** @param uniform one time, level and step for all lines of a batch, instead of one for each. */
async function appendBatches(
  sql: Sql,
  { lease }: Log,
  texts: readonly string[],
  size: number,
  uniform = false,
): Promise<void> {
  for (let first = 0; first < texts.length; first += size) {
    const part = texts.slice(first, first + size);
    const each = uniform ? [part] : part;
    const times = textArray(each.map(() => at));
    const levels = textArray(each.map(() => 'info'));
    const steps = textArray(each.map(() => 'build'));
    await sql`
      select outcome from ops.append_build_events(
        ${lease.buildId}, ${lease.attempt}, ${first + 1}, ${part.join('\n')}, ${lease.token}, ${times}::timestamptz[], ${levels}::text[], ${steps}::text[])`;
  }
}

function table(measured: readonly Measured[], repetitions: number): string {
  const [single, copy, ...ours] = measured;
  if (single === undefined || copy === undefined) throw new Error('nothing was measured');
  const base = perPiece(single, linesOneByOne);
  const limit = perPiece(copy, linesPerRound);
  const rate = (each: Measured): string => Math.round(1000 / each.median).toLocaleString('en');
  const rows = ours.map((each) => {
    const own = perPiece(each, linesPerRound);
    const faster = ratioWords(pairedRatio(base, own), { digits: 1, unit: 'x' });
    return `| ${each.name} | ${rate(own)} | ${faster} | ${ratioWords(pairedRatio(limit, own))} |`;
  });
  return [
    `## append: ${linesPerRound} lines a round (${linesOneByOne} one by one), ${repetitions} repetitions A B A B, medians [lowest-highest of the pairs]`,
    '',
    '| writer, one connection | lines/s | against one insert a line (floor 3x) | against COPY |',
    '|---|---|---|---|',
    `| ${single.name} | ${rate(base)} | 1 | |`,
    ...rows,
    `| ${copy.name} | ${rate(limit)} | | 1 |`,
    '',
  ].join('\n');
}
