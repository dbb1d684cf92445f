import type { ZoneClock } from '../database/zone-clocks.ts';
import type { DesiredJob, Diagnostic } from '../declare/model.ts';
import { offsetAt } from '../schedule/zone-offsets.ts';

/** Zones other than UTC that jobs are scheduled in. */
export function zonesOf(jobs: readonly DesiredJob[]): readonly string[] {
  return [...new Set(jobs.map((job) => job.definition.schedule.timezone))].filter((zone) => zone !== 'UTC');
}

/**
 * Zones whose clocks the database sees otherwise than we do: governments change them at short notice, and the data of either side
 * may be the older one. The database decides when a job is due; what we print as its next runs is ours.
 */
export function zoneNotices(
  clocks: readonly ZoneClock[],
  jobs: readonly DesiredJob[],
): readonly Diagnostic[] {
  const notices = new Map<string, Diagnostic>();
  const users = new Map([...jobs].reverse().map((job) => [job.definition.schedule.timezone, job]));
  for (const { zone, at, offset } of clocks) {
    const job = users.get(zone);
    if (job === undefined || notices.has(zone)) continue;
    if (at === null || offset === null) notices.set(zone, unknownZone(zone, job));
    else if (offsetAt(zone, at) !== offset) notices.set(zone, otherClocks({ zone, at, offset }, job));
  }
  return [...notices.values()];
}

function unknownZone(zone: string, { name, location }: DesiredJob): Diagnostic {
  return {
    severity: 'error',
    code: 'zone-unknown',
    message: `The database does not know time zone ${zone}: ${name} and every other job in it will fail to be fired`,
    hint: 'Its time zone data is older than this name: update PostgreSQL (or its tzdata), or name a place with the same clocks',
    location,
  };
}

function otherClocks(
  { zone, at, offset }: { readonly zone: string; readonly at: number; readonly offset: number },
  { location }: DesiredJob,
): Diagnostic {
  const day = new Date(at).toISOString().slice(0, 10);
  return {
    severity: 'warning',
    code: 'zone-clocks',
    message: `The database and this plan disagree about ${zone}: on ${day} its clocks show ${utc(offset)} for the database and ${utc(offsetAt(zone, at))} here. Next runs are printed by ours; jobs run by those of the database`,
    hint: 'One of both has old time zone data: update PostgreSQL (or its tzdata), or Node',
    location,
  };
}

/** `-450` -> `UTC-07:30`. */
function utc(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  const digits = (value: number): string => String(value).padStart(2, '0');
  return `UTC${sign}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}
