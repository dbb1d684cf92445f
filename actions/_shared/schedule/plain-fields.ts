/** Fields written from the values that match, so plainly that their words can only be right. */
import type { CompiledSchedule } from '../declare/model.ts';
import { valuesOf } from './masks.ts';

type Match = NonNullable<CompiledSchedule['match']>;

/** More values than a person wants to read one by one, when there is another way to say them. */
const MOST_LISTED = 6;

export function plainMinutes(match: Match): string {
  const values = [...valuesOf(match.minutes_low), ...valuesOf(match.minutes_high).map((value) => value + 30)];
  return values.length === 2 && stepOf(values) === 30 && values[0] === 0
    ? '*/30'
    : (evenSteps(values, 0, 59) ?? plain(values, 0, 59));
}

/** Whole hours (`9-10` with every minute) are a span of time even when they are two only. */
export function plainHours(match: Match): string {
  const values = valuesOf(match.hours);
  const oneMinute = valuesOf(match.minutes_low).length + valuesOf(match.minutes_high).length === 1;
  if (!oneMinute && values.length === 2 && stepOf(values) === 1) return `${values[0]}-${values[1]}`;
  return evenSteps(values, 0, 23) ?? plain(values, 0, 23);
}

/** Days of the month; every second one is the only step people speak of. */
export function plainDays(mask: number): string {
  const values = valuesOf(mask);
  return values.length === 16 && stepOf(values) === 2 ? '*/2' : plain(values, 1, 31);
}

export function plainMonths(mask: number): string {
  const values = valuesOf(mask);
  return evenSteps(values, 1, 12) ?? plain(values, 1, 12);
}

/** Days by name; a week that runs into Sunday ends with it. */
export function plainWeekdays(mask: number): string {
  const values = valuesOf(mask);
  if (values.length === 7) return '*';
  if (values.join() === '0,6') return '6-7';
  const sundayLast = values.map((value) => (value === 0 ? 7 : value)).sort((a, b) => a - b);
  for (const run of [values, sundayLast]) if (isRun(run)) return `${run[0]}-${run.at(-1)}`;
  return values.join(',');
}

// `*` and steps, where the same step leads over the end as well.
function evenSteps(values: readonly number[], low: number, high: number): string | null {
  const size = high - low + 1;
  if (values.length === size) return '*';
  const step = stepOf(values);
  const isEven = step !== null && values[0] === low && step * values.length === size && values.length > 2;
  return isEven ? `*/${step}` : null;
}

function plain(values: readonly number[], low: number, high: number): string {
  if (values.length === high - low + 1) return '*';
  if (isRun(values)) return `${values[0]}-${values.at(-1)}`;
  const step = stepOf(values);
  return step !== null && values.length > MOST_LISTED
    ? `${values[0]}-${values.at(-1)}/${step}`
    : runs(values).join(',');
}

/** Neighbours in threes and more as ranges. */
function runs(values: readonly number[]): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at < values.length; ) {
    let end = at;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    const run = values.slice(at, end + 1);
    parts.push(...(isRun(run) ? [`${run[0]}-${run.at(-1)}`] : run.map(String)));
    at = end + 1;
  }
  return parts;
}

function isRun(values: readonly number[]): boolean {
  return values.length > 2 && stepOf(values) === 1;
}

/** The distance between neighbours, where it is always the same. */
function stepOf(values: readonly number[]): number | null {
  const [first, second] = values;
  if (first === undefined || second === undefined) return null;
  return values.every((value, index) => value === first + index * (second - first)) ? second - first : null;
}
