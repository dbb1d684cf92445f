/** What scans say of a scheduler that really runs: the real pg_cron with OPSROOM_TEST_SERVER=debian-15. */
import { afterAll, describe, expect, it } from 'vitest';
import { scan } from '../../../actions/_shared/checks/advice/scan.ts';
import { createRunningDatabase } from '../../support/real-cluster.ts';
import { foundIn, readFiles, soundFiles, withoutLints } from './advice.ts';

const database = await createRunningDatabase(import.meta.url);
afterAll(() => database.drop());

async function look() {
  const { desired, policy } = await readFiles(soundFiles);
  return scan(database.sql, { desired, policy: withoutLints(policy), now: new Date() });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen within a minute');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

describe('a scan of a running scheduler', { timeout: 120_000 }, () => {
  it('reads its settings, its worker and its jobs as role postgres', async () => {
    const report = await look();
    const silent = new Set(report.unevaluated.map(({ rule }) => rule));
    expect([...silent]).toEqual([]);
    expect(foundIn(report)).not.toContain('net_worker_down: pg_net');
    expect(foundIn(report)).not.toContain('cron_timezone: cron.timezone');
    // Debian's is 1.4.
    expect(foundIn(report).includes('pg_cron_outdated: pg_cron')).toBe(
      database.realCron && database.cronVersion < 1.6,
    );
  });

  it.skipIf(database.cronVersion < 1.5)('sees runs that really failed, and a secret that ran', async () => {
    await database.sql`select cron.schedule('slow', '1 second', $$set local statement_timeout = 50; select pg_sleep(1)$$)`;
    await database.sql`select cron.schedule('leaky', '1 second', $$select 'sb_secret_canary0123456789'$$)`;
    await until(async () => {
      const [row] = await database.sql<{ failed: boolean; leaked: boolean }[]>`
        select count(*) filter (where return_message ilike '%statement timeout%') > 0 as failed,
               count(*) filter (where command like '%canary%') > 0 as leaked
        from cron.job_run_details`;
      return row?.failed === true && row.leaked;
    });
    await database.sql`select cron.unschedule(jobid) from cron.job where jobname in ('slow', 'leaky')`;
    const report = await look();
    expect(foundIn(report)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^cron_statement_timeouts: /),
        expect.stringMatching(/^cron_secret_in_history: /),
      ]),
    );
    expect(JSON.stringify(report)).not.toContain('canary');
  });
});
