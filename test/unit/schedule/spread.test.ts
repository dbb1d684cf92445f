import { describe, expect, it } from 'vitest';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { spreadHash, spreadValue } from '../../../actions/_shared/schedule/spread.ts';

const expression = (name: string, source: string): string => compileSchedule({ name, source }).expression;

describe('H', () => {
  it('never changes what it means: these numbers are part of the language', () => {
    expect(spreadHash('sync', 'minute')).toBe(PINNED.hash);
    expect(expression('sync', 'H H * * *')).toBe(PINNED.daily);
    expect(expression('ops_prune_history', 'H 4 * * *')).toBe(PINNED.prune);
  });

  it.each([
    ['H * * * *', /^\d+ \* \* \* \*$/],
    ['H/15 * * * *', /^\d+-59\/15 \* \* \* \*$/],
    ['H(0-29) * * * *', /^(?:[0-9]|1\d|2\d) \* \* \* \*$/],
    ['H(0-29)/10 * * * *', /^\d-29\/10 \* \* \* \*$/],
    ['0 H(1-3) * * *', /^0 [123] \* \* \*$/],
    ['0 0 H * *', /^0 0 (?:[1-9]|1\d|2[0-8]) \* \*$/],
    ['0 0 1 H *', /^0 0 1 (?:[1-9]|1[0-2]) \*$/],
    ['0 0 * * H', /^0 0 \* \* [0-6]$/],
    ['H,30 * * * *', /^\d+,30 \* \* \* \*$/],
    ['H/59 * * * *', /^(?:\d+|0-59\/59) \* \* \* \*$/],
  ])('%s stays in its range, whatever the name', (source, shape) => {
    for (let index = 0; index < 300; index += 1) expect(expression(`job-${index}`, source)).toMatch(shape);
  });

  it('spreads a fleet evenly over the hour', () => {
    const counts = new Array<number>(60).fill(0);
    for (let index = 0; index < 6000; index += 1) {
      const minute = spreadValue(`tenant-${index}`, 'minute', 0, 59);
      counts[minute] = (counts[minute] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(145);
  });

  it('draws minute and hour independently', () => {
    const pairs = new Set(Array.from({ length: 500 }, (_, index) => expression(`job-${index}`, 'H H * * *')));
    expect(pairs.size).toBeGreaterThan(380);
  });
});

const PINNED = { hash: 947_687_364, daily: '24 7 * * *', prune: '30 4 * * *' };
