import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import {
  activeAlerts,
  declareJob,
  fire,
  forgetEverything,
  lastRequest,
  onlyRun,
  requestsOf,
  runsOf,
  sqlCall,
} from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

describe('a slot', () => {
  it('runs once, however often it is fired', async () => {
    await declareJob(sql, 'sync');
    expect(await fire(sql, 'sync', '2027-01-01T10:00:03Z')).toMatch(/^fired \d+$/);
    expect(await fire(sql, 'sync', '2027-01-01T10:00:40Z')).toBe('not due');
    const run = await onlyRun(sql, 'sync');
    expect(run).toMatchObject({ status: 'fired', trigger: 'schedule', attempt: 1 });
    expect(run.scheduled_for.toISOString()).toBe('2027-01-01T10:00:00.000Z');
  });

  it('runs once when fifty sessions fire it at the same moment', async () => {
    await declareJob(sql, 'crowd', { call: sqlCall('select pg_sleep(0.05)') });
    const sessions = Array.from({ length: 50 }, () => database.as('postgres'));
    await Promise.all(sessions.map((session) => session`select 1`));
    const words = await Promise.all(
      sessions.map(async (session) => {
        const [row] = await session<
          { word: string }[]
        >`select ops.fire('crowd', '2027-01-01T10:00:01Z') as word`;
        return row?.word;
      }),
    );
    await Promise.all(sessions.map((session) => session.end()));
    expect(words.filter((word) => word?.startsWith('succeeded'))).toHaveLength(1);
    expect(words.filter((word) => word === 'not due')).toHaveLength(49);
    expect(await runsOf(sql, 'crowd')).toHaveLength(1);
  });

  it('belongs to the latest due minute when the scheduler is late', async () => {
    await declareJob(sql, 'hourly', { schedule: '15 * * * *' });
    await fire(sql, 'hourly', '2027-01-01T10:37:00Z');
    expect((await onlyRun(sql, 'hourly')).scheduled_for.toISOString()).toBe('2027-01-01T10:15:00.000Z');
    expect(await fire(sql, 'hourly', '2027-01-01T10:38:00Z')).toBe('not due');
  });

  it('does not reach back to before the job was declared', async () => {
    await declareJob(sql, 'young', { schedule: '15 * * * *' });
    await sql`update ops.job_definitions set created_at = '2027-01-01T10:20:00Z' where name = 'young'`;
    expect(await fire(sql, 'young', '2027-01-01T10:37:00Z')).toBe('not due');
  });

  it('in a time zone ignores the ticks of the other half of the year', async () => {
    await declareJob(sql, 'zoned', { schedule: '30 2 * * *', timezone: 'America/New_York' });
    expect(await fire(sql, 'zoned', '2027-07-01T07:30:00Z')).toBe('not due');
    expect(await fire(sql, 'zoned', '2027-07-02T06:30:00Z')).toMatch(/^fired/);
    expect(await fire(sql, 'zoned', '2027-12-01T06:30:00Z')).toBe('not due');
  });

  it('of an interval job is the second it fires in', async () => {
    await declareJob(sql, 'often', { schedule: '10 seconds', overlap: 'allow' });
    expect(await fire(sql, 'often', '2027-01-01T10:00:03.25Z')).toMatch(/^fired/);
    expect(await fire(sql, 'often', '2027-01-01T10:00:13.75Z')).toMatch(/^fired/);
    expect(await runsOf(sql, 'often')).toHaveLength(2);
  });
});

