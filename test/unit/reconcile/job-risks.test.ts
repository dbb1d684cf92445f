import { describe, expect, it } from 'vitest';
import type { JobDefinition } from '../../../actions/_shared/declare/model.ts';
import { jobRisks, runsPerDay } from '../../../actions/_shared/reconcile/job-risks.ts';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { job } from '../../database/reconcile/desired.ts';

function perDay(source: string): number {
  return runsPerDay(compileSchedule({ name: 'x', source, timezone: 'UTC' }));
}

describe('how often a schedule runs', () => {
  it.each([
    ['* * * * *', 1440],
    ['*/15 * * * *', 96],
    ['0 * * * *', 24],
    ['15 3 * * *', 1],
    ['0 9 * * 1', 1 / 7],
    ['0 0 1 1 *', 1 / 31 / 12],
    ['30 seconds', 2880],
  ])('%s: about %d times a day', (source, expected) => {
    expect(perDay(source)).toBeCloseTo(expected, 2);
  });
});

function codes(
  before: Parameters<typeof jobRisks>[0],
  after: Parameters<typeof jobRisks>[1],
): readonly string[] {
  return jobRisks(before, after).map((risk) => `${risk.severity} ${risk.code}`);
}

const hourly = job('x').definition;

describe('what to weigh', () => {
  it('about a job that runs more often', () => {
    expect(codes(hourly, job('x', { schedule: '*/30 * * * *' }).definition)).toEqual([
      'info runs-more-often',
    ]);
    expect(codes(hourly, job('x', { schedule: '* * * * *' }).definition)).toEqual([
      'warning runs-more-often',
    ]);
    expect(codes(hourly, job('x', { schedule: '0 0 * * *' }).definition)).toEqual([]);
  });

  it('about a long timeout, once: when it comes', () => {
    const long = {
      ...hourly,
      call: { kind: 'sql', sql: 'select 1', timeout_ms: 1_200_000 },
    } satisfies JobDefinition;
    expect(codes(undefined, long)).toEqual(['warning long-timeout']);
    expect(codes(hourly, long)).toEqual(['warning long-timeout']);
    expect(codes(long, long)).toEqual([]);
  });

  it('about a job nobody owns, more when it had an owner', () => {
    const { owner: _owner, ...unowned } = hourly;
    expect(codes(undefined, unowned)).toEqual(['info unowned']);
    expect(codes(hourly, unowned)).toEqual(['warning unowned']);
  });

  it('about a job that is deleted', () => {
    expect(codes(hourly, undefined)).toEqual(['danger deletes-job']);
  });
});
