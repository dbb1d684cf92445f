/**
 * Offsets of a time zone from UTC, from the time zone data inside `Intl`. Asking `Intl` costs microseconds, so the
 * changes of each year are found once (weekly samples, then bisection to the minute) and kept.
 */

import { judgeTimezone, type TimezoneProblem } from './zone-names.ts';

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

/**
 * The years whose offsets a zone's UTC superset covers. Fixed, so that the same file compiles to the same schedule
 * today and next year; far enough out that a zone's current rules are all in it.
 */
const HORIZON = { from: 2025, to: 2040 } as const;

interface Change {
  /** First instant of the offset, Unix milliseconds. */
  readonly at: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

interface Zone {
  readonly ask: (at: number) => number;
  readonly years: Map<number, readonly Change[]>;
}

const zones = new Map<string, Zone>();

const judged = new Map<string, TimezoneProblem | null>();

/**
 * Checks a time zone's name: null when it is good. Asking `Intl` is slow, so each name is asked once.
 */
export function timezoneProblem(timezone: string): TimezoneProblem | null {
  const kept = judged.get(timezone);
  if (kept !== undefined) return kept;
  const problem = judgeTimezone(timezone);
  judged.set(timezone, problem);
  return problem;
}

/** Minutes east of UTC that clocks of `timezone` show at an instant (Unix milliseconds). */
export function offsetAt(timezone: string, at: number): number {
  if (timezone === 'UTC') return 0;
  const changes = changesOf(timezone, new Date(at).getUTCFullYear());
  let offset = changes[0]?.offset ?? 0;
  for (const change of changes) {
    if (change.at > at) break;
    offset = change.offset;
  }
  return offset;
}

/** Every offset the zone has within the horizon, ascending, in minutes east of UTC. */
export function offsetsOf(timezone: string): readonly number[] {
  if (timezone === 'UTC') return [0];
  const found = new Set<number>();
  for (let year = HORIZON.from; year <= HORIZON.to; year += 1) {
    for (const change of changesOf(timezone, year)) found.add(change.offset);
  }
  return [...found].sort((a, b) => a - b);
}

/** The offset at the start of a UTC year, then each change within it. */
function changesOf(timezone: string, year: number): readonly Change[] {
  const zone = zoneOf(timezone);
  const kept = zone.years.get(year);
  if (kept !== undefined) return kept;
  const end = Date.UTC(year + 1, 0);
  let at = Date.UTC(year, 0);
  let offset = zone.ask(at);
  const changes: Change[] = [{ at, offset }];
  while (at < end) {
    const next = Math.min(at + WEEK, end);
    const nextOffset = zone.ask(next);
    if (nextOffset !== offset) {
      const changed = bisect(zone.ask, at, next);
      if (changed < end) changes.push({ at: changed, offset: nextOffset });
    }
    at = next;
    offset = nextOffset;
  }
  zone.years.set(year, changes);
  return changes;
}

function bisect(ask: (at: number) => number, from: number, to: number): number {
  const before = ask(from);
  let low = from / MINUTE;
  let high = to / MINUTE;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (ask(middle * MINUTE) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE;
}

function zoneOf(timezone: string): Zone {
  const kept = zones.get(timezone);
  if (kept !== undefined) return kept;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  const zone: Zone = { ask: (at) => parseOffset(format.format(at)), years: new Map() };
  zones.set(timezone, zone);
  return zone;
}

/** `7/1/2027, GMT+05:30` -> 330. */
function parseOffset(text: string): number {
  const match = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(text);
  if (match?.[1] === undefined) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}
