import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { forgetEverything } from '../ops/jobs.ts';
import { checkFiles, look, only, summary } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, superuser } = database;
afterAll(() => database.drop());

const now = new Date('2030-03-07T12:34:30Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);

beforeEach(async () => {
  await forgetEverything(sql);
  await sql`truncate ops.job_types`;
});

describe('the queue', () => {
  const files = checkFiles({
    queue: [
      'queue:',
      '  depth: { warning: 10, critical: 30 }',
      '  oldest: { warning: 10m, critical: 1h }',
      '  dead_letters: { warning: 1, critical: 3 }',
      '  paused: 30m',
    ].join('\n'),
  });
  const queue = (type: string, count: number, minutes: number): Promise<unknown> =>
    sql`insert into ops.queued_jobs (task_type, run_at) select ${type}, ${ago(minutes)} from generate_series(1, ${count}) i`;

  it.each([
    [9, 1, []],
    [10, 1, ['queue/sync: warning queue_deep']],
    [30, 1, ['queue/sync: critical queue_deep']],
    [1, 11, ['queue/sync: warning queue_old']],
    [1, 61, ['queue/sync: critical queue_old']],
    [12, 70, ['queue/sync: critical queue_old']],
    [50, -5, []],
  ])('of %i jobs that wait %i minutes says %j', async (count, minutes, expected) => {
    await queue('sync', count, minutes);
    expect(summary(await look(files, { sql, now }))).toEqual(expected);
  });

  it('does not count what runs, what waits for its turn, or what has ended', async () => {
    await queue('sync', 12, 1);
    expect(summary(await look(files, { sql, now }))).toEqual(['queue/sync: warning queue_deep']);

    await sql`insert into ops.job_leases (worker, expires_at, held)
      select 'w', ${now}, range_agg(int8range(q.id, q.id, '[]')) from (select id from ops.queued_jobs limit 2) q`;
    expect(summary(await look(files, { sql, now }))).toEqual(['queue/sync: warning queue_deep']);
    await sql`update ops.queued_jobs set status = 'succeeded', finished_at = ${now} where id = (select max(id) from ops.queued_jobs)`;
    expect(summary(await look(files, { sql, now }))).toEqual([]);
  });

  it('has dead letters of its time, with the last error and no token in it', async () => {
    await sql`insert into ops.queued_jobs (task_type, status, finished_at, last_error, attempts)
      values ('mail', 'failed', ${ago(5)}, 'refused: Bearer abcdef0123456789', 5), ('mail', 'failed', ${ago(9000)}, 'old', 5)`;

    const { finding, severity } = only(await look(files, { sql, now }));

    expect(severity).toBe('warning');
    expect(finding).toMatchObject({
      name: 'queue_dead_letters',
      detail: '1 job of type mail failed for good within 1d; the last one: refused: Bearer [redacted]',
      evidence: { dead_letters: 1 },
    });
    await sql`select ops.retry_job_now(id) from ops.queued_jobs where finished_at = ${ago(5)}`;
    await sql`update ops.queued_jobs set run_at = ${now} where status = 'pending'`;
    expect(summary(await look(files, { sql, now }))).toEqual([]);
  });

  it('paused and forgotten is said once work waits, and then nothing else is', async () => {
    await sql`insert into ops.job_types (task_type, paused, updated_at) values ('sync', true, ${ago(45)})`;
    expect(summary(await look(files, { sql, now }))).toEqual([]);
    await queue('sync', 40, 70);

    expect(only(await look(files, { sql, now })).finding).toMatchObject({
      name: 'queue_paused',
      remediation: '`opsroom jobs resume sync` lets them run.',
    });
    await sql`select ops.resume_task_type('sync')`;
    expect(summary(await look(files, { sql, now }))).toEqual(['queue/sync: critical queue_old']);
  });

  it('is looked at type by type', async () => {
    await queue('a_sync', 40, 1);
    await queue('b_sync', 40, 1);
    const some = checkFiles({ some: 'queue: { task_types: ["*_sync"], except: ["b*"], depth: 5 }' });

    expect(summary(await look(some, { sql, now }))).toEqual(['some/a_sync: warning queue_deep']);
  });
});

describe('pg_net', () => {
  const files = checkFiles({ net: 'pg_net: {}' });
  const request = (count: number, url = 'https://project.example/functions/v1/sync'): Promise<unknown> =>
    sql`insert into net.http_request_queue (method, url, timeout_milliseconds)
      select 'POST', ${url}, 5000 from generate_series(1, ${count}) i`;
  const answer = (
    count: number,
    what: { status?: number; error?: string; timedOut?: boolean; minutes?: number },
  ) =>
    sql`insert into net._http_response (id, status_code, error_msg, timed_out, created)
      select i, ${what.status ?? null}, ${what.error ?? null}, ${what.timedOut ?? false}, ${ago(what.minutes ?? 1)}
      from generate_series(1, ${count}) i`;
  const withWorker = async <T>(work: () => Promise<T>): Promise<T> => {
    const worker = database.as('postgres');
    await worker`select set_config('application_name', 'pg_net 0.20.4', false)`;
    try {
      return await work();
    } finally {
      await worker.end();
    }
  };

  it('whose worker is gone says so with the remedy, and is well with a worker', async () => {
    await request(3);

    const result = only(await look(files, { sql, now }));

    expect(result).toMatchObject({
      object: 'worker',
      severity: 'critical',
      finding: {
        name: 'pg_net_worker_down',
        detail: 'No process of pg_net runs in this database; 3 requests wait.',
        remediation: expect.stringContaining('select net.worker_restart()'),
      },
    });
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([]);
  });

  it('knows how old the queue is at least, from what was asked or answered after its oldest request', async () => {
    await request(5);
    const [first] = await sql`select min(id) as id from net.http_request_queue`;
    await sql`insert into ops.crash_epoch default values`;
    const [run] =
      await sql`insert into ops.cron_runs (job, scheduled_for, trigger, status) values ('sync', ${ago(3)}, 'schedule', 'fired') returning id`;
    await sql`insert into ops.cron_attempts (run_id, attempt, request_id, epoch, awaiting_response, fired_at)
      select ${run?.id}, 1, ${Number(first?.id) + 2}, epoch, true, ${ago(3)} from ops.crash_epoch`;

    const pass = await withWorker(() => look(files, { sql, now }));
    expect(summary(pass)).toEqual(['net/queue: warning pg_net_queue_old']);
    expect(pass.results[0]?.finding.detail).toBe('5 requests wait, the oldest for 3m at least.');

    await sql`insert into net._http_response (id, status_code, created) values (${Number(first?.id) + 1}, 200, ${ago(6)})`;
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([
      'net/queue: critical pg_net_queue_old',
    ]);
    await sql`delete from net.http_request_queue`;
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([]);
  });

  it('with a long queue and nothing to tell its age by is unknown, not well', async () => {
    await request(200);

    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([
      'net/queue: unknown cannot_evaluate',
    ]);
    await sql`delete from net.http_request_queue where id in (select id from net.http_request_queue limit 1)`;
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([]);
  });

  it.each([
    ['Out of memory', { error: 'Out of memory' }, 1, 'critical pg_net_out_of_memory', 'begins with https://'],
    [
      'an address without a scheme',
      { error: 'invalid URL "project.example": Bad scheme' },
      1,
      'critical pg_net_bad_url',
      'begins with https://',
    ],
    [
      'timeouts',
      { error: 'Timeout of 5000 ms reached', timedOut: true },
      30,
      'critical pg_net_failures',
      'Raise the timeout',
    ],
    ['refusals', { status: 401 }, 30, 'critical pg_net_failures', 'token and the address'],
    ['server errors', { status: 503 }, 30, 'critical pg_net_failures', 'logs of the functions'],
    [
      'names that are not known',
      { error: "Couldn't resolve host name" },
      30,
      'critical pg_net_failures',
      'a name that is not known',
    ],
    ['redirects', { status: 301 }, 30, 'critical pg_net_failures', 'does not follow redirects'],
  ])('names the cause of %s', async (_what, how, count, expected, remedy) => {
    await answer(count, how);

    const pass = await withWorker(() => look(files, { sql, now }));

    expect(summary(pass)).toEqual([`net/answers: ${expected}`]);
    expect(pass.results[0]?.finding.remediation).toContain(remedy);
    expect(JSON.stringify(pass)).not.toContain('https://project.example');
    await sql`truncate net._http_response`;
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([]);
  });

  it('by shares: few failures, few answers and old ones say nothing', async () => {
    await answer(19, { status: 500 });
    await answer(40, { status: 500, minutes: 90 });
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([]);

    await answer(57, { status: 200 });
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([
      'net/answers: warning pg_net_failures',
    ]);
    await answer(1, { status: 200 });
    expect(summary(await withWorker(() => look(files, { sql, now })))).toEqual([]);
  });

  it('that is not installed is unknown', async () => {
    await superuser`alter schema net rename to net_away`;
    const pass = await look(files, { sql, now });
    await superuser`alter schema net_away rename to net`;

    expect(pass.evaluated).toEqual([]);
    expect(only(pass).finding.detail).toContain('pg_net is not installed here');
  });

  it('shows nothing of what waits in its queue', async () => {
    await sql`insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
      values ('GET', 'project.example/canary-in-the-url', '{"authorization": "canary-in-a-header"}', 1)`;
    await answer(30, { error: 'failed for https://user:canary-password@host.example/canary-path?x=1' });

    const pass = await look(files, { sql, now });

    expect(pass.results.length).toBe(2);
    expect(JSON.stringify(pass)).not.toMatch(/canary/);
  });
});
