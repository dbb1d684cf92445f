/**
 * When a schedule is due, as pg_cron 1.6's own parser has it, mistakes included: a stand-in that quietly did better would
 * hide them. Our lint (actions/_shared/schedule) is the strict reading; this one only ever sees what the SQL half accepted.
 */

/** A schedule in the form the scheduler asks: is this minute one of yours? */
export type CronTimes =
  | { readonly kind: 'reboot' }
  | { readonly kind: 'interval'; readonly seconds: number }
  | {
      readonly kind: 'minutes';
      /** The minute or the hour field starts with `*`; matters when the clock jumps. */
      readonly wild: boolean;
      readonly matches: (at: Date) => boolean;
    };

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const specials: Readonly<Record<string, string>> = {
  hourly: '0 * * * *',
  daily: '0 0 * * *',
  midnight: '0 0 * * *',
  weekly: '0 0 * * 0',
  monthly: '0 0 1 * *',
};

/** Reads a schedule the SQL half has accepted. Minutes match in UTC, as on hosted. */
export function readCronTimes(schedule: string): CronTimes {
  const interval = /^\s*(\d+)\s*seconds?\s*$/i.exec(schedule);
  if (interval !== null) return { kind: 'interval', seconds: Number(interval[1]) };
  const text = schedule.replace(/^([ \t]*(#[^\n]*)?\n)*[ \t]*/, '');
  if (!text.startsWith('@')) return readFields(text.split('\n', 1)[0] ?? '');
  const special = /^@([^ \t\n]*)/.exec(text)?.[1] ?? '';
  if (special === 'reboot' || special === 'restart') return { kind: 'reboot' };
  const fields = specials[special];
  // @yearly and @annually leave the month empty from 1.6.0 on: they never run.
  return fields === undefined ? { kind: 'minutes', wild: false, matches: () => false } : readFields(fields);
}

function readFields(line: string): CronTimes {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = line.split(/[ \t]+/);
  const minutes = fieldBits(minute, { low: 0, high: 59 });
  const hours = fieldBits(hour, { low: 0, high: 23 });
  const days = day === '$' ? null : fieldBits(day, { low: 1, high: 31 });
  const months = fieldBits(month, { low: 1, high: 12, names: monthNames });
  const weekdays = fieldBits(weekday, { low: 0, high: 7, names: dayNames });
  if (weekdays.has(0) || weekdays.has(7)) weekdays.add(0);
  const eitherStar = day.startsWith('*') || weekday.startsWith('*');
  const matches = (at: Date): boolean => {
    if (!minutes.has(at.getUTCMinutes()) || !hours.has(at.getUTCHours())) return false;
    if (!months.has(at.getUTCMonth() + 1)) return false;
    const onDay = days === null ? isLastDay(at) : days.has(at.getUTCDate());
    const onWeekday = weekdays.has(at.getUTCDay());
    return eitherStar ? onDay && onWeekday : onDay || onWeekday;
  };
  return { kind: 'minutes', wild: minute.startsWith('*') || hour.startsWith('*'), matches };
}

interface FieldRule {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

function fieldBits(field: string, rule: FieldRule): Set<number> {
  const bits = new Set<number>();
  let rest = field;
  for (;;) {
    const range = /^(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?/i.exec(rest);
    if (range === null) return bits;
    const [whole, from, to, step] = range;
    const low = from === undefined ? rule.low : bitOf(from, rule);
    const high = from === undefined ? rule.high : to === undefined ? low : bitOf(to, rule);
    if (step !== undefined) for (let value = low; value <= high; value += Number(step)) bits.add(value);
    else if (low <= high) for (let value = low; value <= high; value += 1) bits.add(value);
    else setReversed(bits, low, high, rule.low);
    rest = rest.slice(whole.length);
    // Anything but another range is skipped up to the next blank.
    if (!rest.startsWith(',')) return bits;
    rest = rest.slice(1);
  }
}

/** The C macro that sets a run of bits works byte by byte and does not look whether the run goes backwards. */
function setReversed(bits: Set<number>, low: number, high: number, offset: number): void {
  const start = low - offset;
  const stop = high - offset;
  if (start >> 3 === stop >> 3) return;
  for (let bit = start; bit <= (start | 7); bit += 1) bits.add(bit + offset);
  for (let bit = stop & ~7; bit <= stop; bit += 1) bits.add(bit + offset);
}

function bitOf(word: string, rule: FieldRule): number {
  const named = rule.names?.indexOf(word.toLowerCase()) ?? -1;
  return named >= 0 ? named + rule.low : Number(word);
}

function isLastDay(at: Date): boolean {
  return new Date(at.getTime() + 86_400_000).getUTCDate() === 1;
}
