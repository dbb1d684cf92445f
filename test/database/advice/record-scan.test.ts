/** What becomes of findings: kept in ops.advice, and as alerts, of which the database keeps the life. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { leaveScanMark, recordScan } from '../../../actions/_shared/checks/advice/record-scan.ts';
import type { ScanReport } from '../../../actions/_shared/checks/advice/scan.ts';
import { createTestDatabase } from '../../support/database.ts';
import { found, policy, report, suppressionOf } from '../../unit/advice/scans.ts';

const database = await createTestDatabase(import.meta.url);
const { sql, superuser } = database;
afterAll(() => database.drop());

let minute = 0;
beforeEach(async () => {
  await superuser`truncate ops.advice, ops.advice_scans, ops.alerts, ops.check_states, ops.check_policies, ops.watchers cascade`;
});

/** Records a scan a minute after the one before. */
async function record(parts: Partial<ScanReport>) {
  minute += 1;
  const at = new Date(Date.now() - 86_400_000 + minute * 60_000).toISOString();
  return recordScan(sql, report({ at, ...parts }), {
    policy: policy(),
    runUrl: 'https://github.test/run/1',
    commit: 'abc',
  });
}

async function advice(state = 'all'): Promise<readonly string[]> {
  const rows = await sql<{ cache_key: string; state: string; is_certain: boolean }[]>`
    select cache_key, state, is_certain from ops.list_advice(${state})`;
  return rows.map(
    ({ cache_key: key, state: is, is_certain: certain }) => `${key} ${is}${certain ? '' : ' ?'}`,
  );
}

async function alerts(): Promise<readonly string[]> {
  const rows = await sql<{ key: string; severity: string; condition: string; group: string }[]>`
    select dedupe_key as key, severity, condition, group_key as group from ops.alerts where resolved_at is null order by dedupe_key`;
  return rows.map(({ key, severity, condition, group }) => `${key} ${severity} ${condition} ${group}`);
}

const missing = found('secret_missing', 'job_token', { level: 'ERROR' });
const note = found('unused_index', 'public_log', { level: 'INFO' });
const both = ['secret_missing', 'unused_index'];

