/** Lines of a log: ops.append_build_events against one insert a line through the same client, and against COPY. */
import { once } from 'node:events';
import type { Sql } from 'postgres';
import { connect } from '../actions/_shared/database/connect.ts';
import { textArray } from '../actions/_shared/database/text-array.ts';
import { addBuild, addOrganisation, claim } from '../test/database/builds/people.ts';
import type { BackendOptions } from './backend.ts';
import { type Contender, type Measured, measure, pairedRatio } from './measure.ts';

/** What a recorder sends: a step's burst, a flush every second, a long compile. */
const batchSizes = [20, 100, 200, 1000];
const linesPerRound = 20_000;
/** Inserts one by one are timed with fewer: they are that slow. */
const linesOneByOne = 2_000;

interface Log {
  readonly build: string;
  readonly orgId: string;
  readonly token: string;
}

/** Returns a table of lines per second and ratios. */
export async function benchAppend({ server, repetitions }: BackendOptions): Promise<string> {
  // One connection a contender, as a recorder has; the very client our code uses.
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 1 });
  try {
    const newLog = await logMaker(sql);
    const single = await contender(sql, newLog, 'one insert a line', linesOneByOne, insertOneByOne);
    const copy = await contender(sql, newLog, 'COPY of the same lines', linesPerRound, copyAll);
    const ours = await Promise.all(
      batchSizes.map((size) =>
        contender(sql, newLog, `append_build_events, ${size} lines`, linesPerRound, (log, texts) =>
          appendBatches(sql, log, texts, size),
        ),
      ),
    );
    const uniform = await contender(
      sql,
      newLog,
      'append_build_events, 1000 lines of one step, flushed together',
      linesPerRound,
      (log, texts) => appendBatches(sql, log, texts, 1000, true),
    );
    const measured = await measure([single, copy, ...ours, uniform], repetitions);
    await sql`delete from ops.orgs`;
    return table(measured, repetitions);
  } finally {
    await sql.end();
  }
}

async function logMaker(sql: Sql): Promise<() => Promise<Log>> {
  const org = await addOrganisation(sql, 'bench');
  return async () => {
    await sql`delete from ops.builds`;
    await sql`delete from ops.queued_jobs`;
    await sql`delete from ops.job_leases`;
    await addBuild(sql, org.production);
    const build = await claim(sql, 'bench', '1 hour');
    if (build === null) throw new Error('nothing to claim');
    return { build: build.buildId, orgId: org.orgId, token: build.token };
  };
}

/** A fresh log before each round, so that every round writes into an index of the same size. */
async function contender(
  sql: Sql,
  newLog: () => Promise<Log>,
  name: string,
  count: number,
  write: (log: Log, texts: readonly string[], sql: Sql) => Promise<void>,
): Promise<Contender & { readonly count: number }> {
  const texts = Array.from({ length: count }, (_, index) => line(index));
  let log: Log | null = null;
  return {
    name,
    count,
    prepare: async () => {
      log = await newLog();
    },
    run: async () => {
      if (log !== null) await write(log, texts, sql);
    },
  };
}

const at = new Date().toISOString();

function line(index: number): string {
  return `${at} [info] compiled src/pages/projects/[projectId]/branches/page-${index}.tsx "ok" in ${index % 97} ms (1234 modules)`;
}

async function insertOneByOne({ build, orgId }: Log, texts: readonly string[], sql: Sql): Promise<void> {
  for (const [index, text] of texts.entries()) {
    await sql`
      insert into ops.build_events (build_id, org_id, at, attempt, seq, level, step, message)
      values (${build}, ${orgId}, ${at}, 1, ${index + 1}, 'info', 'build', ${text})`;
  }
}

async function copyAll({ build, orgId }: Log, texts: readonly string[], sql: Sql): Promise<void> {
  const sink =
    await sql`copy ops.build_events (build_id, org_id, at, attempt, seq, level, step, message) from stdin`.writable();
  for (let first = 0; first < texts.length; first += 1000) {
    const rows = texts
      .slice(first, first + 1000)
      .map((text, index) => `${build}\t${orgId}\t${at}\t1\t${first + index + 1}\tinfo\tbuild\t${text}\n`);
    if (!sink.write(rows.join(''))) await once(sink, 'drain');
  }
  sink.end();
  await once(sink, 'finish');
}

/** @param uniform one time, level and step for all lines of a batch, instead of one for each. */
async function appendBatches(
  sql: Sql,
  log: Log,
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
        ${log.build}, 1, ${first + 1}, ${part.join('\n')}, ${log.token}, ${times}::timestamptz[], ${levels}::text[], ${steps}::text[])`;
  }
}

function table(measured: readonly Measured[], repetitions: number): string {
  const [single, copy, ...ours] = measured;
  if (single === undefined || copy === undefined) throw new Error('nothing was measured');
  // Compared by time per line.
  const perLine = (each: Measured, count: number): Measured => ({
    ...each,
    samples: each.samples.map((ms) => ms / count),
    median: each.median / count,
  });
  const base = perLine(single, linesOneByOne);
  const limit = perLine(copy, linesPerRound);
  const rate = (each: Measured): string => Math.round(1000 / each.median).toLocaleString('en');
  const rows = ours.map((each) => {
    const own = perLine(each, linesPerRound);
    const faster = pairedRatio(base, own);
    const ofCopy = pairedRatio(limit, own);
    return `| ${each.name} | ${rate(own)} | ${faster.median.toFixed(1)}x [${faster.low.toFixed(1)}-${faster.high.toFixed(1)}] | ${ofCopy.median.toFixed(2)} [${ofCopy.low.toFixed(2)}-${ofCopy.high.toFixed(2)}] |`;
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
