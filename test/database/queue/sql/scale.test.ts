import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { listJobs, queueOverview } from '../../../../actions/_shared/queue/admin-statements.ts';
import { enqueueJobs, failJobs } from '../../../../actions/_shared/queue/statements.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { claim, forgetJobs, idsOf } from './queue.ts';

const database = await createTestDatabase(import.meta.url);
const sql = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => forgetJobs(database.sql));

describe('twenty thousand jobs', () => {
  it('are queued in one call, each with options of its own, ids in the order given', async () => {
    const started = performance.now();
    const ids = await enqueueJobs(
      sql,
      Array.from({ length: 20_000 }, (_, n) => ({
        taskType: n % 2 === 0 ? 'even' : 'odd',
        payload: { n, text: `"quoted\\" é ${n}` },
        priority: n % 5,
        maxAttempts: 1 + (n % 7),
        runAt: new Date(Date.now() - n),
      })),
    );
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(new Set(ids).size).toBe(20_000);
    const [wrong] = await database.sql`
      select count(*)::int as count
      from unnest(${`{${ids.join(',')}}`}::text::bigint[]) with ordinality as given (id, position)
      left join ops.queued_jobs q on q.id = given.id
      where (q.payload ->> 'n')::int is distinct from position - 1
         or q.payload ->> 'text' <> '"quoted\\" é ' || (position - 1)
         or q.max_attempts <> 1 + (position - 1) % 7 or q.priority <> (position - 1) % 5`;
    expect(wrong?.count).toBe(0);
  });
});

describe('two hundred thousand jobs', () => {
  it('are claimed by a few index entries, however many wait, are scheduled, paused or held', async () => {
    await database.sql`
      insert into ops.queued_jobs (task_type, priority, run_at)
      select case n % 4 when 0 then 'a' when 1 then 'b' when 2 then 'paused' else 'scheduled' end,
             n % 3, now() + case n % 4 when 3 then interval '1 day' else interval '-1 hour' end
      from generate_series(1, 200000) n`;
    await database.sql`select ops.pause_task_type('paused')`;
    await database.superuser`vacuum (analyze) ops.queued_jobs`;
    await claim(sql, 500, ['a']);
    const before = await blocksOf();
    for (let turn = 0; turn < 20; turn += 1) expect(await claim(sql, 10)).toHaveLength(10);
    for (let turn = 0; turn < 20; turn += 1) expect(await claim(sql, 10, ['b'])).toHaveLength(10);
    expect(await claim(sql, 10, ['scheduled', 'paused'])).toEqual([]);
    const after = await blocksOf();
    // Reading the table once would be two thousand blocks a claim.
    expect(after.seq).toBe(before.seq);
    expect((after.blocks - before.blocks) / 41).toBeLessThan(700);
  });

  async function blocksOf(): Promise<{ seq: number; blocks: number }> {
    await sql`select pg_stat_force_next_flush()`;
    await sql`select 1`;
    const [row] = await database.sql<{ seq: number; blocks: number }[]>`
      select s.seq_scan::int as seq, (io.heap_blks_hit + io.heap_blks_read + io.idx_blks_hit + io.idx_blks_read)::int as blocks
      from pg_stat_user_tables s join pg_statio_user_tables io using (relid)
      where s.relid = 'ops.queued_jobs'::regclass`;
    return row ?? { seq: Number.NaN, blocks: Number.NaN };
  }
});

describe('what people see', () => {
  it('is listed newest first, by status and type, page by page', async () => {
    const ids = await enqueueJobs(
      sql,
      Array.from({ length: 25 }, (_, n) => ({ taskType: n % 2 === 0 ? 'a' : 'b' })),
    );
    const running = await claim(sql, 3, ['a']);
    await failJobs(sql, running[0]?.leaseToken ?? 0, [{ id: running[0]?.id ?? 0, error: 'x', final: true }]);
    const seen: number[] = [];
    for (let beforeId: number | undefined; ; beforeId = seen.at(-1)) {
      const page = await listJobs(sql, { limit: 10, beforeId });
      if (page.length === 0) break;
      seen.push(...idsOf(page));
    }
    expect(seen).toEqual([...ids].reverse());
    expect(idsOf(await listJobs(sql, { limit: 10, status: 'running' })).sort()).toEqual(
      idsOf(running.slice(1)).sort(),
    );
    expect(idsOf(await listJobs(sql, { limit: 10, status: 'failed' }))).toEqual([running[0]?.id]);
    expect(await listJobs(sql, { limit: 50, status: 'pending', taskType: 'b' })).toHaveLength(12);
  });

  it('is counted in one call', async () => {
    await enqueueJobs(sql, [
      { taskType: 'a' },
      { taskType: 'a' },
      { taskType: 'b', runAt: new Date('2100-01-01') },
    ]);
    await claim(sql, 1);
    const { types, leases } = await queueOverview(sql);
    expect(types).toMatchObject([
      { task_type: 'a', pending: 1, due: 1, running: 1 },
      { task_type: 'b', pending: 1, due: 0, running: 0, oldest_due_seconds: null },
    ]);
    expect(leases).toMatchObject([{ worker: 'w', open_jobs: 1 }]);
  });
});
