import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../../actions/_shared/builds/reading/build.ts';
import { shortId } from '../../../actions/_shared/builds/reading/builds-terminal.ts';
import { followLog } from '../../../actions/_shared/builds/reading/follow-log.ts';
import { type BuildNews, buildChannel, listenForNews } from '../../../actions/_shared/builds/reading/news.ts';
import { databaseChannel } from '../../../actions/_shared/builds/recorder/database-channel.ts';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { createTestDatabase } from '../../support/database.ts';
import { findPooler, startPooler } from '../../support/pooler.ts';
import { openWorkshop } from '../queue/worker/support/worker-process.ts';
import { builder, openTestRecorder } from './story.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, url } = database;
const { run, org } = await builder(sql);
const workshop = openWorkshop(url);
const open: BuildNews[] = [];
afterEach(async () => {
  for (const news of open.splice(0)) await news.close();
});
afterAll(async () => {
  await workshop.close();
  await database.drop();
});

async function news(buildId: string, through = url): Promise<BuildNews> {
  const opened = await listenForNews(through, buildChannel(buildId));
  open.push(opened);
  return opened;
}

const messages = (events: readonly LogEvent[]): string[] =>
  events.filter(({ attempt }) => attempt > 0).map(({ message }) => message);

describe('who follows a log', () => {
  it('reads a line within a second of its being written, and leaves with the end of the build', async () => {
    const lease = await run();
    const { recorder } = openTestRecorder({ channel: databaseChannel({ url }), lease });
    const seen: LogEvent[] = [];
    const delays: number[] = [];
    const following = followLog({
      sql,
      buildId: lease.buildId,
      follow: true,
      news: await news(lease.buildId),
      onEvents: (events) => {
        seen.push(...events);
        for (const { attempt, message } of events) if (attempt > 0) delays.push(Date.now() - Number(message));
      },
    });
    expect(
      await sql`select count(*)::int as listeners from pg_stat_activity where datname = current_database() and application_name = 'opsroom follow' and query ilike 'listen%'`,
    ).toEqual([{ listeners: 1 }]);
    for (let line = 0; line < 30; line += 1) {
      recorder.write(String(Date.now()), { step: 'build' });
      await sleep(40);
    }
    recorder.call({ op: 'status', status: 'succeeded' });
    await recorder.drain(5000);
    expect(await following).toBe('succeeded');
    await recorder.close();
    expect(delays).toHaveLength(30);
    expect(Math.max(...delays)).toBeLessThan(1000);
    expect(seen.at(-1)).toMatchObject({ attempt: 0, message: 'succeeded' });
  });

  it('goes on where it was when the connection is cut', async () => {
    const lease = await run();
    const { recorder } = openTestRecorder({ channel: databaseChannel({ url }), lease });
    const reader = connect({ url, applicationName: 'cut me', max: 1 });
    const seen: LogEvent[] = [];
    const troubles: boolean[] = [];
    const following = followLog({
      sql: reader,
      buildId: lease.buildId,
      follow: true,
      news: await news(lease.buildId),
      onEvents: (events) => void seen.push(...events),
      onTrouble: (away) => void troubles.push(away),
    });
    for (let line = 1; line <= 200; line += 1) {
      recorder.write(`line ${line}`, { step: null });
      if (line % 40 === 0) {
        await database.superuser`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name in ('cut me', 'opsroom follow', 'opsroom record')`;
      }
      await sleep(5);
    }
    recorder.call({ op: 'status', status: 'failed' });
    expect(await recorder.drain(20_000)).toBe(true);
    await recorder.close();
    expect(await following).toBe('failed');
    await reader.end();
    expect(messages(seen)).toEqual(Array.from({ length: 200 }, (_, index) => `line ${index + 1}`));
  });

  it('is told by the database in the moment of the commit, of its build alone, in a few bytes', async () => {
    const lease = await run();
    const heard: string[] = [];
    const all: string[] = [];
    const listener = connect({ url, applicationName: 'listener', max: 1 });
    await listener.listen(buildChannel(lease.buildId), (payload) => heard.push(payload));
    await listener.listen('ops_builds', (payload) => all.push(payload));
    await sql`select ops.append_build_events(${lease.buildId}, 1, 1, ${'a\nb\nc'}, ${lease.token})`;
    await sql`select ops.append_build_events(${lease.buildId}, 1, 1, ${'a\nb\nc'}, ${lease.token})`;
    await sql`select ops.append_build_events(${lease.buildId}, 1, 9, 'x', ${String(Number(lease.token) + 1)})`;
    await sql`select ops.set_build_status(${lease.buildId}, 'succeeded', ${lease.token})`;
    await sleep(200);
    await listener.end();
    expect(heard[0]).toBe('1 3');
    expect(new Set(heard.slice(1))).toEqual(new Set(['build']));
    expect(all).toContain(`${lease.buildId} succeeded`);
  });

  it('is not told a build at a time when one statement changes thousands', async () => {
    const all: string[] = [];
    const listener = connect({ url, applicationName: 'listener', max: 1 });
    await listener.listen('ops_builds', (payload) => all.push(payload));
    await sql`insert into ops.builds (branch_id) select ${org.staging} from generate_series(1, 5000)`;
    await sleep(200);
    await listener.end();
    await sql`delete from ops.builds where branch_id = ${org.staging}`;
    expect(all.length).toBeLessThan(110);
    expect(all).toContain('*');
  });

  it('waits for a line that is on its way, and not for ever', async () => {
    const lease = await run();
    await sql`select ops.append_build_events(${lease.buildId}, 1, 1, 'one', ${lease.token})`;
    await sql`select ops.append_build_events(${lease.buildId}, 1, 3, 'three', ${lease.token})`;
    const seen: LogEvent[] = [];
    const stop = new AbortController();
    const following = followLog({
      sql,
      buildId: lease.buildId,
      follow: true,
      onEvents: (events) => void seen.push(...events),
      signal: stop.signal,
    });
    await sleep(500);
    expect(messages(seen)).toEqual(['one']);
    await sql`select ops.append_build_events(${lease.buildId}, 1, 2, 'two', ${lease.token})`;
    await sleep(500);
    expect(messages(seen)).toEqual(['one', 'two', 'three']);
    await sql`select ops.append_build_events(${lease.buildId}, 1, 9, 'nine', ${lease.token})`;
    await sleep(6500);
    expect(messages(seen)).toEqual(['one', 'two', 'three', 'nine']);
    stop.abort();
    await following;
  }, 20_000);

  it.skipIf(findPooler() === undefined)(
    'asks once a second through a pooler, where nothing is told',
    async () => {
      const lease = await run();
      const pooler = await startPooler(findPooler() ?? '', new URL(url), 'transaction');
      const through = connect({ url: pooler.url, applicationName: 'pooled', max: 1 });
      try {
        const seen: LogEvent[] = [];
        const heard = await news(lease.buildId, pooler.url);
        const following = followLog({
          sql: through,
          buildId: lease.buildId,
          follow: true,
          news: heard,
          onEvents: (events) => void seen.push(...events),
        });
        await sleep(300);
        await sql`select ops.append_build_events(${lease.buildId}, 1, 1, 'one', ${lease.token})`;
        await sleep(1500);
        expect(messages(seen)).toEqual(['one']);
        await sql`select ops.set_build_status(${lease.buildId}, 'succeeded', ${lease.token})`;
        expect(await following).toBe('succeeded');
      } finally {
        await through.end();
        await pooler.stop();
      }
    },
  );
});

