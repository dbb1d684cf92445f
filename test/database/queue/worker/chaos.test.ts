import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChaos } from '../../../../bench/chaos-queue-run.ts';
import { type OwnServer, startOwnServer } from './support/own-server.ts';

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer();
}, 120_000);
afterAll(() => server.close());

describe('3,000 jobs, workers killed with SIGKILL, the database restarted in the middle', () => {
  it('none is lost, none ends twice, dead letters are exactly those that always fail', async () => {
    const said: string[] = [];
    const { facts, kills } = await runChaos({
      url: server.url,
      restart: server.restart,
      jobs: 3000,
      workers: 3,
      killEveryMs: 1500,
      limitMs: 120_000,
      say: (message) => said.push(message),
    });
    expect(
      facts.filter(({ holds }) => !holds),
      said.join('\n'),
    ).toEqual([]);
    expect(kills).toBeGreaterThan(2);
  }, 180_000);
});
