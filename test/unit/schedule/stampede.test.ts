import { describe, expect, it } from 'vitest';
import type { DesiredJob } from '../../../actions/_shared/declare/model.ts';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { dueMinutes } from '../../../actions/_shared/schedule/due-minutes.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';
import { renderStampede, stampede } from '../../../actions/_shared/schedule/stampede.ts';

const FROM = new Date('2026-10-30T00:00:00Z');

function job(
  name: string,
  source: string,
  options: { timezone?: string; active?: boolean } = {},
): DesiredJob {
  const { cronSchedule, ...schedule } = compileSchedule({
    name,
    source,
    timezone: options.timezone ?? 'UTC',
  });
  return {
    name,
    definition: { schedule, call: { kind: 'sql', sql: 'select 1', timeout_ms: 1000 } },
    cron: { schedule: cronSchedule, command: '', active: options.active ?? true },
    secrets: [],
    location: { file: `runbooks/cron/${name}.yaml`, line: 1, column: 1 },
  };
}

describe('the simulation', () => {
  it.each([
    ['30 2 * * *', 'America/New_York'],
    ['*/20 * * * *', 'Europe/Berlin'],
    ['0 0 $ * *', 'Australia/Lord_Howe'],
    ['45 23 * * 0', 'Pacific/Chatham'],
    ['5 */3 * * 1-5', 'UTC'],
  ])('finds the minutes at which %s in %s is due', (source, timezone) => {
    const compiled = compileSchedule({ name: 'job', source, timezone });
    const start = FROM.getTime() / 60_000;
    const length = 7 * 1440;
    const expected: number[] = [];
    for (let index = 0; index < length; index += 1) {
      if (isDue(compiled, new Date((start + index) * 60_000))) expected.push(index);
    }
    const match = compiled.match;
    expect(match).toBeDefined();
    if (match !== undefined) expect(dueMinutes({ match, timezone }, { start, length })).toEqual(expected);
  });
});

describe('the report', () => {
  it('says the peak, what fires in it, and what would thin it out', () => {
    const jobs = Array.from({ length: 12 }, (_, index) => job(`hourly-${index}`, '0 * * * *'));
    const report = stampede([...jobs, job('tick', '* * * * *')], { from: FROM, days: 7 });
    expect(report).toMatchObject({
      jobs: 13,
      crowded_minutes: 168,
      peak: { at: '2026-10-30T00:00:00.000Z', count: 13 },
    });
    expect(report.peak.jobs).toContain('hourly-3');
    expect(report.proposals.length).toBe(5);
    expect(
      report.proposals.every(
        ({ schedule, proposed }) => schedule === '0 * * * *' && /^[1-9]\d? \* \* \* \*$/.test(proposed),
      ),
    ).toBe(true);
    expect(report.after).toEqual({ peak: 8, crowded_minutes: 0 });
    expect(renderStampede(report)).toContain('hourly-0   0 * * * *  ->  1 * * * *');
  });

  it('gives the load it promises: taking every proposal makes the report true', () => {
    const sources = ['0 * * * *', '*/15 * * * *', '0 3 * * *', '30 2 * * 1-5', '0,30 * * * *'];
    const jobs = Array.from({ length: 30 }, (_, index) =>
      job(
        `job-${index}`,
        sources[index % sources.length] ?? '',
        index % 3 === 0 ? { timezone: 'America/New_York' } : {},
      ),
    );
    const report = stampede(jobs, { from: FROM, days: 7 });
    const moves = new Map(report.proposals.map((move) => [move.job, move.proposed]));
    const moved = jobs.map((each) =>
      job(each.name, moves.get(each.name) ?? each.definition.schedule.source, {
        timezone: each.definition.schedule.timezone,
      }),
    );
    const again = stampede(moved, { from: FROM, days: 7 });
    expect({ peak: again.peak.count, crowded_minutes: again.crowded_minutes }).toEqual(report.after);
  });

  it('leaves sleeping jobs out, and counts an interval once a minute', () => {
    const report = stampede(
      [job('a', '10 seconds'), job('b', '0 0 * * *', { active: false }), job('c', '@reboot')],
      { from: FROM, days: 1 },
    );
    expect(report).toMatchObject({
      jobs: 1,
      crowded_minutes: 0,
      peak: { count: 1, jobs: ['a'] },
      proposals: [],
    });
  });

  it('says so when nothing is scheduled', () => {
    expect(renderStampede(stampede([], { from: FROM, days: 7 }))).toBe(
      'Nothing is scheduled in the next 7 days.',
    );
  });

  it('simulates ten thousand jobs quickly', () => {
    const jobs = Array.from({ length: 10_000 }, (_, index) =>
      job(
        `tenant-${index}`,
        index % 2 === 0 ? 'H * * * *' : 'H H * * *',
        index % 5 === 0 ? { timezone: 'America/New_York' } : {},
      ),
    );
    const started = performance.now();
    const report = stampede(jobs, { from: FROM, days: 7 });
    expect(report.peak.count).toBeGreaterThan(50);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
