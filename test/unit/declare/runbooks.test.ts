import { describe, expect, it } from 'vitest';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { stampede } from '../../../actions/_shared/schedule/stampede.ts';
import { ROOT } from './samples.ts';

const result = await loadDeclarations({ root: ROOT, cache: false });

describe('the files this repository ships', () => {
  it('have nothing wrong with them, not even a remark', () => {
    expect(result.diagnostics).toEqual([]);
  });

  it('hold the jobs of the teams under their own names and times', () => {
    const jobs = Object.fromEntries(
      result.resolve('production').jobs.map(({ name, cron }) => [name, cron.schedule]),
    );
    expect(jobs).toMatchObject({
      'archive-odoo-files-batch': '* * * * *',
      sync_game_platform_stats: '0 * * * *',
      game_platform_sync_incremental: '*/30 * * * *',
      game_platform_totals_sweep_hourly: expect.stringMatching(/^\d+ \* \* \* \*$/),
      job_queue_cleanup_daily: '15 3 * * *',
      'openrouter-health-check': '*/15 * * * *',
      'ops-advisory-scan': expect.stringMatching(/^\d+ 2 \* \* \*$/),
      ops_collect: '* * * * *',
      ops_prune_history: expect.stringMatching(/^\d+ \* \* \* \*$/),
      ops_run_pending_sql: '* * * * *',
    });
  });

  it('name an owner, an alert and a purpose for every job', () => {
    for (const { name, definition } of result.resolve('production').jobs) {
      expect(definition, name).toMatchObject({
        owner: expect.stringMatching(/^@/),
        description: expect.any(String),
        alert: { after: expect.any(Number) },
      });
    }
  });

  it('are awake in production and on a laptop, and asleep in staging but for our own housekeeping', () => {
    const awake = (environment: string) =>
      result
        .resolve(environment)
        .jobs.filter(({ cron }) => cron.active)
        .map(({ name }) => name);
    const all = result.resolve('production').jobs.map(({ name }) => name);
    expect(awake('production')).toEqual(all);
    expect(awake('local')).toEqual(all);
    expect(awake('staging')).toEqual(all.filter((name) => name.startsWith('ops_')));
  });

  it('do not stampede', () => {
    const report = stampede(result.resolve('production').jobs, {
      from: new Date('2026-11-21T00:00Z'),
      days: 7,
    });
    expect(report.crowded_minutes).toBe(0);
  });

  it('put no credential and no URL into what pg_cron keeps and logs', () => {
    for (const { name, cron } of result.resolve('production').jobs) {
      expect(cron.command).toMatch(
        new RegExp(`^(?:set local statement_timeout = \\d+; )?select ops\\.fire\\('${name}'\\)$`),
      );
    }
  });
});
