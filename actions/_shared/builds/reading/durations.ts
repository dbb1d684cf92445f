const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago something was, for people: `42 s ago`, `2 h ago`, `3 d ago`. */
export function agoOf(at: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1000));
  if (seconds < 2 * MINUTE) return `${seconds} s ago`;
  if (seconds < 2 * HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  return `${Math.floor(seconds / DAY)} d ago`;
}

/** How long a build took, or has taken so far; empty before it began. */
export function tookOf(
  { startedAt, finishedAt }: { readonly startedAt: Date | null; readonly finishedAt: Date | null },
  now: Date,
): string {
  if (startedAt === null) return '';
  const seconds = Math.max(0, Math.round(((finishedAt ?? now).getTime() - startedAt.getTime()) / 1000));
  return finishedAt === null ? `for ${lengthOf(seconds)} now` : `took ${lengthOf(seconds)}`;
}

function lengthOf(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`;
  return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
}