describe('a recorded scan', () => {
  it('keeps every finding, and makes alerts of those that deserve a person', async () => {
    expect(await record({ findings: [missing, note], evaluated: both })).toMatchObject({
      created: 2,
      late: false,
    });
    expect(await advice()).toEqual(['secret_missing_job_token active', 'unused_index_public_log active']);
    expect(await alerts()).toEqual(['advice:secret_missing:job_token critical firing advice:secret_missing']);
    const [row] =
      await sql`select kind, source, check_name, object, details ->> 'cache_key' as key from ops.alerts`;
    expect(row).toEqual({
      kind: 'secret_missing',
      source: 'advisories',
      check_name: 'secret_missing',
      object: 'job_token',
      key: 'secret_missing_job_token',
    });
  });

  it('ends what is gone, and begins it again as the same', async () => {
    await record({ findings: [missing], evaluated: both });
    expect(await record({ findings: [missing], evaluated: both })).toMatchObject({
      refreshed: 1,
      resolved: 0,
    });
    expect(await record({ evaluated: both })).toMatchObject({ resolved: 1 });
    expect(await advice()).toEqual(['secret_missing_job_token resolved']);
    expect(await alerts()).toEqual([]);
    expect(await record({ findings: [missing], evaluated: both })).toMatchObject({ reopened: 1 });
    expect(await alerts()).toHaveLength(1);
    const [row] = await sql`select seen_count, reopened_count from ops.advice`;
    expect(row).toEqual({ seen_count: 3, reopened_count: 1 });
  });

  it('of a rule that could not look leaves everything as it was, and says that it is not certain', async () => {
    await record({ findings: [missing], evaluated: both });
    const blind = found('cannot_evaluate', 'secret_missing');
    await record({
      findings: [blind],
      evaluated: ['cannot_evaluate'],
      unevaluated: [{ rule: 'secret_missing', reason: 'the Vault is closed' }],
    });
    expect(await advice()).toEqual([
      'cannot_evaluate_secret_missing active',
      'secret_missing_job_token active ?',
    ]);
    expect(await alerts()).toEqual([
      'advice:cannot_evaluate:secret_missing warning firing advice:cannot_evaluate',
      expect.stringMatching(/^advice:secret_missing: /),
      'advice:secret_missing:job_token critical unknown advice:secret_missing',
    ]);
    await record({ evaluated: [...both, 'cannot_evaluate'] });
    expect(await alerts()).toEqual([]);
  });

  it('ends the alert of what somebody lives with from now on, and keeps who and why', async () => {
    await record({ findings: [missing], evaluated: both });
    const lived = { ...missing, suppression: suppressionOf('secret_missing_*', '2099-01-31') };
    await record({ findings: [lived], evaluated: both });
    expect(await alerts()).toEqual([]);
    expect(await advice('suppressed')).toEqual(['secret_missing_job_token suppressed']);
    const [row] = await sql`select suppressed_by, suppression_reason from ops.advice`;
    expect(row).toEqual({ suppressed_by: '@platform-team', suppression_reason: 'We know' });
  });

  it('never lets an older look undo a later one', async () => {
    await record({ findings: [missing], evaluated: both });
    const old = report({ at: '2020-01-01T00:00:00.000Z', evaluated: both });
    expect(await recordScan(sql, old, { policy: policy(), runUrl: '', commit: '' })).toMatchObject({
      late: true,
    });
    expect(await alerts()).toHaveLength(1);
    expect(await advice('active')).toHaveLength(1);
  });

  it('leaves alerts of checks alone', async () => {
    await sql`select ops.record_check_pass(${JSON.stringify({
      at: new Date(Date.now() - 3_600_000).toISOString(),
      evaluated: ['late'],
      results: [
        {
          check: 'late',
          object: 'sync',
          state: 'firing',
          severity: 'warning',
          finding: { name: 'late', title: 'Late' },
        },
      ],
      policies: { late: { for: { failing: 1, of: 1 }, hold_open_s: 0, reopen_within_s: 60, group: null } },
    })}::text::jsonb)`;
    await record({ findings: [missing], evaluated: both });
    await record({ evaluated: both });
    expect(await alerts()).toEqual([expect.stringMatching(/^check:late:sync /)]);
  });

  it('is kept whole or not at all', async () => {
    const broken = { ...missing, finding: { ...missing.finding, level: 'BAD' as never } };
    await expect(record({ findings: [note, broken], evaluated: both })).rejects.toThrow(/advice_level_check/);
    expect(await advice()).toEqual([]);
    expect(await sql`select id from ops.advice_scans`).toEqual([]);
  });

  it('has room for a whole fleet of findings', async () => {
    const findings = Array.from({ length: 3000 }, (_, n) =>
      found('no_primary_key', `public_t${String(n).padStart(4, '0')}`),
    );
    expect(await record({ findings, evaluated: ['no_primary_key'] })).toMatchObject({ created: 3000 });
    expect(await alerts()).toHaveLength(201);
    const first = await sql<
      { cache_key: string }[]
    >`select cache_key from ops.list_advice('active', null, 1000)`;
    const second =
      await sql`select cache_key from ops.list_advice('active', ${first.at(-1)?.cache_key ?? ''}, 1000)`;
    expect([first.length, second.length]).toEqual([1000, 1000]);
    expect(second[0]?.cache_key).toBe('no_primary_key_public_t1000');
  });

  it('leaves a sign of life, and its absence is noticed after three nights', async () => {
    await leaveScanMark(sql, { runUrl: 'https://github.test/run/1', result: 'scanned', isProjected: true });
    const [watcher] =
      await sql`select name, every::text, silent_after, result from ops.watchers where name = 'advisories'`;
    expect(watcher).toEqual({ name: 'advisories', every: '1 day', silent_after: 3, result: 'scanned' });
  });

  it('refuses a state nobody knows', async () => {
    await expect(sql`select * from ops.list_advice('open')`).rejects.toThrow(/unknown state/);
    await expect(sql`select ops.record_scan('{}')`).rejects.toThrow(/says when it looked/);
  });
});
