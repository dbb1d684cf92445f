import { createServer, connect as dial, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../../actions/_shared/database/connect.ts';
import type { DesiredJob } from '../../../actions/_shared/declare/model.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../../../actions/_shared/reconcile/plan.ts';
import type { TestDatabase } from '../../support/database.ts';
import { desiredState, fleet, secret } from './desired.ts';
import { emptyDatabase } from './empty-database.ts';

let database: TestDatabase;
let counter: { readonly server: Server; readonly count: () => number; readonly url: string };
beforeAll(async () => {
  database = await emptyDatabase(import.meta.url);
  counter = await countingFront(database.url);
});
afterAll(async () => {
  counter.server.close();
  await database.drop();
});

/** A TCP front that counts how often the server finished answering: one `ready for query` is one round trip. */
async function countingFront(url: string): Promise<typeof counter> {
  const target = new URL(url);
  const port = Number(target.port);
  let answers = 0;
  const server = createServer((client) => {
    const upstream = dial(port, target.hostname);
    let rest = Buffer.alloc(0);
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5) {
        const length = 1 + rest.readInt32BE(1);
        if (rest.length < length) break;
        if (rest[0] === 'Z'.charCodeAt(0)) answers += 1;
        rest = rest.subarray(length);
      }
      client.write(chunk);
    });
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  target.port = String(address.port);
  return { server, count: () => answers, url: target.href };
}

it('plan and apply take the same number of round trips for 10 jobs as for 1,000', async () => {
  const sql = connect({ url: counter.url, applicationName: 'opsroom', max: 1 });
  const env = { TEST_PROJECT_URL: 'https://example.test' };
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    const before = counter.count();
    await work();
    return counter.count() - before;
  };
  const measure = async (jobs: readonly DesiredJob[]): Promise<Record<string, number>> => {
    const options = { sql, env, actor: { name: 'test' }, allowDeletes: 10_000 };
    const desired = desiredState({ secrets: [secret('project_url')], jobs });
    const asleep = {
      ...desired,
      jobs: jobs.map((one) => ({ ...one, cron: { ...one.cron, active: false } })),
    };
    const nothing = { ...desired, jobs: [] };
    return {
      'plan of new jobs': await cost(() => computePlan({ ...options, desired, prune: false })),
      'apply new jobs': await cost(() => applyPlan({ ...options, desired, prune: false })),
      'plan unchanged': await cost(() => computePlan({ ...options, desired, prune: false })),
      'alter all': await cost(() => applyPlan({ ...options, desired: asleep, prune: false })),
      'delete all': await cost(() => applyPlan({ ...options, desired: nothing, prune: true })),
      'create asleep': await cost(() => applyPlan({ ...options, desired: asleep, prune: false })),
    };
  };
  await applyPlan({
    sql,
    env,
    desired: desiredState({ secrets: [secret('project_url')] }),
    prune: false,
    actor: { name: 'test' },
  });
  const ten = await measure(fleet(10));
  await applyPlan({
    sql,
    env,
    desired: desiredState({ secrets: [secret('project_url')] }),
    prune: true,
    allowDeletes: 10,
    actor: { name: 'test' },
  });
  const thousand = await measure(fleet(1000));
  await sql.end();
  expect(thousand).toEqual(ten);
  expect(Math.max(...Object.values(ten))).toBeLessThan(25);
});
