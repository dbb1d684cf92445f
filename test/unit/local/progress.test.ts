import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress, type ProgressStream } from '../../../local/progress.ts';
import { Stopped } from '../../../local/stopped.ts';

/** A stream that remembers; a terminal when given a width. */
function stream(columns?: number): ProgressStream & { readonly text: () => string } {
  let written = '';
  return {
    write: (chunk: string | Uint8Array) => {
      written += String(chunk);
      return true;
    },
    ...(columns === undefined ? {} : { isTTY: true, columns, hasColors: () => false }),
    text: () => written,
  };
}

/** What a person sees in the end: rows that were emptied show what was written last. */
const seen = (text: string) =>
  text.split('\n').map(
    (row) =>
      row
        .split('\r\u001b[K')
        .at(-1)
        ?.replace(/^[^\r]*\r/, '') ?? '',
  );

afterEach(() => vi.unstubAllEnvs());

describe('progress', () => {
  it('gives a line that comes while a step is shown a row of its own', async () => {
    vi.stubEnv('TERM', 'xterm');
    const out = stream(80);
    const progress = createProgress(out);
    await progress.step('PostgreSQL', async () => progress.line('  Creating a cluster'));

    expect(seen(out.text())).toEqual([
      '  Creating a cluster',
      expect.stringMatching(/^✓ PostgreSQL \([\d.]+ s\)$/),
      '',
    ]);
  });

  it('cuts what is shown of a running step where the row ends, since two rows could not be overwritten', async () => {
    vi.stubEnv('TERM', 'xterm');
    const out = stream(20);
    await createProgress(out).step('a step with a rather long name', async () => undefined);

    const [shown = ''] = out.text().split('\r');
    expect(shown.length).toBeLessThan(20);
    expect(out.text()).toContain('✓ a step with a rather long name');
  });

  it('is plain lines in a pipe, and on a terminal that knows no sequences', async () => {
    vi.stubEnv('TERM', 'dumb');
    for (const out of [stream(), stream(80)]) {
      await createProgress(out).step(
        'one',
        async () => 1,
        (made) => `made ${made}`,
      );
      expect(out.text()).toMatch(/^✓ one: made 1 \([\d.]+ s\)\n$/);
    }
  });

  it('begins no step once the start is to stop, and does not take what breaks then for a fault', async () => {
    const controller = new AbortController();
    const progress = createProgress(stream(), controller.signal);
    const broken = progress.step('one', async () => {
      controller.abort();
      throw new Error('connection lost');
    });
    await expect(broken).rejects.toBeInstanceOf(Stopped);

    const work = vi.fn(async () => undefined);
    await expect(progress.step('two', work)).rejects.toBeInstanceOf(Stopped);
    expect(work).not.toHaveBeenCalled();
  });
});
