import { describe, expect, it } from 'vitest';
import type { ZoneClock } from '../../../actions/_shared/database/zone-clocks.ts';
import { zoneNotices, zonesOf } from '../../../actions/_shared/reconcile/zone-notices.ts';
import { job } from '../../database/reconcile/desired.ts';

function inZone(name: string, timezone: string) {
  const plain = job(name);
  return {
    ...plain,
    definition: { ...plain.definition, schedule: { ...plain.definition.schedule, timezone } },
  };
}

const winter = Date.UTC(2027, 0, 15);
const summer = Date.UTC(2027, 6, 15);
const jobs = [inZone('a', 'America/New_York'), inZone('b', 'America/New_York'), inZone('c', 'UTC')];

function newYork(at: number, offset: number | null): ZoneClock {
  return { zone: 'America/New_York', at: offset === null ? null : at, offset };
}

describe('time zone data of the database', () => {
  it('is asked for once a zone, and not for UTC', () => {
    expect(zonesOf(jobs)).toEqual(['America/New_York']);
    expect(zonesOf([job('d')])).toEqual([]);
  });

  it('that agrees with ours is not worth a word', () => {
    expect(zoneNotices([newYork(winter, -300), newYork(summer, -240)], jobs)).toEqual([]);
  });

  it('that does not is told with the first day they disagree, at the first job of the zone', () => {
    const notices = zoneNotices([newYork(winter, -300), newYork(summer, -300)], jobs);
    expect(notices).toMatchObject([
      { severity: 'warning', code: 'zone-clocks', location: { file: 'runbooks/cron/a.yaml' } },
    ]);
    expect(notices[0]?.message).toContain(
      'on 2027-07-15 its clocks show UTC-05:00 for the database and UTC-04:00 here',
    );
  });

  it('that has never heard of a zone is an error before its jobs fail', () => {
    expect(zoneNotices([newYork(winter, null)], jobs)).toMatchObject([
      { severity: 'error', code: 'zone-unknown', location: { file: 'runbooks/cron/a.yaml' } },
    ]);
  });
});
