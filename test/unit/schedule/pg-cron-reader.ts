/**
 * What pg_cron 1.6.7 makes of a schedule, mistakes included: an independent reader, written from the measured grammar
 * (never from our parser), that the parser is compared with. Returns null where pg_cron says `invalid schedule`.
 */
export interface PgCronReading {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly day: readonly number[];
  readonly month: readonly number[];
  readonly weekday: readonly number[];
  readonly lastDay: boolean;
  readonly dayStar: boolean;
  readonly weekdayStar: boolean;
  /** True where it accepted something that means other than it says. */
  readonly misread: boolean;
}

const BOUNDS = [
  [0, 59, []],
  [0, 23, []],
  [1, 31, []],
  [1, 12, 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')],
  [0, 7, 'sun mon tue wed thu fri sat'.split(' ')],
] as const;

/** Five fields only; macros and intervals are tables in the tests. */
export function readAsPgCron(text: string): PgCronReading | null {
  const words = text.split(/[ \t]+/).filter((word) => word !== '');
  if (words.length < 5) return null;
  let misread = words.length > 5;
  const sets: number[][] = [];
  for (const [index, [low, high, names]] of BOUNDS.entries()) {
    const word = words[index] ?? '';
    if (index === 2 && word === '$') {
      sets.push([]);
      continue;
    }
    const set = new Set<number>();
    let rest = word;
    for (;;) {
      const item = /^(?:(\*)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/([a-z0-9]+))?/i.exec(rest);
      if (item === null) return null;
      const [whole, star, first, second, stepText] = item;
      const from = star === undefined ? numberOf(first, low, names) : low;
      const to = star === undefined ? numberOf(second ?? first, low, names) : high;
      const step = stepText === undefined ? 1 : /^\d+$/.test(stepText) ? Number(stepText) : null;
      if (from === null || to === null || step === null) return null;
      if (from < low || from > high || to < low || to > high) return null;
      if (stepText !== undefined && star === undefined && second === undefined) return null;
      if (step <= 0 || step > high) return null;
      if (from > to) misread = true;
      for (let value = from; value <= to; value += step) set.add(value);
      rest = rest.slice(whole.length);
      if (!rest.startsWith(',')) break;
      rest = rest.slice(1);
    }
    if (/^[-/]/.test(rest)) return null;
    if (rest !== '') misread = true;
    if (index === 4 && (set.has(0) || set.has(7))) {
      set.add(0);
      set.delete(7);
    }
    sets.push([...set].sort((a, b) => a - b));
  }
  const [minute = [], hour = [], day = [], month = [], weekday = []] = sets;
  const lastDay = words[2] === '$';
  return {
    minute,
    hour,
    day,
    month,
    weekday,
    lastDay,
    dayStar: words[2]?.startsWith('*') === true,
    weekdayStar: words[4]?.startsWith('*') === true,
    misread,
  };
}

function numberOf(token: string | undefined, low: number, names: readonly string[]): number | null {
  const name = names.indexOf((token ?? '').toLowerCase());
  if (name >= 0) return name + low;
  return /^\d+$/.test(token ?? '') ? Number(token) : null;
}
