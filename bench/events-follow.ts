/** From a line written to the line read by --follow: every follower is a process's worth of connections, and reads every line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { followLog } from '../actions/_shared/builds/reading/follow-log.ts';
import { buildChannel, listenForNews } from '../actions/_shared/builds/reading/news.ts';
import { connect } from '../actions/_shared/database/connect.ts';
import { type Log, logMaker, openBenchRecorder } from './build-log.ts';
import type { EventsOptions } from './events.ts';
import { median, percentile } from './measure.ts';

/** Lines a second: somebody typing, a compiler, a chatty test suite. */
const rates = [5, 100, 2000];
const secondsEach = 5;

/** Returns a table of delays. */
export async function benchFollow({ server, followers }: EventsOptions): Promise<string> {
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 1 });
  try {
    const newLog = await logMaker(sql);
    const rows: string[] = [];
    for (const rate of rates) rows.push(await follow(server.url, await newLog(), rate, followers));
    await sql`delete from ops.orgs`;
    return [
      `## follow: from a line written to the line read, ${followers} followers at once, ${secondsEach} s at each rate`,
      '',
      '| lines/s | lines read | p50 ms | p99 ms | most ms |',
      '|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  } finally {
    await sql.end();
  }
}

async function follow(url: string, log: Log, rate: number, followers: number): Promise<string> {
  const delays: number[] = [];
  const open = await Promise.all(
    Array.from({ length: followers }, async () => ({
      sql: connect({ url, applicationName: 'opsroom-bench-follow', max: 1 }),
      news: await listenForNews(url, buildChannel(log.lease.buildId)),
    })),
  );
  const following = open.map(({ sql, news }) =>
    followLog({
      sql,
      buildId: log.lease.buildId,
      follow: true,
      news,
      onEvents: (events) => {
        const now = performance.now();
        for (const { attempt, message } of events) if (attempt > 0) delays.push(now - Number(message));
      },
    }),
  );
  await sleep(300);
  const { recorder, close } = openBenchRecorder(url, log);
  const total = rate * secondsEach;
  const began = performance.now();
  for (let written = 0; written < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate) + 1);
    for (; written < due; written += 1) recorder.write(String(performance.now()), { step: null });
    await sleep(Math.max(1, 1000 / rate / 2));
  }
  recorder.call({ op: 'status', status: 'succeeded' });
  await recorder.drain(30_000);
  await close();
  await Promise.all(following);
  for (const { sql, news } of open) {
    await news.close();
    await sql.end();
  }
  if (delays.length !== total * followers)
    throw new Error(`${delays.length} lines were read, not ${total * followers}`);
  return `| ${rate} | ${delays.length.toLocaleString('en')} | ${median(delays).toFixed(1)} | ${percentile(delays, 0.99).toFixed(1)} | ${percentile(delays, 1).toFixed(1)} |`;
}
