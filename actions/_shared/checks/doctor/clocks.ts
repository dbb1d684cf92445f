/** How far the clocks of the database and of GitHub are from the one here. */
import { type DoctorItem, itemsOf, judged } from './item.ts';

const clocks = itemsOf('clocks');

/** What another clock showed while ours showed `hereAt`; milliseconds since the epoch. */
export interface ClockReading {
  readonly at: number;
  readonly hereAt: number;
  /** How far off the reading may be by itself. */
  readonly roughMs: number;
}

const NOTICED_MS = 5_000;
const HARMFUL_MS = 60_000;

/** Late runs and expired tokens that are neither, because two clocks differ. */
export function lookAtClock(name: string, reading: ClockReading | null): DoctorItem {
  const title = `Clock of ${name}`;
  const thing = name.toLowerCase().replaceAll(/[^a-z]+/g, '_');
  if (reading === null) return clocks.unknown(thing, title, `${name} was not reached.`);
  const off = reading.at - reading.hereAt;
  const certain = Math.max(0, Math.abs(off) - reading.roughMs);
  const words = `${(Math.abs(off) / 1000).toFixed(1)} s ${off < 0 ? 'behind' : 'ahead of'} this machine`;
  return judged(clocks, thing, title, {
    good: certain < 1_000 ? 'The same as here.' : words,
    trouble:
      certain <= NOTICED_MS
        ? null
        : {
            status: certain > HARMFUL_MS ? 'error' : 'warning',
            detail: `It is ${words}.`,
            remedy:
              'Let NTP set the clock that is wrong: tokens expire, runs look late and alerts come in the wrong order by as much.',
          },
  });
}
