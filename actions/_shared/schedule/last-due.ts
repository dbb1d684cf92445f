/** The latest minute at which a schedule was due: what a job that is late should have run for. */
import type { CompiledSchedule } from '../declare/model.ts';
import { dueMinutes } from './due-minutes.ts';

const MINUTE = 60_000;
/** Looked back through in turn: most schedules are due within the first. */
const SPANS = [60, 1440, 8 * 1440, 32 * 1440, 367 * 1440] as const;

/** The parts of a compiled schedule that say when it is due. */
export interface DueSchedule {
  readonly timezone: string;
  /** Of an interval. */
  readonly seconds?: number | undefined;
  readonly match?: CompiledSchedule['match'] | undefined;
}

/**
 * The latest due instant after `after` and not after `until`, in Unix milliseconds; null when there is none. Intervals
 * count from `after`; `@reboot` is never due.
 */
export function lastDue(
  schedule: DueSchedule,
  { after, until }: { readonly after: number; readonly until: number },
): number | null {
  if (schedule.seconds !== undefined) {
    const step = schedule.seconds * 1000;
    const times = Math.floor((until - after) / step);
    return times >= 1 ? after + times * step : null;
  }
  const { match, timezone } = schedule;
  if (match === undefined) return null;
  const end = Math.floor(until / MINUTE) + 1;
  const first = Math.floor(after / MINUTE) + 1;
  for (const span of SPANS) {
    const start = Math.max(first, end - span);
    if (start >= end) return null;
    const found = dueMinutes({ match, timezone }, { start, length: end - start }).at(-1);
    if (found !== undefined) return (start + found) * MINUTE;
    if (start === first) return null;
  }
  return null;
}
