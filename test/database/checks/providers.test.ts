import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.ts';
import { checkFiles, look, only, summary } from './looking.ts';

const database = await createTestDatabase(import.meta.url);
const { sql } = database;
afterAll(() => database.drop());

const now = new Date('2030-03-07T12:34:30Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const url = 'https://openrouter.ai/api/v1';

describe('a provider', () => {
  const files = checkFiles({
    openrouter: [
      'provider:',
      '  name: openrouter',
      '  credits: { warning: 10, critical: 2.5 }',
      '  key_limit: { warning: 5, critical: 0 }',
      '  cache_age: 1h',
    ].join('\n'),
  });
  const asked = async (cache: 'credits' | 'key', payload: object, minutes = 5): Promise<void> => {
    const table = sql(`openrouter_${cache}_cache`);
    await sql`insert into ops.${table} (base_url, fetched_at, payload) values (${url}, ${ago(minutes)}, ${sql.json({ data: { ...payload } })})
      on conflict (base_url) do update set fetched_at = excluded.fetched_at, payload = excluded.payload`;
  };
  const credits = (left: number) => ({ total_credits: 100, total_usage: 100 - left });

  beforeEach(async () => {
    await sql`truncate ops.openrouter_credits_cache, ops.openrouter_key_cache, ops.openrouter_circuit_breakers`;
    await asked('credits', credits(50));
    await asked('key', { limit_remaining: null });
  });

  it('with credit, a key without limit and fresh caches is well', async () => {
    expect(summary(await look(files, { sql, now }))).toEqual([]);
  });

  it.each([
    [10.01, []],
    [10, [`openrouter/credits:${url}: warning provider_credits_low`]],
    [2, [`openrouter/credits:${url}: critical provider_credits_low`]],
  ])('with %d dollars left: %j', async (left, expected) => {
    await asked('credits', credits(left));
    expect(summary(await look(files, { sql, now }))).toEqual(expected);
  });

  it('whose key is near its limit, or at it', async () => {
    await asked('key', { limit_remaining: 4 });
    expect(only(await look(files, { sql, now }))).toMatchObject({
      object: `key:${url}`,
      severity: 'warning',
      finding: {
        name: 'provider_key_limit',
        detail: "4.00 USD of the key's own limit are left; 5.00 USD is where it becomes bad.",
      },
    });
    await asked('key', { limit_remaining: 0 });
    expect(only(await look(files, { sql, now })).severity).toBe('critical');
  });

  it('whose caches are old says so, and low credit first', async () => {
    await asked('credits', credits(50), 90);
    expect(summary(await look(files, { sql, now }))).toEqual([
      `openrouter/credits:${url}: warning provider_cache_stale`,
    ]);
    await asked('credits', credits(1), 90);
    expect(only(await look(files, { sql, now })).finding).toMatchObject({
      name: 'provider_credits_low',
      evidence: { also: [expect.stringContaining('provider_cache_stale')] },
    });
  });

  it('with an open breaker names the model and the last error', async () => {
    await sql`insert into ops.openrouter_circuit_breakers (model, is_open, failure_streak, last_status, last_error)
      values ('vendor/model', true, 6, 503, 'overloaded, key sk-or-canary0123456789abcdef'), ('vendor/fine', false, 0, null, null)`;

    const { object, finding } = only(await look(files, { sql, now }));

    expect(object).toBe('breaker:vendor/model');
    expect(finding.detail).toContain('6 failures in a row, the last with HTTP 503: overloaded');
    expect(JSON.stringify(finding)).not.toContain('canary');
    await sql`update ops.openrouter_circuit_breakers set is_open = false`;
    expect(summary(await look(files, { sql, now }))).toEqual([]);
  });

  it('nobody ever asked, or whose answer looks different, is unknown', async () => {
    await sql`truncate ops.openrouter_key_cache`;
    await asked('credits', { credits: 'many' });

    expect(summary(await look(files, { sql, now }))).toEqual([
      `openrouter/credits:${url}: unknown cannot_evaluate`,
      'openrouter/key: unknown cannot_evaluate',
    ]);
  });
});

describe('a batch migration', () => {
  const files = checkFiles({
    odoo: [
      'batch:',
      '  batches: ["odoo-*"]',
      '  stalled: { warning: 15m, critical: 2h }',
      '  silent: { warning: 10m, critical: 1h }',
      '  failures: 3',
    ].join('\n'),
  });
  let at = 0;
  const log = async (
    minutes: number,
    wish: { status?: string; migrated?: number; remaining?: number; error?: string } = {},
  ) => {
    at += 1;
    const { status = 'success', migrated = 0, remaining = 100, error } = wish;
    await sql`insert into ops.migration_logs (created_at, batch, status, migrated, remaining, errors)
      values (${ago(minutes)}, 'odoo-files', ${status}, ${migrated}, ${remaining}, ${error === undefined ? sql`'{}'` : sql`array[${error}]`})`;
  };
  beforeEach(async () => {
    await sql`truncate ops.migration_logs, ops.migration_batches`;
  });

  it('that moves is well, and one that has nothing left to do may rest', async () => {
    await log(3, { migrated: 5 });
    await log(1, { migrated: 5 });
    expect(summary(await look(files, { sql, now }))).toEqual([]);

    await log(0, { migrated: 100, remaining: 0 });
    expect(summary(await look(files, { sql, now: new Date(now.getTime() + 86_400_000) }))).toEqual([]);
    expect(at).toBeGreaterThan(0);
  });

  it.each([
    [14, 0.5, []],
    [16, 0.5, ['odoo/odoo-files: warning batch_stalled']],
    [130, 0.5, ['odoo/odoo-files: critical batch_stalled']],
    [12, 11, ['odoo/odoo-files: warning batch_silent']],
    [130, 125, ['odoo/odoo-files: critical batch_silent']],
  ])('that moved something %d minutes ago and spoke %d minutes ago: %j', async (moved, spoke, expected) => {
    await log(moved, { migrated: 5 });
    await log(spoke);
    expect(summary(await look(files, { sql, now }))).toEqual(expected);
  });

  it('that is not let in is critical at once, with its words and without its token', async () => {
    await log(2, { migrated: 5 });
    await log(1, { status: 'auth_error', error: '401 for Bearer canary0123456789' });

    const result = only(await look(files, { sql, now }));

    expect(result).toMatchObject({ severity: 'critical', finding: { name: 'batch_auth_error' } });
    expect(result.finding.detail).toContain('It says: 401 for Bearer [redacted]');
    await log(0.5, { migrated: 1 });
    expect(summary(await look(files, { sql, now }))).toEqual([]);
  });

  it('that fails is found after as many failures in a row as its check says', async () => {
    await log(5, { migrated: 5 });
    await log(4, { status: 'error', error: 'odoo is away' });
    await log(3, { status: 'error', error: 'odoo is away' });
    expect(summary(await look(files, { sql, now }))).toEqual([]);
    await log(2, { status: 'error', error: 'odoo is still away' });

    expect(only(await look(files, { sql, now })).finding).toMatchObject({
      name: 'batch_failing',
      detail: '3 batches in a row failed. It says: odoo is still away',
    });
  });

  it('that never wrote a word is unknown when it is named, and nobody’s business otherwise', async () => {
    expect(summary(await look(files, { sql, now }))).toEqual([]);
    const named = checkFiles({ it: 'batch: { batches: [odoo-files], silent: 5m }' });
    expect(summary(await look(named, { sql, now }))).toEqual(['it/odoo-files: unknown cannot_evaluate']);
  });
});
