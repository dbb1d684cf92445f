/** The real health.yml: what is wrong becomes one issue, and everything that can happen to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../../local/workflows/engine/session.ts';
import { passTime } from '../database/alerts/pass-time.ts';
import { declareJob, sqlCall } from '../database/ops/jobs.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  jobOf,
  logOf,
  startWorkflowWorld,
  visibleOf,
  type WorkflowWorld,
} from '../support/workflow-world.ts';
import { withoutDeclarations } from './permissions/scenario.ts';

const job = 'tidy_orders';
const CANARY = 'canary-token-0123456789abcdef';

let world: WorkflowWorld;
let staging: TestDatabase;

beforeAll(async () => {
  staging = await createTestDatabase(import.meta.url);
  world = await startWorkflowWorld({
    file: import.meta.url,
    files: withoutDeclarations(),
    secrets: { SUPABASE_ACCESS_TOKEN: CANARY },
    environmentSecrets: { 'staging-watch': { OPS_STAGING_DATABASE_URL: staging.url } },
  });
  const { sql } = world.database;
  await sql`create schema shop`;
  await sql`create table shop.orders (id int)`;
  await declareJob(sql, job, { owner: '@bob', call: sqlCall('select count(*) from shop.orders') });
}, 120_000);

afterAll(async () => {
  await world.stop();
  await staging.drop();
});

function health(): Promise<RunView> {
  return world.dispatch('health.yml', { environment: 'production' });
}

const unknown = { number: 2, title: 'production: unknown, the database cannot be reached' };

async function letNobodyIn(yes: boolean): Promise<void> {
  const { superuser, name } = world.database;
  await superuser.unsafe(`alter database ${name} connection limit ${yes ? 0 : -1}`);
}

function issues() {
  return [...world.github.store.issues.values()];
}

function commentsOf(issue: number): string[] {
  return [...world.github.store.comments.values()]
    .filter((comment) => comment.issue === issue)
    .map(({ body }) => body);
}

async function fire(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await world.database.sql`select ops.fire_now(${job}, 'alice')`;
  await world.database.sql`select ops.collect()`;
}

describe('health.yml', { timeout: 120_000 }, () => {
  it('looks at every environment when its time comes round', async () => {
    await fire(3);
    const [run] = await world.tick('health.yml');
    expect(run?.conclusion, logOf(run)).toBe('success');
    expect(run?.jobs.map(({ name }) => name).sort()).toEqual(['health (production)', 'health (staging)']);
    expect(issues()).toEqual([]);
  });

  it('opens one issue for a job that fails, with the evidence and its last runs', async () => {
    await world.database.sql`alter table shop.orders rename to orders_old`;
    await fire(2);
    const run = await health();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(issues()).toMatchObject([{ number: 1, state: 'open', assignees: ['bob'] }]);
    const { body, labels } = issues()[0] ?? {};
    expect(labels).toEqual(expect.arrayContaining(['ops-alert', 'env:production', 'severity:warning']));
    expect(body).toContain('relation "shop.orders" does not exist');
    expect(body).toContain('`sql_error`');
    expect(body).toMatch(/`[▁▂▃▄▅▆▇█]{3}××` last 5 runs/);
    expect(jobOf(run).summary).toContain(`/issues/1)`);
    expect(jobOf(run).summary).toContain(job);
  });

  it('says who took it with /ack, and writes nothing more while nothing changes', async () => {
    const [answer] = await world.after(() => world.bob.comment(1, '/ack on it'));
    expect(answer?.conclusion, logOf(answer)).toBe('success');
    expect(commentsOf(1).at(-1)).toContain('Acknowledged: quiet until it is over or gets worse.');
    await health();
    expect(issues()[0]?.labels).toContain('state:acknowledged');
    expect(issues()[0]?.body).toContain('Acknowledged by bob');
    const before = world.github.calls.length;
    await fire(1);
    await health();
    const calls = world.github.calls.slice(before).map(({ operation }) => operation);
    expect(calls.filter((operation) => /^issues\//.test(operation))).toEqual(['issues/list-for-repo']);
  });

  it('closes it by itself when the job succeeds, and reopens the same one when it fails again', async () => {
    await world.database.sql`alter table shop.orders_old rename to orders`;
    await fire(1);
    await health();
    expect(issues()).toMatchObject([{ state: 'closed', stateReason: 'completed' }]);

    await world.database.sql`alter table shop.orders rename to orders_old`;
    await fire(1);
    await passTime(world.database.sql, '1 hour');
    await health();
    expect(issues()).toMatchObject([{ number: 1, state: 'open', stateReason: 'reopened' }]);
    expect(issues()[0]?.labels).not.toContain('state:acknowledged');
  });

  it('takes a closed issue for an answer', async () => {
    await world.after(() => world.bob.closeIssue(1));
    await health();
    const [alert] = await world.database
      .sql`select status, acknowledged_by from ops.alerts where resolved_at is null`;
    expect(alert).toEqual({ status: 'acknowledged', acknowledged_by: 'bob' });
    expect(issues()).toMatchObject([{ state: 'closed' }]);
  });

  it('says unknown in one issue while the database is away, and touches no other', async () => {
    const before = issues().map(({ number, state, body }) => ({ number, state, body }));
    await letNobodyIn(true);
    const lost = await health();
    expect(lost.conclusion).toBe('failure');
    expect(issues().map(({ number, state, body }) => ({ number, state, body }))[0]).toEqual(before[0]);
    expect(issues()[1]).toMatchObject({ ...unknown, state: 'open' });
    expect(issues()[1]?.body).toContain('The server has no connection left');
  });

  it('answers people while the database is away: it can be taken, and nothing else can be done', async () => {
    const [refused] = await world.after(() => world.bob.comment(1, '/resolve'));
    expect(refused?.conclusion).toBe('failure');
    expect(commentsOf(1).at(-1)).toContain(
      'Nothing was done: the database of **production** cannot be reached',
    );

    const runs = await world.after(() => world.bob.comment(2, '/ack looking'));
    expect(runs[0]?.conclusion, logOf(runs[0])).toBe('success');
    expect(commentsOf(2)).toEqual([
      '/ack looking',
      expect.stringContaining('Acknowledged: this stays closed until'),
    ]);
    await health();
    expect(issues()).toHaveLength(2);
    expect(issues()[1]).toMatchObject({ ...unknown, state: 'closed' });
  });

  it('closes it by itself when the database answers, and reopens the same one when it is lost again', async () => {
    await world.after(() => world.bob.reopenIssue(2));
    await letNobodyIn(false);
    const back = await health();
    expect(back.conclusion, logOf(back)).toBe('success');
    expect(issues()[1]).toMatchObject({ ...unknown, state: 'closed', stateReason: 'completed' });
    expect(commentsOf(2).at(-1)).toContain('The database answers again');

    await letNobodyIn(true);
    await health();
    await letNobodyIn(false);
    expect(issues()).toHaveLength(2);
    expect(issues()[1]).toMatchObject({ ...unknown, state: 'open' });
    await health();
    expect(issues()[1]).toMatchObject({ state: 'closed' });
  });

  it('is missed by the database, and shows that it was when it comes back', async () => {
    const { sql } = world.database;
    await passTime(sql, '2 hours');
    await sql`select ops.watch_watchers()`;
    await health();
    const missed = { title: 'production: The workflow health does not come by any more' };
    expect(issues().at(-1)).toMatchObject({ ...missed, state: 'open' });
    await sql`select ops.watch_watchers()`;
    await health();
    expect(issues().at(-1)).toMatchObject({ ...missed, state: 'closed' });
  });

  it('makes one issue of 300 alerts at once, with twelve writes at most', async () => {
    const { sql } = world.database;
    const before = { calls: world.github.calls.length, issues: issues().length };
    await sql`
      select ops.raise_alerts(jsonb_agg(jsonb_build_object(
        'kind', 'job_failing', 'dedupe_key', 'job:storm_' || n, 'severity', 'warning', 'title', 'Job storm_' || n || ' fails')))
      from generate_series(1, 300) n`;
    const run = await health();
    expect(run.conclusion, logOf(run)).toBe('success');
    const storm = issues().slice(before.issues);
    expect(storm).toMatchObject([{ state: 'open', title: 'production: 300 alerts at once' }]);
    expect(storm[0]?.body).toContain('**300 of 300 still there**');
    const writes = world.github.calls.slice(before.calls).filter(({ method }) => method !== 'GET');
    expect(writes.length).toBeLessThanOrEqual(12);

    await sql`select ops.resolve_all_alerts('job_failing', 'bob')`;
    await health();
    expect(issues().at(-1)).toMatchObject({ state: 'closed' });
  });

  it('shows no secret value, and asks GitHub for nothing it does not know', async () => {
    const seen = [visibleOf(world.engine.runs), ...issues().map(({ body }) => body ?? '')].join('\n');
    for (const secret of [CANARY, world.database.url, new URL(world.database.url).password]) {
      expect(seen).not.toContain(secret);
    }
    expect(world.github.violations).toEqual([]);
  });
});
