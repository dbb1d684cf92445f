/**
 * Whether a schedule is due at an instant. The twin of SQL `ops.is_due`: a test runs both over the same cases.
 *
 * Clock changes: a job with a fixed minute and hour runs once each local day. Local times a spring-forward skips are
 * due at the instant they would have had under the old offset; local times a fall-back repeats are due the first time
 * only. A job with `*` in its minute or hour follows the clock on the wall, both passes.
 */
import type { CompiledSchedule } from '../declare/model.ts';
import { hasBit } from './masks.ts';
import { offsetAt } from './zone-offsets.ts';

const MINUTE = 60_000;
/** How far back a clock change is looked for; no zone shifts its clocks by more. */
const LOOKBACK = 3 * 60 * MINUTE;

/** Intervals and `@reboot` are due whenever they are asked: their clock is pg_cron's. */
export function isDue(compiled: Omit<CompiledSchedule, 'cronSchedule'>, at: Date): boolean {
  if (compiled.match === undefined) return true;
  const minute = Math.floor(at.getTime() / MINUTE) * MINUTE;
  return isDueAt(compiled.match, compiled.timezone, minute);
}

/** The same for a whole minute in Unix milliseconds. */
export function isDueAt(
  match: NonNullable<CompiledSchedule['match']>,
  timezone: string,
  minute: number,
): boolean {
  if (timezone === 'UTC') return matches(match, minute);
  const offset = offsetAt(timezone, minute);
  const wall = minute + offset * MINUTE;
  if (!match.fixed_time) return matches(match, wall);
  const jump = offset - offsetAt(timezone, minute - LOOKBACK);
  if (jump < 0 && offsetAt(timezone, minute + jump * MINUTE) === offset - jump) return false;
  if (matches(match, wall)) return true;
  const inSkippedTime = jump > 0 && offsetAt(timezone, minute - jump * MINUTE) === offset - jump;
  return inSkippedTime && matches(match, wall - jump * MINUTE);
}

/** `wall` is local time written as if it were UTC, Unix milliseconds. */
function matches(match: NonNullable<CompiledSchedule['match']>, wall: number): boolean {
  const date = new Date(wall);
  const minute = date.getUTCMinutes();
  const inMinute = minute < 30 ? hasBit(match.minutes_low, minute) : hasBit(match.minutes_high, minute - 30);
  if (!inMinute || !hasBit(match.hours, date.getUTCHours())) return false;
  if (!hasBit(match.months, date.getUTCMonth() + 1)) return false;
  const inDay = hasBit(match.days, date.getUTCDate()) || (match.last_day && isLastDay(date));
  const inWeekday = hasBit(match.weekdays, date.getUTCDay());
  return match.either_day ? inDay || inWeekday : inDay && inWeekday;
}

function isLastDay(date: Date): boolean {
  return new Date(date.getTime() + 24 * 60 * MINUTE).getUTCDate() === 1;
}
