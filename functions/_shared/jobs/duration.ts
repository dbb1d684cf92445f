/** A length of time as people write it: `500ms`, `30s`, `5m`, `2h`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration; `undefined` for a text that is none. */
export function milliseconds(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const size = UNITS[unit];
  return amount === undefined || size === undefined ? undefined : Math.round(Number(amount) * size);
}
