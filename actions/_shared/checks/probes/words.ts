/** Numbers and times as findings say them. */
import { formatDuration } from '../../declare/duration.ts';

/** `2h5m`, to the second; the two largest units for what is long. */
export function words(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds / 1000) * 1000);
  if (milliseconds > 0 && whole === 0) return `${Math.round(milliseconds)}ms`;
  const parts = formatDuration(whole).match(/\d+(?:ms|[smhd])/g) ?? ['0s'];
  return parts.slice(0, 2).join('');
}

/** `12%`, `89.7%`. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

/** `1 job`, `3 jobs`, `3 batches`. */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : nouns}`;
}

/** A moment, to the second, in UTC. */
export function moment(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
