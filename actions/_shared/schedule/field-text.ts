/** Writes a set of values the way a person would in a cron field. */

/**
 * Shortest of `*`, `a-b`, `a-b/n` and lists of them for ascending `values` within `low..high`.
 * The result starts with `*` only when every value is there, because pg_cron gives a leading star a meaning.
 */
export function fieldText(values: readonly number[], low: number, high: number): string {
  if (values.length === high - low + 1) return '*';
  const step = evenStep(values);
  if (step !== null && step > 1 && values.length > 2) {
    const last = values.at(-1) ?? high;
    return `${values[0]}-${last + step > high ? high : last}/${step}`;
  }
  const parts: string[] = [];
  let start: number | null = null;
  let previous: number | null = null;
  for (const value of [...values, Number.NaN]) {
    if (previous !== null && value === previous + 1) {
      previous = value;
      continue;
    }
    if (start !== null && previous !== null) parts.push(...runText(start, previous));
    start = value;
    previous = value;
  }
  return parts.join(',');
}

function runText(start: number, end: number): readonly string[] {
  if (start === end) return [`${start}`];
  return end === start + 1 ? [`${start}`, `${end}`] : [`${start}-${end}`];
}

function evenStep(values: readonly number[]): number | null {
  const [first, second] = values;
  if (first === undefined || second === undefined) return null;
  const step = second - first;
  return values.every((value, index) => value === first + index * step) ? step : null;
}
