import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../../actions/_shared/io/errors.ts';
import { reportFailure } from '../../../actions/_shared/io/report-failure.ts';

afterEach(() => vi.restoreAllMocks());

/** What a person reads about an error. */
function told(error: unknown): string {
  let text = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  expect(reportFailure(error)).toBe(1);
  return text;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: words of the system`), {
    code,
    syscall: 'write',
    path: '/data/lock',
  });
}

describe('an error told to a person', () => {
  it('that is theirs to mend is said with what to do', () => {
    expect(told(new ConfigurationError('It is not there.', { hint: 'Make it.' }))).toBe(
      'error: It is not there.\n  Make it.\n',
    );
  });

  it.each([
    ['ENOSPC', 'No space is left on the disk'],
    ['EROFS', 'The disk is read-only'],
    ['EMFILE', 'ulimit -n'],
  ])('of a machine that lacks something (%s) is no fault of ours', (code, words) => {
    const text = told(systemError(code));
    expect(text).toContain(words);
    expect(text).toContain('(/data/lock)');
    expect(text).not.toMatch(/fault of opsroom|\n {4}at /);
  });

  it('that nobody expected keeps its stack and its causes', () => {
    let cause: unknown;
    try {
      readFileSync('/no such file');
    } catch (error) {
      cause = error;
    }
    const text = told(new Error('lost', { cause }));
    expect(text).toMatch(/fault of opsroom[\s\S]*Error: lost[\s\S]*\n {4}at [\s\S]*caused by ENOENT/);
  });
});
