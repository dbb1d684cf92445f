import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enqueueJob } from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { findPooler, type Pooler, startPooler } from '../../../support/pooler.ts';
import { createEffects, openWorkshop, type Workshop, waitForStatus } from './support/worker-process.ts';

const program = findPooler();

describe.skipIf(program === undefined)(
  `through pgbouncer${program === undefined ? ' (not installed)' : ''}`,
  () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await createTestDatabase(import.meta.url);
      await createEffects(database.sql);
    });
    afterAll(() => database.drop());

    async function inWorkshop(
      mode: 'transaction' | 'session',
      work: (workshop: Workshop, pooler: Pooler) => Promise<void>,
    ): Promise<void> {
      const pooler = await startPooler(program ?? '', new URL(database.url), mode);
      const workshop = openWorkshop(pooler.url, { effectsUrl: database.url });
      try {
        await work(workshop, pooler);
      } finally {
        await workshop.close();
        await pooler.stop();
      }
    }

    it('in transaction mode it notices that LISTEN cannot work, polls, and gets everything done', async () => {
      await inWorkshop('transaction', async (workshop) => {
        const workers = [
          workshop.work('--poll', '100ms', '--lease', '2s'),
          workshop.work('--poll', '100ms', '--lease', '2s'),
        ];
        for (const worker of workers) {
          await worker.event('polling_only');
          await worker.event('worker_started', (line) => line.listening === false);
        }
        await database.sql`
          insert into ops.queued_jobs (task_type, payload) select 'pid', '{}' from generate_series(1, 500)`;
        const long = await enqueueJob(database.sql, { taskType: 'slow', payload: { ms: 4000 } });
        const serial = await enqueueJob(database.sql, { taskType: 'pid', serialKey: 's' });
        const last = await enqueueJob(database.sql, { taskType: 'pid', serialKey: 's' });
        await waitForStatus(database.sql, serial, 'succeeded');
        await waitForStatus(database.sql, last, 'succeeded');
        await waitForStatus(database.sql, long, 'succeeded');
        const rows = await database.sql`
          select status, attempts, count(*)::int from ops.job_queue group by 1, 2`;
        expect([...rows]).toEqual([{ status: 'succeeded', attempts: 1, count: 503 }]);
        for (const worker of workers) {
          worker.kill('SIGTERM');
          expect(await worker.exited, worker.errors()).toBe(0);
        }
      });
    });

    it('in session mode it listens', async () => {
      await inWorkshop('session', async (workshop) => {
        const worker = workshop.work('--poll', '1h');
        await worker.event('worker_started', (line) => line.listening === true);
        await sleep(200);
        const id = await enqueueJob(database.sql, { taskType: 'pid' });
        await waitForStatus(database.sql, id, 'succeeded');
        worker.kill('SIGTERM');
        expect(await worker.exited, worker.errors()).toBe(0);
      });
    });
  },
);
