/** Durations as people write them: `500ms`, `30s`, `5m`, `1h30m`, `14d`. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration must look like, for zod and for editors. */
export const DURATION = /^(?:\d{1,7}(?:ms|s|m|h|d))+$/;

/** Milliseconds of a text that matches DURATION. */
export function parseDuration(text: string): number {
  let total = 0;
  let amount = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      amount = amount * 10 + digit;
      continue;
    }
    const unit = text.startsWith('ms', index) ? 'ms' : text.charAt(index);
    total += amount * (UNITS[unit] ?? 0);
    amount = 0;
    index += unit.length - 1;
  }
  return total;
}

/** The shortest exact text for whole milliseconds: 90000 -> `1m30s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.max(0, Math.round(milliseconds));
  if (rest === 0) return '0s';
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1;
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text;
}
