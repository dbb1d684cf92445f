import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SyncAnswer } from '../../../functions/_shared/contracts/sync.ts';
import { sync } from '../../../functions/sync/handler.ts';
import { type PlayedActivity, startGamePlatform } from '../../../local/upstreams/game-platform.ts';
import type { Upstream } from '../../../local/upstreams/serve-json.ts';
import { post, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const token = 't'.repeat(40);
const played = new Map<string, PlayedActivity[]>();
let asked: string[] = [];
let broken: Record<string, number> = {};
let platform: Upstream;

beforeEach(async () => {
  await sql`truncate ops.competitors, ops.competitor_activities`;
  await sql`
    insert into ops.competitors (external_id, coach_id)
    values ('ada', 'coach-1'), ('bob', 'coach-2'), ('cyd', 'coach-2')`;
  played.clear();
  played.set('ada', [play('a1', 100), play('a2', 200)]);
  played.set('bob', [play('b1', 150)]);
  asked = [];
  broken = {};
  platform = await startGamePlatform({
    token: 'platform-token',
    played: (who) => played.get(who) ?? [],
    status: (who) => broken[who],
    // One activity a page, so that paging is seen.
    pageSize: 1,
    onRequest: (line) => asked.push(line),
  });
});
afterEach(() => platform.close());

function play(id: string, at: number): PlayedActivity {
  return { id, kind: 'solve', points: 10, occurred_at_unix: at };
}

async function call(body: unknown) {
  const handle = sync(
    fixture.dependencies({
      OPSROOM_JOB_TOKEN: token,
      GAME_PLATFORM_URL: platform.url,
      GAME_PLATFORM_TOKEN: 'platform-token',
    }),
  );
  const response = await handle(post(body, { 'x-job-token': token }));
  return { status: response.status, answer: SyncAnswer.parse(await response.json()) };
}

const competitor = async (externalId: string) =>
  (await sql`select * from ops.competitors where external_id = ${externalId}`)[0];

describe('sync', () => {
  it('pulls everything once, then only what came after, and marks whose totals went stale', async () => {
    const first = await call({});
    played.get('bob')?.push(play('b2', 300));
    asked = [];
    const second = await call({ mode: 'incremental' });

    expect(first).toMatchObject({ status: 200, answer: { processed: 3, failed: 0, remaining: 0, fresh: 3 } });
    expect(second.answer).toMatchObject({ processed: 3, fresh: 1 });
    expect(asked.sort()).toEqual(['activities ada 200', 'activities bob 150', 'activities cyd 0']);
    expect(await competitor('bob')).toMatchObject({ after_time_unix: '300', needs_totals_refresh: true });
    expect(await competitor('cyd')).toMatchObject({ needs_totals_refresh: false });
  });

  it('fetches the totals of those marked, and unmarks them', async () => {
    await call({});
    asked = [];
    const sweep = await call({ mode: 'totals_sweep' });
    const again = await call({ mode: 'totals_sweep' });

    expect([sweep.answer.processed, again.answer.processed]).toEqual([2, 0]);
    expect(asked.sort()).toEqual(['totals ada', 'totals bob']);
    expect(await competitor('ada')).toMatchObject({ totals: { points: 20 }, needs_totals_refresh: false });
  });

  it('keeps the mark of totals that new activity overtook', async () => {
    await call({});
    const [bob] = await sql`select id from ops.competitors where external_id = 'bob'`;
    await sql`select ops.record_competitor_activity(${bob?.id}, '[]', 999)`;
    await sql`select ops.record_competitor_totals(${bob?.id}, '{"points": 10}', 150)`;

    expect(await competitor('bob')).toMatchObject({ needs_totals_refresh: true, totals: { points: 10 } });
  });

  it('pulls from the beginning in full mode without counting anything twice', async () => {
    await call({});
    const full = await call({ mode: 'full' });

    expect(full.answer).toMatchObject({ processed: 3, fresh: 0 });
    expect(await sql`select * from ops.competitor_activities`).toHaveLength(3);
  });

  it('looks at one coach only', async () => {
    const { answer } = await call({ coachId: 'coach-1' });
    expect(answer.processed).toBe(1);
    expect(asked).not.toEqual([]);
    expect(asked.filter((line) => !line.includes(' ada '))).toEqual([]);
  });

  it('writes nothing in a dry run', async () => {
    const { answer } = await call({ dryRun: true });
    expect(answer).toMatchObject({ processed: 3, fresh: 3, remaining: 0 });
    expect(await competitor('ada')).toMatchObject({ after_time_unix: '0', synced_at: null });
  });

  it('goes on past a competitor that fails, and asks again next time', async () => {
    broken = { ada: 500 };
    const { answer } = await call({});
    broken = {};
    await call({});

    expect(answer).toMatchObject({ processed: 3, failed: 1 });
    expect(await competitor('ada')).toMatchObject({ after_time_unix: '200', last_error: null });
  });

  it('stops when asked to slow down and says how many are left', async () => {
    broken = { ada: 429, bob: 429, cyd: 429 };
    const { answer } = await call({});
    expect(answer).toMatchObject({ processed: 0, slowed: true, remaining: 3 });
  });
});
