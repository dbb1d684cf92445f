import { WriteStream } from 'node:tty';
import { afterEach, expect, it, vi } from 'vitest';
import { wantsColor } from '../../../actions/_shared/io/wants-color.ts';

afterEach(() => vi.unstubAllEnvs());

/** A terminal as Node makes one, asked without opening any. */
function terminal() {
  const { getColorDepth } = WriteStream.prototype;
  return { isTTY: true, hasColors: () => getColorDepth.call(undefined) > 1 };
}

it.each([
  ['a terminal', { TERM: 'xterm-256color' }, true],
  ['a terminal whose reader wants none', { TERM: 'xterm-256color', NO_COLOR: '1' }, false],
  ['a terminal that has none', { TERM: 'dumb' }, false],
])('%s', (_, environment, wanted) => {
  for (const name of [
    'NO_COLOR',
    'FORCE_COLOR',
    'COLORTERM',
    'CI',
    'TMUX',
    'TERM_PROGRAM',
    'NODE_DISABLE_COLORS',
  ])
    vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);

  expect(wantsColor(terminal())).toBe(wanted);
});

it('a pipe gets none', () => {
  expect(wantsColor({})).toBe(false);
});
