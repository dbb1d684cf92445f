import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(import.meta.url);
});
afterAll(() => database.drop());

test('only work that succeeded longer ago than asked is forgotten, oldest first and never more than a batch', async () => {
  const { sql } = database;
  await sql`
    insert into ops.queued_jobs (task_type, status, created_at, finished_at)
    select 'sweep', status, now() - make_interval(days => days),
           case when status in ('succeeded', 'failed', 'cancelled') then now() - make_interval(days => days) end
    from (values ('succeeded', 13), ('succeeded', 15), ('succeeded', 16), ('succeeded', 17),
                 ('failed', 40), ('pending', 40), ('cancelled', 40)) as work (status, days)`;

  const [first] = await sql`select ops.prune_job_queue('14 days', 2) as deleted`;
  expect(first?.deleted).toBe(2);
  const [oldest] =
    await sql`select min(finished_at) > now() - interval '15 days 1 hour' as kept from ops.job_queue where status = 'succeeded'`;
  expect(oldest?.kept).toBe(true);

  const [second] = await sql`select ops.prune_job_queue('14 days', 2) as deleted`;
  const [third] = await sql`select ops.prune_job_queue('14 days', 2) as deleted`;
  expect([second?.deleted, third?.deleted]).toEqual([1, 0]);
  const left = await sql`select status from ops.job_queue order by status`;
  expect(left.map((row) => row.status)).toEqual(['cancelled', 'failed', 'pending', 'succeeded']);
});
