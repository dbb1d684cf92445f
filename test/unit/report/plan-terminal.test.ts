import { describe, expect, it } from 'vitest';
import { renderPlanTerminal } from '../../../actions/_shared/report/plan-terminal.ts';
import { createdJob, planOf, schedule, scheduleUpdate } from './plan-fixture.ts';

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

    expect(renderPlanTerminal(planOf(sleeping), { color: false, schedule })).not.toMatch(/^\s+next/m);
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
