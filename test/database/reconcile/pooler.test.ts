import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { findPooler, type Pooler, startPooler } from '../../support/pooler.ts';
import { desiredState, fleet, secret } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

const program = findPooler();

describe.skipIf(program === undefined)(
  `through pgbouncer in transaction mode${program === undefined ? ' (not installed)' : ''}`,
  () => {
    let database: TestDatabase;
    let pooler: Pooler;
    beforeAll(async () => {
      database = await emptyDatabase(import.meta.url);
      pooler = await startPooler(program ?? '', new URL(database.url), 'transaction', 2);
    });
    afterAll(async () => {
      await pooler.stop();
      await database.drop();
    });

    const env = { TEST_PROJECT_URL: 'https://example.test' };
    const desired = desiredState({ secrets: [secret('project_url')], jobs: fleet(20) });

    it('a first apply, a plan and a second apply work, four clients sharing two connections', async () => {
      const clients = Array.from({ length: 4 }, () =>
        connect({ url: pooler.url, applicationName: 'opsroom' }),
      );
      const results = await Promise.all(
        clients.map((sql) => applyPlan({ sql, desired, env, prune: false, actor: { name: 'test' } })),
      );
      expect(results.map((result) => result.reason).sort()).toEqual([
        'applied',
        'nothing_to_do',
        'nothing_to_do',
        'nothing_to_do',
      ]);
      const plans = await Promise.all(clients.map((sql) => computePlan({ sql, desired, env, prune: false })));
      expect(plans.flatMap((plan) => plan.changes)).toEqual([]);
      await Promise.all(clients.map((sql) => sql.end()));
    });

    it('no setting, statement or lock of ours stays behind on a server connection', async () => {
      const sql = connect({ url: pooler.url, applicationName: 'opsroom' });
      const [row] = await sql`
      select current_setting('statement_timeout') as timeout, current_setting('lock_timeout') as lock,
             (select count(*)::int from pg_prepared_statements) as prepared,
             (select count(*)::int from pg_locks l join pg_database d on d.oid = l.database
              where d.datname = current_database() and l.locktype = 'advisory' and l.classid = 7303283) as locks`;
      expect(row).toEqual({ timeout: '0', lock: '0', prepared: 0, locks: 0 });
      await sql.end();
    });

    it('a name it does not know is a configuration error that says where', async () => {
      const url = new URL(pooler.url);
      url.pathname = '/nowhere';
      const sql = connect({ url: url.href, applicationName: 'opsroom', max: 1 });
      await expect(computePlan({ sql, desired, env, prune: false })).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringContaining('no such database'),
      });
      await sql.end({ timeout: 1 });
    });
  },
);