describe('opsroom logs', () => {
  it('prints a log in the order of time and says how the build ended by its exit code', async () => {
    const lease = await run();
    await sql`
      select ops.append_build_events(${lease.buildId}, 1, 1, ${'one\ntwo\u001b[31m red\u001b[0m'}, ${lease.token}, null, '{info,error}', '{build}')`;
    await sql`select ops.set_build_status(${lease.buildId}, 'failed', ${lease.token}, p_error => 'tests failed')`;
    const read = await workshop.opsroom('logs', lease.buildId);
    expect([read.code, read.err]).toEqual([0, '']);
    const lines = read.out
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(13));
    expect(lines.slice(-3)).toEqual(['[build] one', '[build] error: two red', '== failed: tests failed']);
    const followed = await workshop.opsroom('logs', lease.buildId.slice(-12), '--follow');
    expect([followed.code, followed.out]).toEqual([1, read.out]);
    const json = await workshop.opsroom('logs', lease.buildId, '--step', 'build', '--format', 'json');
    expect(
      json.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).message),
    ).toEqual(['one', 'two\u001b[31m red\u001b[0m']);
  });

  it('--follow prints a line within a second of its being written, also after its connections were cut', async () => {
    const lease = await run();
    const { recorder } = openTestRecorder({ channel: databaseChannel({ url }), lease });
    const followed = workshop.start('logs', lease.buildId, '--follow');
    let out = '';
    const arrived = async (text: string, withinMs: number): Promise<number> => {
      const began = Date.now();
      while (!out.includes(text)) {
        if (Date.now() - began > withinMs)
          throw new Error(`not within ${withinMs} ms: ${text}; so far: ${out}`);
        await sleep(5);
      }
      return Date.now() - began;
    };
    followed.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const ended = once(followed, 'close');
    recorder.write('before anybody looked', { step: null });
    await arrived('before anybody looked', 10_000);
    recorder.write('the first one live', { step: null });
    expect(await arrived('the first one live', 1000)).toBeLessThan(1000);
    const cut = await database.superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name in ('opsroom', 'opsroom follow')`;
    expect(cut.length).toBeGreaterThanOrEqual(2);
    recorder.write('while nobody listened', { step: null });
    await arrived('while nobody listened', 10_000);
    recorder.write('live again', { step: null });
    expect(await arrived('live again', 1000)).toBeLessThan(1000);
    recorder.call({ op: 'status', status: 'failed' });
    await recorder.drain(5000);
    await recorder.close();
    expect(await ended).toEqual([1, null]);
    expect(
      out
        .split('\n')
        .map((line) => line.slice(13))
        .filter((line) => line !== '' && !line.startsWith('==')),
    ).toEqual(['before anybody looked', 'the first one live', 'while nobody listened', 'live again']);
  });

  it('begins where it is asked to', async () => {
    const lease = await run();
    await sql`
      select ops.append_build_events(${lease.buildId}, 1, 1, ${'old\nnew'}, ${lease.token}, '{2026-11-20T10:00:00Z,2026-11-20T11:00:00Z}')`;
    const { out } = await workshop.opsroom(
      'logs',
      lease.buildId,
      '--since',
      '2026-11-20T10:30:00Z',
      '--format',
      'json',
    );
    const shown = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(shown.filter(({ attempt }) => attempt > 0).map(({ message }) => message)).toEqual(['new']);
  });

  it('says what it was asked for that is not there', async () => {
    expect(await workshop.opsroom('logs', 'ffffffff')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no build ffffffff'),
    });
    expect(await workshop.opsroom('logs', 'the last one')).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not the id of a build'),
    });
  });
});

describe('opsroom builds', () => {
  it('shows three lanes of a project, and builds of a branch', async () => {
    const lease = await run();
    const lanes = await workshop.opsroom('builds', 'app');
    expect(lanes.out).toMatch(
      /PRODUCTION[\s\S]*main[\s\S]*running[\s\S]*STAGING[\s\S]*staging[\s\S]*DEVELOPMENT[\s\S]*dev/,
    );
    const list = await workshop.opsroom('builds', 'app', 'main', '--status', 'running');
    expect(list.out).toMatch(/^ {2}main +running +\d+ s ago/m);
    expect(list.out).toContain(shortId(lease.buildId));
    const rows = JSON.parse(
      (await workshop.opsroom('builds', 'acme/app', 'main', '--format', 'json', '--limit', '2')).out,
    );
    expect(rows[0]).toMatchObject({ id: lease.buildId, status: 'running', lane: 'production' });
    expect(rows).toHaveLength(2);
    const next = JSON.parse(
      (
        await workshop.opsroom(
          'builds',
          'app',
          'main',
          '--format',
          'json',
          '--before',
          shortId(rows[1].id),
          '--limit',
          '2',
        )
      ).out,
    );
    expect(next).not.toEqual([]);
    for (const { id } of next) expect(id < rows[1].id).toBe(true);
    expect(await workshop.opsroom('builds', 'ap')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Did you mean app?'),
    });
  });
});
