import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenRouterHealthCheckAnswer } from '../../../functions/_shared/contracts/openrouter-health-check.ts';
import { checkOpenRouter } from '../../../functions/openrouter-health-check/handler.ts';
import { post, startFunctionFixture } from './fixture.ts';

const fixture = await startFunctionFixture(import.meta.url);
afterAll(() => fixture.close());
const { sql } = fixture.database;
const token = 't'.repeat(40);
const base = 'https://openrouter.ai/api/v1';

beforeEach(async () => {
  await sql`truncate ops.alerts, ops.job_run_log, ops.openrouter_credits_cache, ops.openrouter_key_cache, ops.openrouter_circuit_breakers`;
  await sql`insert into ops.openrouter_credits_cache (base_url, payload)
    values (${base}, ${sql.json({ data: { total_credits: 100, total_usage: 40 } })})`;
  await sql`insert into ops.openrouter_key_cache (base_url, payload)
    values (${base}, ${sql.json({ data: { limit_remaining: 50 } })})`;
});

async function check(body: unknown = {}) {
  const handle = checkOpenRouter(fixture.dependencies({ INTERNAL_JOB_TOKEN: token }));
  const response = await handle(post(body, { 'x-job-token': token }));
  return OpenRouterHealthCheckAnswer.parse(await response.json());
}
const active = () =>
  sql<{ dedupe_key: string; severity: string; count: number }[]>`
    select dedupe_key, severity, count from ops.alerts where resolved_at is null order by dedupe_key`;

describe('openrouter-health-check', () => {
  it('is quiet while everything is well, and logs the run', async () => {
    expect(await check()).toEqual({ ok: true, raised: [], resolved: [] });
    expect(await active()).toEqual([]);
    const [row] = await sql`select job_name, ok, finished_at >= started_at as ended from ops.job_run_log`;
    expect(row).toEqual({ job_name: 'openrouter-health-check', ok: true, ended: true });
  });

  it.each([
    ['low credits', `credits:${base}`, 'warning', () => credits(95)],
    ['credits used up', `credits:${base}`, 'critical', () => credits(100)],
    ['a key near its limit', `key:${base}`, 'warning', () => key({ data: { limit_remaining: 2 } })],
    ['a stale cache', `cache:credits:${base}`, 'warning', () => stale()],
    ['an empty cache', 'cache:key', 'warning', () => sql`delete from ops.openrouter_key_cache`],
    ['a cache of another shape', `cache:key:${base}:shape`, 'warning', () => key({ error: 'no' })],
    [
      'an open breaker',
      'breaker:some/model',
      'critical',
      () =>
        sql`insert into ops.openrouter_circuit_breakers (model, is_open, failure_streak) values ('some/model', true, 5)`,
    ],
  ])(
    'raises %s once, counts it, and resolves it when it is well again',
    async (_what, suffix, severity, breakIt) => {
      await breakIt();
      const first = await check();
      await check();
      const raised = await active();
      await heal();
      const healed = await check();

      expect(first).toEqual({ ok: false, raised: [`openrouter:${suffix}`], resolved: [] });
      expect(raised).toEqual([{ dedupe_key: `openrouter:${suffix}`, severity, count: 2 }]);
      expect(healed).toEqual({ ok: true, raised: [], resolved: [`openrouter:${suffix}`] });
      expect(await active()).toEqual([]);
    },
  );

  it('a key without a limit of its own is never near it', async () => {
    await key({ data: { limit_remaining: null } });
    expect((await check()).ok).toBe(true);
  });

  it('leaves alerts of others alone', async () => {
    await sql`select ops.raise_alert('other', 'other:1', 'info', 'Another')`;
    expect((await check()).resolved).toEqual([]);
    expect(await active()).toHaveLength(1);
  });

  it('takes thresholds for one call', async () => {
    expect((await check({ min_credits: 70 })).raised).toEqual([`openrouter:credits:${base}`]);
  });
});

const credits = (used: number) =>
  sql`update ops.openrouter_credits_cache set payload = ${sql.json({ data: { total_credits: 100, total_usage: used } })}`;
const key = (
  payload: { readonly data: { readonly limit_remaining: number | null } } | { readonly error: string },
) => sql`update ops.openrouter_key_cache set payload = ${sql.json(payload)}`;
const stale = () => sql`update ops.openrouter_credits_cache set fetched_at = now() - interval '3 hours'`;

async function heal(): Promise<void> {
  await sql`delete from ops.openrouter_key_cache`;
  await sql`insert into ops.openrouter_key_cache (base_url, payload) values (${base}, '{"data": {"limit_remaining": 50}}')`;
  await sql`update ops.openrouter_credits_cache set fetched_at = now()`;
  await credits(40);
  await sql`update ops.openrouter_circuit_breakers set is_open = false`;
}
