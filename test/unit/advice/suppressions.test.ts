import { describe, expect, it } from 'vitest';
import {
  globMatcher,
  judgeSuppressions,
  suppress,
} from '../../../actions/_shared/checks/advice/suppressions.ts';
import { found, policy, suppressionOf } from './scans.ts';

describe('a glob', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['abc', 'xabc', false],
    ['a*c', 'ac', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*', '', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*ab', 'aab', true],
    ['ab*ab', 'ab', false],
    ['ab*ab', 'abab', true],
    ['f(*)', 'f(uuid,text)', true],
    ['f.x', 'fyx', false],
    ['[a]', 'a', false],
  ])('%s on %s: %s', (glob, text, expected) => {
    expect(globMatcher(glob)(text)).toBe(expected);
  });

  it('takes no long time over many stars', () => {
    const started = performance.now();
    expect(globMatcher(`${'*a'.repeat(100)}b`)('a'.repeat(300))).toBe(false);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

const today = '2026-11-21';
const judge = (
  findings: ReturnType<typeof suppress>,
  suppressions: Parameters<typeof suppress>[1],
  silent: readonly string[] = [],
): readonly string[] =>
  judgeSuppressions(findings, { suppressions, rules: policy().rules, today, silent }).map(
    ({ finding, object }) => `${finding.name} ${finding.level} ${object}`,
  );

describe('a suppression', () => {
  it('holds through its last day, by the day in UTC, and is over on the next', () => {
    const findings = [found('no_primary_key', 'public_log')];
    for (const [expires, holds] of [
      ['2026-11-20', false],
      ['2026-11-21', true],
      ['2027-01-01', true],
    ] as const) {
      const [marked] = suppress(findings, [suppressionOf('no_primary_key_*', expires)], today);
      expect(marked?.suppression !== null).toBe(holds);
    }
  });

  it('that is over is a finding, and what it hid is back', () => {
    const over = suppressionOf('no_primary_key_*', '2026-11-20');
    const marked = suppress([found('no_primary_key', 'public_log')], [over], today);
    expect(marked.map(({ suppression }) => suppression)).toEqual([null]);
    expect(judge(marked, [over])).toEqual(['suppression_expired WARN no_primary_key_*']);
    const [finding] = judgeSuppressions(marked, {
      suppressions: [over],
      rules: policy().rules,
      today,
      silent: [],
    });
    expect(finding?.finding.detail).toMatch(/@platform-team.*2026-11-20.*1 findings are back/);
  });

  it('that nothing needs is a note, unless a rule it could be about was silent', () => {
    const idle = suppressionOf('no_primary_key_public_*');
    const marked = suppress([found('unused_index', 'public_log')], [idle], today);
    expect(judge(marked, [idle])).toEqual(['suppression_unused INFO no_primary_key_public_*']);
    expect(judge(marked, [idle], ['no_primary_key'])).toEqual([]);
    expect(judge(marked, [idle], ['unused_index'])).toHaveLength(1);
    expect(judge(marked, [suppressionOf('no_*_key_public_log')], ['no_primary_key'])).toEqual([]);
  });

  it('that is used is not mentioned, and of two that match the first counts', () => {
    const [first, second] = [suppressionOf('no_primary_key_*'), suppressionOf('no_primary_key_public_*')];
    const marked = suppress([found('no_primary_key', 'public_log')], [first, second], today);
    expect(marked[0]?.suppression).toBe(first);
    expect(judge(marked, [first, second])).toEqual(['suppression_unused INFO no_primary_key_public_*']);
  });
});
