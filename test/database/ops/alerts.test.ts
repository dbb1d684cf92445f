import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { activeAlerts, declareJob, fire, forgetEverything, sqlCall } from './jobs.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => forgetEverything(sql));

async function raise(severity: string, message: string): Promise<string> {
  const [row] = await service<{ id: string }[]>`
    select ops.raise_alert('openrouter', 'openrouter:credits', ${severity}, 'Credits run low', ${message}, '{"left": 3}') as id
  `;
  return row?.id ?? '';
}

describe('an alert', () => {
  it('raised again is the same row, newer and counted', async () => {
    const first = await raise('warning', 'three left');
    expect(await raise('critical', 'one left')).toBe(first);
    expect(await activeAlerts(sql)).toEqual({
      'openrouter:credits': { kind: 'openrouter', severity: 'critical', count: 2, message: 'one left' },
    });
  });

  it('raised by many at once is one row', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => raise('warning', 'x')));
    expect(new Set(ids).size).toBe(1);
    expect(await activeAlerts(sql)).toMatchObject({ 'openrouter:credits': { count: 20 } });
  });

  it('resolved and raised again is a new row', async () => {
    const first = await raise('warning', 'x');
    expect(await service`select ops.resolve_alert('openrouter:credits') as done`).toEqual([{ done: true }]);
    expect(await service`select ops.resolve_alert('openrouter:credits') as done`).toEqual([{ done: false }]);
    expect(await raise('warning', 'x')).not.toBe(first);
    expect(await sql`select * from ops.alerts`).toHaveLength(2);
  });
});

describe('a failing job', () => {
  const broken = sqlCall('select 1 / 0');
  const well = sqlCall('select 1');

  it('is an alert after as many failures in a row as its file says', async () => {
    await declareJob(sql, 'sync', {
      call: broken,
      owner: '@data',
      alert: { after: 3, severity: 'critical', runbook: 'restart-sync' },
    });
    await fire(sql, 'sync', '2027-01-01T10:00:00Z');
    await fire(sql, 'sync', '2027-01-01T10:01:00Z');
    expect(await activeAlerts(sql)).toEqual({});
    await fire(sql, 'sync', '2027-01-01T10:02:00Z');
    expect(await activeAlerts(sql)).toMatchObject({ 'job:sync': { severity: 'critical', count: 1 } });
    const [alert] = await sql`select title, details from ops.alerts`;
    expect(alert).toMatchObject({
      title: 'Job sync fails: sql_error',
      details: {
        job: 'sync',
        status: 'failed',
        owner: '@data',
        runbook: 'restart-sync',
        error_code: 'sql_error',
      },
    });
    await fire(sql, 'sync', '2027-01-01T10:03:00Z');
    expect(await activeAlerts(sql)).toMatchObject({ 'job:sync': { count: 2 } });
  });

  it('starts counting anew after a success, which resolves the alert', async () => {
    const alert = { after: 2, severity: 'warning' } as const;
    await declareJob(sql, 'sync', { call: broken, alert });
    await fire(sql, 'sync', '2027-01-01T10:00:00Z');
    await fire(sql, 'sync', '2027-01-01T10:01:00Z');
    expect(Object.keys(await activeAlerts(sql))).toEqual(['job:sync']);
    await declareJob(sql, 'sync', { call: well, alert });
    await fire(sql, 'sync', '2027-01-01T10:02:00Z');
    expect(await activeAlerts(sql)).toEqual({});
    await declareJob(sql, 'sync', { call: broken, alert });
    await fire(sql, 'sync', '2027-01-01T10:03:00Z');
    expect(await activeAlerts(sql)).toEqual({});
  });

  it('that says nothing about alerts is one at its first failure', async () => {
    await declareJob(sql, 'sync', { call: broken });
    await fire(sql, 'sync', '2027-01-01T10:00:00Z');
    expect(await activeAlerts(sql)).toMatchObject({ 'job:sync': { severity: 'warning' } });
  });
});
