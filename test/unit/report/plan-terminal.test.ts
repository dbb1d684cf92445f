import { describe, expect, it } from 'vitest';
import type { Change } from '../../../actions/_shared/reconcile/model.ts';
import { renderPlanTerminal } from '../../../actions/_shared/report/plan-terminal.ts';
import { createdJob, createdMigration, planOf, schedule, scheduleUpdate } from './plan-fixture.ts';

describe('a plan in the terminal', () => {
  it('shows a changed schedule old and new, in words, with next runs in UTC and local time', () => {
    const text = renderPlanTerminal(planOf([scheduleUpdate]), { color: false, schedule });

    expect(text).toContain('~ update sync_game_platform_stats (job)');
    expect(text).toContain('runbooks/cron/sync_game_platform_stats.yaml:3:11');
    expect(text).toMatch(/schedule\s+0 \* \* \* \* -> \*\/30 \* \* \* \*/);
    expect(text).toMatch(/runs\s+.*hour.*America\/New_York.* -> Every 30 minutes \(America\/New_York\)/);
    expect(text).toContain('2026-01-05 10:00 UTC = 05:00 America/New_York');
    expect(text).toContain('! warning fires together with 12 other jobs [stampede]');
    expect(text).toContain('1 to update, 3 unchanged.');
  });

  it('does not repeat a field that did not change', () => {
    expect(renderPlanTerminal(planOf([scheduleUpdate]), { color: false })).not.toContain('overlap');
  });

  it('shows the two objects of a job as one entry', () => {
    const text = renderPlanTerminal(planOf(createdJob('nightly')), { color: false, schedule });

    expect(text.match(/\+ create/g)).toHaveLength(1);
    expect(text).toContain('(job, cron)');
    expect(text.match(/15 3 \* \* \*/g)).toHaveLength(1);
  });

  it('says that a change was made by hand', () => {
    const text = renderPlanTerminal(planOf([{ ...scheduleUpdate, cause: 'drift' }]), { color: false });

    expect(text).toContain('changed by hand since our last apply');
  });

  it('shows no next runs for a job that sleeps', () => {
    const sleeping = createdJob('nightly').map((change) => ({
      ...change,
      after: { ...change.after, active: false },
    }));

    const text = renderPlanTerminal(planOf(sleeping), { color: false, schedule });
    expect(text).not.toMatch(/^\s+next/m);
    expect(text).toContain('runs      At 03:15 (UTC), but asleep\n');
  });

  it('names what is missing, unmanaged, kept and in the way', () => {
    const text = renderPlanTerminal(
      planOf([], {
        unmanaged: [{ kind: 'cron', name: 'by hand', detail: { schedule: '* * * * *' } }],
        orphaned: [{ kind: 'cron', name: 'forgotten', detail: {} }],
        missing: [{ name: 'pg_net', consequence: 'no HTTP call is sent', remedy: 'create extension pg_net' }],
        blockers: [
          {
            severity: 'error',
            code: 'secret-missing',
            message: 'the variable OPS_URL is not set',
            location: { file: 'runbooks/secrets.yaml', line: 2, column: 3 },
          },
        ],
      }),
      { color: false },
    );

    expect(text).toContain('cron by hand  * * * * *');
    expect(text).toContain('cron forgotten');
    expect(text).toContain('pg_net: no HTTP call is sent');
    expect(text).toContain('runbooks/secrets.yaml:2:3 the variable OPS_URL is not set [secret-missing]');
    expect(text).toContain('No changes, 3 unchanged.');
  });

  it('offers to adopt where there are jobs to adopt', () => {
    const of = (kind: 'cron' | 'project') =>
      renderPlanTerminal(planOf([], { unmanaged: [{ kind, name: 'by hand', detail: {} }] }), {
        color: false,
      });

    expect(of('cron')).toContain('never touched (`opsroom adopt` writes YAML for jobs)\n');
    expect(of('project')).toContain('never touched\n');
  });

  it('tells a history of migrations in one line when it is to be brief, and those of weight by name', () => {
    const migrations = Array.from({ length: 6 }, (_, index): Change => {
      const name = `2026010100000${index}_step`;
      const risks =
        index === 3 ? [{ severity: 'danger' as const, code: 'destructive-migration', message: 'drops' }] : [];
      return { ...createdMigration(name), risks };
    });
    const text = renderPlanTerminal(planOf([...migrations, ...createdJob('nightly')]), {
      color: false,
      brief: true,
    });

    expect(text).toContain('+ create 6 migrations, 20260101000000_step to 20260101000005_step; of them:\n');
    expect(text.match(/\(migration\)/g)).toHaveLength(1);
    expect(text).toMatch(/20260101000003_step \(migration\) .*\n +! danger drops/);
    expect(text).toContain('+ create nightly');
    expect(renderPlanTerminal(planOf(migrations), { color: false }).match(/\(migration\)/g)).toHaveLength(6);
  });

  it('uses colours only when told to', () => {
    const sequence = '\u001b[';

    expect(renderPlanTerminal(planOf([scheduleUpdate]), { color: false })).not.toContain(sequence);
    expect(renderPlanTerminal(planOf([scheduleUpdate]), { color: true })).toContain(`${sequence}33m~ update`);
  });

  it('makes control characters in foreign names visible', () => {
    const [change] = createdJob('evil\u001b[2Jname');

    const text = renderPlanTerminal(planOf(change === undefined ? [] : [change]), { color: false });

    expect(text).toContain('evil\\x1b[2Jname');
    expect(text).not.toContain('\u001b');
  });

  it('counts the entries it does not show', () => {
    const changes = Array.from({ length: 30 }, (_, index) => createdJob(`job_${index}`)).flat();

    const text = renderPlanTerminal(planOf(changes), { color: false, maxEntries: 10 });

    expect(text.match(/\+ create/g)).toHaveLength(10);
    expect(text).toContain('and 20 more changes');
  });
});
