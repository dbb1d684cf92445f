import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { bareDatabase } from '../../../support/database.ts';

const database = await bareDatabase(import.meta.url);
afterAll(() => database.drop());

test('work queued before the queue was rebuilt is still there, and its runs know it', async () => {
  const { sql } = database;
  const folder = new URL('../../../../migrations/', import.meta.url);
  const files = readdirSync(folder).sort();
  const apply = async (wanted: readonly string[]): Promise<void> => {
    for (const file of wanted)
      await sql.begin((transaction) =>
        transaction.unsafe(readFileSync(new URL(file, folder), 'utf8')).simple(),
      );
  };
  await apply(files.filter((file) => file < '20261121020100'));
  await sql`
    insert into ops.job_queue (task_type, payload, status, attempts, last_error, run_id, created_at)
    values ('first', '{"a":1}', 'pending', 0, null, 7, '2026-01-01'),
           ('second', '{}', 'running', 2, 'halfway', null, '2026-01-02'),
           ('third', '{}', 'failed', 5, 'boom', null, '2026-01-03')`;
  await sql`
    insert into ops.cron_runs (id, job, scheduled_for, trigger, status, call_kind, result)
    overriding system value
    select 7, 'nightly', now(), 'schedule', 'fired', 'enqueue', jsonb_build_object('queue_id', q.id)
    from ops.job_queue q where q.run_id = 7`;
  await apply(files.filter((file) => file >= '20261121020100' && file < '20261121020200'));
  const rows = await sql`
    select id::int, task_type, payload, status, attempts, last_error, finished_at is not null as ended
    from ops.job_queue order by id`;
  expect([...rows]).toEqual([
    {
      id: 1,
      task_type: 'first',
      payload: { a: 1 },
      status: 'pending',
      attempts: 0,
      last_error: null,
      ended: false,
    },
    // Nobody can have run it: there was no worker yet.
    {
      id: 2,
      task_type: 'second',
      payload: {},
      status: 'pending',
      attempts: 2,
      last_error: 'halfway',
      ended: false,
    },
    {
      id: 3,
      task_type: 'third',
      payload: {},
      status: 'failed',
      attempts: 5,
      last_error: 'boom',
      ended: true,
    },
  ]);
  const [run] = await sql`select result ->> 'queue_id' as id from ops.cron_runs where id = 7`;
  expect(run?.id).toBe('1');
  const claimed = await sql`select task_type from ops.claim_jobs('w', 10)`;
  expect(claimed.map((row) => row.task_type).sort()).toEqual(['first', 'second']);
});
