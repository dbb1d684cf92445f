/** Every minute of a window at which a schedule is due: the simulation behind the stampede report. */
import type { CompiledSchedule } from '../declare/model.ts';
import { isDueAt } from './is-due.ts';
import { hasBit, valuesOf } from './masks.ts';
import { offsetAt } from './zone-offsets.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 1440;

type Match = NonNullable<CompiledSchedule['match']>;

/** A whole number of minutes since the Unix epoch, and how many minutes follow. */
export interface Window {
  readonly start: number;
  readonly length: number;
}

/** Ascending indexes into the window (0 = its first minute). Local days are walked, so most days cost nothing. */
export function dueMinutes(
  schedule: { readonly match: Match; readonly timezone: string },
  window: Window,
): readonly number[] {
  const { match, timezone } = schedule;
  const offsets = offsetsWithin(timezone, window);
  const times = timesOfDay(match);
  const end = window.start + window.length;
  const found: number[] = [];
  const [only] = offsets;
  const certain = offsets.length === 1;
  for (const offset of certain && only !== undefined ? [only] : offsets) {
    const firstDay = Math.floor((window.start + offset) / DAY_MINUTES);
    const lastDay = Math.floor((end - 1 + offset) / DAY_MINUTES);
    for (let day = firstDay; day <= lastDay; day += 1) {
      if (!dayMatches(match, day)) continue;
      const base = day * DAY_MINUTES - offset;
      for (const time of times) {
        const at = base + time;
        if (at < window.start || at >= end) continue;
        if (certain || isDueAt(match, timezone, at * MINUTE)) found.push(at - window.start);
      }
    }
  }
  return certain ? found : [...new Set(found)].sort((a, b) => a - b);
}

/** Offsets the zone has in the window and just before it, in minutes. */
function offsetsWithin(timezone: string, window: Window): readonly number[] {
  const offsets = new Set<number>();
  for (let at = window.start - DAY_MINUTES; at < window.start + window.length + 60; at += 60) {
    offsets.add(offsetAt(timezone, at * MINUTE));
    if (timezone === 'UTC') break;
  }
  return [...offsets];
}

function timesOfDay(match: Match): readonly number[] {
  const minutes = [
    ...valuesOf(match.minutes_low),
    ...valuesOf(match.minutes_high).map((value) => value + 30),
  ];
  return valuesOf(match.hours).flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
}

/** `day` counts local days since 1970-01-01. */
function dayMatches(match: Match, day: number): boolean {
  const date = new Date(day * DAY_MINUTES * MINUTE);
  if (!hasBit(match.months, date.getUTCMonth() + 1)) return false;
  const isLast = match.last_day && new Date((day + 1) * DAY_MINUTES * MINUTE).getUTCDate() === 1;
  const inDay = isLast || hasBit(match.days, date.getUTCDate());
  const inWeekday = hasBit(match.weekdays, date.getUTCDay());
  return match.either_day ? inDay || inWeekday : inDay && inWeekday;
}
