import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enqueueJob } from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import {
  createEffects,
  HANDLERS,
  openWorkshop,
  type WorkerProcess,
  type Workshop,
  waitForStatus,
} from './support/worker-process.ts';

let database: TestDatabase;
let workshop: Workshop;
let worker: WorkerProcess;
let base: string;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
  await createEffects(database.sql);
  workshop = openWorkshop(database.url);
  worker = workshop.work('--health-port', '0', '--poll', '200ms');
  const { port } = await worker.event('health_endpoint');
  base = `http://127.0.0.1:${String(port)}`;
});
afterAll(async () => {
  await workshop.close();
  await database.drop();
});

describe('the health endpoint', () => {
  it('says that the worker is live and ready, and what it did', async () => {
    const id = await enqueueJob(database.sql, { taskType: 'echo', payload: { text: 'x' } });
    const dead = await enqueueJob(database.sql, { taskType: 'echo', payload: {} });
    await waitForStatus(database.sql, id, 'succeeded');
    await waitForStatus(database.sql, dead, 'failed');
    const response = await fetch(`${base}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      live: true,
      ready: true,
      problems: [],
      listening: true,
      running: 0,
      succeeded: 1,
      failed: 1,
      dead_letters: 1,
      last_claim_at: expect.stringMatching(/Z$/),
    });
  });

  it('counts in the format of Prometheus', async () => {
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toMatch(/^opsroom_jobs_total\{task_type="echo",outcome="succeeded"\} 1$/m);
    expect(text).toMatch(/^opsroom_jobs_total\{task_type="echo",outcome="dead"\} 1$/m);
    expect(text).toMatch(/^opsroom_job_duration_seconds_bucket\{task_type="echo",le="\+Inf"\} 2$/m);
    expect(text).toMatch(/^opsroom_worker_connected 1$/m);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.e+-]+)$/);
    }
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/healthz/live', 200],
    ['GET', '/healthz/ready', 200],
    ['POST', '/healthz', 405],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await fetch(`${base}${path}`, { method })).status).toBe(status);
  });

  it('is not ready while the worker stops, and shows what still runs', async () => {
    await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 1500 } });
    await worker.event('job_started', (line) => line.task_type === 'slow');
    worker.kill('SIGTERM');
    await worker.event('worker_stopping');
    const response = await fetch(`${base}/healthz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      live: true,
      ready: false,
      problems: ['the worker is stopping'],
      running: 1,
    });
    expect(await worker.exited).toBe(0);
  });

  it('that cannot have its port is a clear error and no worker', async () => {
    const first = workshop.work('--health-port', '0');
    const { port } = await first.event('health_endpoint');
    const args = ['work', '--health-port', String(port), '--handlers', HANDLERS];
    const second = await workshop.opsroom(...args);
    expect(second.code).toBe(1);
    expect(second.err).toContain(`cannot listen on 127.0.0.1:${String(port)} (EADDRINUSE)`);
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
  });
});
