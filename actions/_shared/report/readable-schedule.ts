/** A schedule as people read it. Injected into the renderers, so that they stay free of parsing and of the clock. */
export interface ReadableSchedule {
  /** In words, for example `every 30 minutes`. */
  readonly words: string;
  /** IANA name the schedule is written in. */
  readonly timezone: string;
  /** The next `count` instants after `from`. */
  readonly next: (from: Date, count: number) => readonly Date[];
}

/** A schedule as it stands in a plan: the name matters because `H` is hashed by it. */
export interface WrittenSchedule {
  readonly name: string;
  readonly source: string;
  readonly timezone: string;
}

/** Turns a written schedule into a readable one; null when it cannot be read (a hand-made job may hold anything). */
export type ScheduleReader = (schedule: WrittenSchedule) => ReadableSchedule | null;

/** One next run, ready to print: UTC first, then the schedule's own time zone when it is another one. */
export interface PrintedRun {
  readonly utc: string;
  readonly local: string | null;
}

/**
 * Formats an instant for people, to the minute, in 24-hour time.
 *
 * @param timezone IANA name; the local half is null for UTC.
 */
export function printRun(at: Date, timezone: string): PrintedRun {
  const utc = `${printInZone(at, 'UTC', true)} UTC`;
  if (timezone === 'UTC' || timezone === 'Etc/UTC') return { utc, local: null };
  const sameDay = printInZone(at, 'UTC', true).slice(0, 10) === printInZone(at, timezone, true).slice(0, 10);
  return { utc, local: `${printInZone(at, timezone, !sameDay)} ${timezone}` };
}

function printInZone(at: Date, timezone: string, withDate: boolean): string {
  const parts = new Map(
    formatterFor(timezone)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  const read = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const seconds = read('second') === '00' ? '' : `:${read('second')}`;
  const time = `${read('hour')}:${read('minute')}${seconds}`;
  return withDate ? `${read('year')}-${read('month')}-${read('day')} ${time}` : time;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatters.set(timezone, made);
  return made;
}
