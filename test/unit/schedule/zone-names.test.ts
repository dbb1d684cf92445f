import { describe, expect, it } from 'vitest';
import { timezoneProblem } from '../../../actions/_shared/schedule/zone-offsets.ts';

describe('names of time zones', () => {
  it.each([
    'UTC',
    'Etc/UTC',
    'Etc/GMT-14',
    'America/New_York',
    'US/Eastern',
    'Australia/LHI',
    'GB',
    'EST5EDT',
    'W-SU',
  ])('%s means the same here and in Postgres', (name) => {
    expect(timezoneProblem(name)).toBeNull();
  });

  it('every name of the IANA database that Intl lists does', () => {
    const refused = Intl.supportedValuesOf('timeZone').filter((name) => timezoneProblem(name) !== null);
    expect(refused.filter((name) => !['CET', 'EET', 'MET', 'WET'].includes(name))).toEqual([]);
  });

  it.each(['IST', 'BST', 'CST', 'PST', 'AST', 'ACT', 'JST'])(
    '%s is an abbreviation that Postgres reads in its own way',
    (name) => {
      expect(timezoneProblem(name)?.message).toContain('abbreviation');
    },
  );

  it.each(['CET', 'EET', 'MET', 'WET'])('%s has no summer time in Postgres', (name) => {
    expect(timezoneProblem(name)?.known).toHaveLength(1);
  });

  it.each([
    'gmt',
    'zulu',
    'utc',
    'etc/utc',
    'us/eastern',
    'US/EASTERN',
    'asia/calcutta',
    'europe/berlin',
    'America/new_york',
  ])('%s is told with its capitals', (name) => {
    expect(timezoneProblem(name)?.message).toContain('capitals');
  });

  it.each(['', ' UTC', '+02:00', 'UTC+2', 'Berlin', 'Mars/Phobos', 'localtime', 'posix/UTC'])(
    '%j is none',
    (name) => {
      expect(timezoneProblem(name)?.message).toContain('is not a time zone');
    },
  );
});
