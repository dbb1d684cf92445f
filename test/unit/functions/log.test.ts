import { describe, expect, it } from 'vitest';
import { createLog } from '../../../functions/_shared/log/log.ts';

function logged(act: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  act(createLog((line) => lines.push(line)));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '{}');
}

describe('the log of a function', () => {
  it('writes one JSON object a line', () => {
    expect(logged((log) => log.with({ function: 'sync' }).info('done', { rows: 3 }))).toEqual({
      level: 'info',
      message: 'done',
      function: 'sync',
      rows: 3,
    });
  });

  it('hides what is named like a credential, however deep', () => {
    const line = logged((log) =>
      log.warn('odd', { token: 'abc', request: { headers: { Authorization: 'abc' }, path: '/x' } }),
    );
    expect(line.token).toBe('[redacted]');
    expect(line.request).toBe('{"headers":{"Authorization":"[redacted]"},"path":"/x"}');
  });

  it.each([
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    `ort_${'0'.repeat(64)}`,
    'sb_secret_abcdefghijklmnop',
  ])('hides %s inside other text', (secret) => {
    expect(
      JSON.stringify(logged((log) => log.error('failed', { cause: new Error(`got ${secret} back`) }))),
    ).not.toContain(secret);
  });

  it('bounds what it is given', () => {
    expect(
      JSON.stringify(logged((log) => log.info('long', { text: 'x'.repeat(50_000) }))).length,
    ).toBeLessThan(1200);
  });
});
