/**
 * The five fields of a cron schedule as pg_cron 1.6 knows them: bounds, names and what `H` may choose from.
 */

export type FieldName = 'minute' | 'hour' | 'day' | 'month' | 'weekday';

export interface FieldRule {
  readonly name: FieldName;
  /** What a person calls it in a message. */
  readonly words: string;
  readonly low: number;
  readonly high: number;
  /** Highest value `H` spreads over: days stop at 28 so that every month has them, Sunday is only 0. */
  readonly spreadHigh: number;
  /** Three-letter names in order, the first one standing for `low`. */
  readonly names: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const;

export const FIELDS = [
  { name: 'minute', words: 'minute', low: 0, high: 59, spreadHigh: 59, names: [] },
  { name: 'hour', words: 'hour', low: 0, high: 23, spreadHigh: 23, names: [] },
  { name: 'day', words: 'day of the month', low: 1, high: 31, spreadHigh: 28, names: [] },
  { name: 'month', words: 'month', low: 1, high: 12, spreadHigh: 12, names: MONTHS },
  { name: 'weekday', words: 'day of the week', low: 0, high: 7, spreadHigh: 6, names: WEEKDAYS },
] as const satisfies readonly FieldRule[];

/** Days a month can have at most, index 1..12. */
export const LONGEST_MONTH = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
