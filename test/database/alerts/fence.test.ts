import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { passTime } from './pass-time.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
const service = database.as('service_role');
afterAll(() => database.drop());
beforeEach(() => sql`truncate ops.alerts, ops.alert_issues, ops.alert_projections restart identity`);

async function begin(holder: string): Promise<{ token: number; isOurs: boolean }> {
  const [row] =
    await service`select token::int as token, is_ours from ops.begin_alert_projection('acme/ops', ${holder})`;
  return { token: Number(row?.token), isOurs: Boolean(row?.is_ours) };
}

async function bind(token: number): Promise<number | null> {
  const [row] =
    await service`select ops.bind_alerts('acme/ops', ${token}, 'alert', 'alert:x', '{}')::int as id`;
  return row?.id ?? null;
}

async function attempt(id: number | null, token: number, kind = 'create'): Promise<boolean> {
  const [row] = await service`select ops.attempt_alert_issue(${id}, ${token}, ${kind}) as yes`;
  return Boolean(row?.yes);
}

describe('the right to write issues', () => {
  it('is held by one run at a time, and lost to the next when its time is over', async () => {
    const first = await begin('first');
    expect(await begin('second')).toEqual({ token: first.token, isOurs: false });
    await passTime(sql, '4 minutes');
    const second = await begin('second');
    expect(second).toEqual({ token: first.token + 1, isOurs: true });
    const id = await bind(second.token);
    expect(await bind(first.token)).toBeNull();
    expect(await attempt(id, first.token)).toBe(false);
    expect(await attempt(id, second.token)).toBe(true);
  });

  it('to create is given once, until no list can hide what it led to', async () => {
    const { token } = await begin('run');
    const id = await bind(token);
    expect(await attempt(id, token)).toBe(true);
    expect(await attempt(id, token)).toBe(false);
    await passTime(sql, '9 minutes');
    expect(await attempt(id, token)).toBe(false);
    await passTime(sql, '2 minutes');
    expect(await attempt(id, token)).toBe(true);
  });

  it('to create is not given where there is an issue, nor to write where there is none', async () => {
    const { token } = await begin('run');
    const id = await bind(token);
    expect(await attempt(id, token, 'write')).toBe(false);
    await attempt(id, token);
    const facts = JSON.stringify({
      number: 5,
      state: 'open',
      content: 'c',
      changed_at: '2026-11-21T00:00:00Z',
    });
    const settle = async (by: number) =>
      (await service`select ops.settle_alert_issue(${id}, ${by}, 'done', ${facts}::text::jsonb) as yes`)[0]
        ?.yes;
    expect(await settle(token + 1)).toBe(false);
    expect(await settle(token)).toBe(true);
    expect(await settle(token)).toBe(false);
    await passTime(sql, '1 hour');
    expect(await attempt(id, token)).toBe(false);
    expect(await attempt(id, token, 'write')).toBe(true);
  });
});
