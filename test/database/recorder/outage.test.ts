import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import type { LogEvent } from '../../../actions/_shared/builds/reading/build.ts';
import { followLog } from '../../../actions/_shared/builds/reading/follow-log.ts';
import { buildChannel, listenForNews } from '../../../actions/_shared/builds/reading/news.ts';
import { databaseChannel } from '../../../actions/_shared/builds/recorder/database-channel.ts';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { startOwnServer } from '../queue/worker/support/own-server.ts';
import { builder, isGapless, openTestRecorder, storedLines } from './story.ts';

const server = await startOwnServer();
afterAll(() => server.close());

it('a database that is away for seconds, twice, costs no line and no order, for who writes and who follows', async () => {
  const setUp = connect({ url: server.url, applicationName: 'test', max: 1 });
  const lease = await (await builder(setUp)).run();
  await setUp.end();
  const { recorder, states } = openTestRecorder({ channel: databaseChannel({ url: server.url }), lease });
  const reader = connect({ url: server.url, applicationName: 'reader', max: 1 });
  const news = await listenForNews(server.url, buildChannel(lease.buildId));
  const seen: LogEvent[] = [];
  const following = followLog({
    sql: reader,
    buildId: lease.buildId,
    follow: true,
    news,
    onEvents: (events) => void seen.push(...events),
  });

  let isWriting = true;
  let written = 0;
  const writing = (async () => {
    while (isWriting) {
      recorder.write(Array.from({ length: 20 }, (_, index) => `line ${written + index + 1}`).join('\n'), {
        step: 'build',
      });
      written += 20;
      await sleep(10);
    }
  })();
  await sleep(500);
  await server.restart(2000);
  await sleep(500);
  await server.restart(1000);
  await sleep(500);
  isWriting = false;
  await writing;
  recorder.call({ op: 'status', status: 'succeeded' });
  expect(await recorder.drain(30_000)).toBe(true);
  await recorder.close();

  expect(await following).toBe('succeeded');
  await news.close();
  await reader.end();
  const expected = Array.from({ length: written }, (_, index) => `line ${index + 1}`);
  const look = connect({ url: server.url, applicationName: 'test', max: 1 });
  const lines = await storedLines(look, lease);
  await look.end();
  expect(isGapless(lines)).toBe(true);
  expect(lines.map(({ message }) => message)).toEqual(expected);
  expect(seen.filter(({ attempt }) => attempt > 0).map(({ message }) => message)).toEqual(expected);
  expect(states).toContain('away');
  expect(states.at(-1)).toBe('live');
}, 120_000);