describe('a definition', () => {
  it('that is missing is a failed run and an alert, not an exception', async () => {
    expect(await fire(sql, 'ghost', '2027-01-01T10:00:00Z')).toMatch(/^failed \d+ definition_missing:ghost$/);
    expect(await activeAlerts(sql)).toMatchObject({ 'job:ghost': { kind: 'job_failed' } });
  });

  it.each([
    ['no schedule', { call: sqlCall('select 1') }],
    [
      'a time zone Postgres does not know',
      { schedule: { kind: 'cron', timezone: 'Mars/Olympus', match: {} }, call: {} },
    ],
    [
      'half a schedule',
      { schedule: { kind: 'cron', match: { minutes_low: 1073741823, minutes_high: 1073741823 } }, call: {} },
    ],
    ['a call of no kind', { schedule: { kind: 'interval' }, call: { kind: 'telepathy' } }],
    [
      'a timeout that is no number',
      { schedule: { kind: 'interval' }, call: { kind: 'http', url: 'https://a.b', timeout_ms: 'soon' } },
    ],
    [
      'authentication of no kind',
      {
        schedule: { kind: 'interval' },
        call: { kind: 'http', url: 'https://a.b', timeout_ms: 1, auth: [{ kind: 'x', secret: 's' }] },
      },
    ],
  ])('with %s is a failed run', async (_, definition) => {
    await sql`insert into ops.job_definitions (name, definition, digest) values ('odd', ${sql.json(JSON.parse(JSON.stringify(definition)))}, 'd')`;
    await sql`select vault.create_secret('long enough', 's') where not exists (select from vault.secrets where name = 's')`;
    expect(await fire(sql, 'odd', '2027-01-01T10:00:00Z')).toMatch(/^failed \d+ definition_invalid/);
    expect(await onlyRun(sql, 'odd')).toMatchObject({ status: 'failed', error_code: 'definition_invalid' });
    expect(await requestsOf(sql, 'odd')).toHaveLength(0);
  });
});

describe('queued work', () => {
  it('is queued in the transaction of the run, which has then succeeded', async () => {
    await declareJob(sql, 'work', {
      call: { kind: 'enqueue', task_type: 'sync', payload: { a: 1 }, max_attempts: 3, await_report: false },
    });
    expect(await fire(sql, 'work', '2027-01-01T10:00:00Z')).toMatch(/^succeeded/);
    const run = await onlyRun(sql, 'work');
    const [queued] = await sql`select task_type, payload, max_attempts, status, run_id from ops.job_queue`;
    expect(queued).toEqual({
      task_type: 'sync',
      payload: { a: 1 },
      max_attempts: 3,
      status: 'pending',
      run_id: run.id,
    });
  });

  it('can be queued by hand', async () => {
    const [row] = await sql<{ id: string }[]>`select ops.enqueue_job('by_hand', '{"b":2}') as id`;
    expect(row?.id).toMatch(/^\d+$/);
  });
});

describe('a request', () => {
  it('carries who it is for, a key for its slot, and a token of its own', async () => {
    await declareJob(sql, 'sync');
    await fire(sql, 'sync', '2027-01-01T10:00:03Z');
    const run = await onlyRun(sql, 'sync');
    const request = await lastRequest(sql, 'sync');
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://project.example/functions/v1/sync',
      body: '{}',
      timeout_milliseconds: 5000,
    });
    expect(request.headers).toEqual({
      'Content-Type': 'application/json',
      'Idempotency-Key': 'sync/2027-01-01T10:00:00Z',
      'x-ops-job': 'sync',
      'x-ops-run-id': run.id,
      'x-ops-attempt': '1',
      'x-ops-run-token': expect.stringMatching(/^ort_[0-9a-f]{64}$/),
    });
  });

  it.each([
    ['get', 'GET', null],
    ['delete', 'DELETE', '{"mode": "all"}'],
    ['post', 'POST', '{"mode": "all"}'],
  ] as const)('by %s goes out as %s', async (method, sent, body) => {
    await declareJob(sql, method, {
      call: {
        kind: 'http',
        method,
        url: 'https://a.example/x',
        headers: { 'content-type': 'application/json' },
        body: { mode: 'all' },
        auth: [],
        timeout_ms: 1000,
      },
    });
    await fire(sql, method, '2027-01-01T10:00:00Z');
    const request = await lastRequest(sql, method);
    expect(request).toMatchObject({ method: sent, body });
    expect(Object.keys(request.headers).filter((key) => /content-type/i.test(key))).toHaveLength(1);
    expect(request.headers).not.toHaveProperty('x-ops-run-token');
  });
});

describe('fire_now', () => {
  it('runs a job now, whatever its schedule, and says who asked', async () => {
    await declareJob(sql, 'sync', { schedule: '0 0 1 1 *' });
    const [row] = await sql<{ id: string }[]>`select ops.fire_now('sync', 'ada') as id`;
    expect(await onlyRun(sql, 'sync')).toMatchObject({
      id: row?.id,
      trigger: 'manual',
      actor: 'ada',
      status: 'fired',
    });
  });

  it('refuses a name nobody declared', async () => {
    await expect(sql`select ops.fire_now('typo')`).rejects.toThrow("there is no job named 'typo'");
  });
});
