/** What announcing costs whoever appends: the same function with and without its NOTIFY, in batches of several sizes. */
import type { Sql } from 'postgres';
import { connect } from '../actions/_shared/database/connect.ts';
import { textArray } from '../actions/_shared/database/text-array.ts';
import { type Log, logMaker, sampleLine } from './build-log.ts';
import type { EventsOptions } from './events.ts';
import { measure, pairedRatio, ratioWords } from './measure.ts';

const batches = [1, 20, 1000];

/** Returns a table of milliseconds a batch and ratios. */
export async function benchNotify({ server, lines, repetitions }: EventsOptions): Promise<string> {
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 1 });
  try {
    await silentTwin(sql);
    const newLog = await logMaker(sql);
    const rows: string[] = [];
    for (const size of batches) {
      const count = Math.min(lines, size * 400);
      const texts = Array.from({ length: count }, (_, index) => sampleLine(index));
      let log: Log | undefined;
      const contenders = [false, true].map((announced) => ({
        name: announced ? 'announced' : 'silent',
        prepare: async () => {
          log = await newLog();
        },
        run: async () => {
          if (log !== undefined) await append(sql, log, texts, size, announced);
        },
      }));
      const [silent, announced] = await measure(contenders, repetitions);
      if (silent === undefined || announced === undefined) throw new Error('nothing was measured');
      const cost = ratioWords(pairedRatio(announced, silent));
      const each = (ms: number): string => ((ms * size) / count).toFixed(3);
      rows.push(`| ${size} | ${each(silent.median)} | ${each(announced.median)} | ${cost} |`);
    }
    await sql`delete from ops.orgs`;
    return [
      `## notify: ops.append_build_events with its announcement against the same without, nobody listening, ${repetitions} repetitions`,
      '',
      '| lines a batch | ms a batch, silent | announced | its time |',
      '|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  } finally {
    await sql.end();
  }
}

/** The function as it is, without the line that announces. */
async function silentTwin(sql: Sql): Promise<void> {
  const [row] = await sql<{ source: string }[]>`
    select pg_get_functiondef('ops.append_build_events(uuid,integer,integer,text,bigint,timestamptz[],text[],text[],text)'::regprocedure) as source`;
  const source = row?.source.replace('ops.append_build_events(', 'ops.append_build_events_silent(') ?? '';
  const silent = source.replace(/perform pg_notify\([^;]*\);/, 'null;');
  if (silent === source) throw new Error('the function does not announce any more');
  await sql.unsafe(silent);
}

async function append(
  sql: Sql,
  { lease }: Log,
  texts: readonly string[],
  size: number,
  announced: boolean,
): Promise<void> {
  const name = sql.unsafe(announced ? 'ops.append_build_events' : 'ops.append_build_events_silent');
  const at = textArray([new Date().toISOString()]);
  for (let first = 0; first < texts.length; first += size) {
    const part = texts.slice(first, first + size).join('\n');
    await sql`
      select outcome from ${name}(
        ${lease.buildId}, ${lease.attempt}, ${first + 1}, ${part}, ${lease.token}, ${at}::timestamptz[], '{info}', '{build}')`;
  }
}
