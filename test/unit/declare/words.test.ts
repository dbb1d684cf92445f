import { describe, expect, it } from 'vitest';
import { closestWord } from '../../../actions/_shared/declare/closest-word.ts';
import { formatDuration, parseDuration } from '../../../actions/_shared/declare/duration.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['14d', 1_209_600_000],
    ['1m500ms', 60_500],
    ['1d2h3m4s5ms', 93_784_005],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('90 seconds are written shortest', () => {
    expect(formatDuration(90_000)).toBe('1m30s');
    expect(formatDuration(0)).toBe('0s');
  });
});

describe('the nearest word', () => {
  const keys = ['schedule', 'timezone', 'call', 'retry', 'overlap'];
  it.each([
    ['shedule', 'schedule'],
    ['Schedule', 'schedule'],
    ['time_zone', 'timezone'],
    ['retri', 'retry'],
    ['cal', 'call'],
    ['cron', undefined],
    ['x', undefined],
    ['', undefined],
    ['completely_else', undefined],
  ])('%s -> %s', (word, nearest) => {
    expect(closestWord(word, keys)).toBe(nearest);
  });
});
