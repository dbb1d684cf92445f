import { describe, expect, it } from 'vitest';
import type { TargetFacts } from '../../../actions/_shared/database/read-target.ts';
import { capabilitiesOf } from '../../../actions/_shared/reconcile/capabilities.ts';
import { cronGaps, isSchedulable } from '../../../actions/_shared/reconcile/cron-gaps.ts';
import { job } from '../../database/reconcile/desired.ts';

function facts(version: string): TargetFacts {
  return {
    database: 'postgres',
    user: 'postgres',
    reader: null,
    serverVersion: '15.8',
    superuser: false,
    logsParameters: false,
    extensions: { pg_cron: version },
    cronTimezone: null,
    standIns: {},
    relations: { 'cron.job': { readable: true, seesAllRows: true } },
    functions: {
      'cron.schedule': true,
      'cron.unschedule': true,
      'cron.alter_job': true,
      'cron.schedule_in_database': true,
    },
    views: {},
  };
}

const jobs = [
  job('every_half_minute', { schedule: '30 seconds' }),
  job('month_end', { schedule: '0 0 $ * *' }),
  job('hourly'),
];

describe('an older pg_cron', () => {
  it.each([
    ['1.4-1', ['pg_cron 1.5', 'pg_cron 1.6'], ['hourly']],
    ['1.5', ['pg_cron 1.6'], ['every_half_minute', 'hourly']],
    ['1.6', [], ['every_half_minute', 'month_end', 'hourly']],
    ['1.6.4', [], ['every_half_minute', 'month_end', 'hourly']],
    ['2.0', [], ['every_half_minute', 'month_end', 'hourly']],
  ])('%s lacks %j and schedules %j', (version, missing, scheduled) => {
    const capabilities = capabilitiesOf(facts(version));
    expect(cronGaps(capabilities, jobs).map((gap) => gap.name)).toEqual(missing);
    expect(jobs.filter((one) => isSchedulable(one, capabilities)).map((one) => one.name)).toEqual(scheduled);
  });

  it('names the jobs that will not be scheduled', () => {
    const [seconds] = cronGaps(capabilitiesOf(facts('1.4-1')), jobs);
    expect(seconds?.consequence).toContain('every_half_minute');
  });
});

it('a job of another role needs a superuser', () => {
  const foreign = job('foreign', { username: 'reporting' });
  const capabilities = capabilitiesOf(facts('1.6'));
  expect(isSchedulable(foreign, capabilities)).toBe(false);
  expect(isSchedulable(foreign, { ...capabilities, superuser: true })).toBe(true);
  expect(cronGaps(capabilities, [foreign]).map((gap) => gap.name)).toEqual(['jobs of other roles']);
});
