import { describe, expect, it } from 'vitest';
import { makeFinding } from '../../../actions/_shared/checks/finding.ts';
import { indexByName } from '../../../actions/_shared/checks/name-index.ts';
import { fitsGlob, isMeant } from '../../../actions/_shared/declare/names.ts';
import { compileSchedule } from '../../../actions/_shared/schedule/compile-schedule.ts';
import { isDue } from '../../../actions/_shared/schedule/is-due.ts';
import { lastDue } from '../../../actions/_shared/schedule/last-due.ts';
import { seededRandom } from '../declare/random.ts';

const parts = {
  name: 'a_rule',
  level: 'WARN',
  title: 't',
  detail: 'd',
  remediation: 'r',
  cache_key: 'k',
} as const;

describe('a finding', () => {
  it('holds nothing that looks like a secret, and nothing its maker knows to be one', () => {
    const found = makeFinding(
      {
        ...parts,
        detail: 'Bearer abcdef0123456789 and hunter2',
        evidence: {
          deep: [{ url: 'https://user:hunter2@x.example' }],
          key: 'sb_secret_abcdef0123456789',
          'sk-abcdefghijklmnopqrstuvwx': 1,
        },
      },
      (text) => text.replaceAll('hunter2', '***'),
    );

    expect(JSON.stringify(found)).not.toMatch(/abcdef|hunter2/);
  });

  it('is bounded whatever it is given, and stays JSON', () => {
    const nested: Record<string, unknown> = {};
    let at = nested;
    for (let depth = 0; depth < 50; depth += 1) {
      const deeper: Record<string, unknown> = {};
      at.deeper = deeper;
      at = deeper;
    }
    const found = makeFinding({
      ...parts,
      title: 'x'.repeat(10_000),
      detail: `${'y'.repeat(999)}\u{1F600}\u0000\u001b[2J`,
      remediation: 'z\n'.repeat(10_000),
      evidence: {
        at: new Date(0),
        broken: new Date(Number.NaN),
        big: 12n,
        nan: Number.NaN,
        nothing: undefined,
        list: Array.from({ length: 1000 }, (_, index) => index),
        long: 'w'.repeat(10_000),
        nested,
        ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 'v'.repeat(400)])),
      },
    });

    expect(JSON.stringify(found).length).toBeLessThan(9000);
    expect(found.evidence).toMatchObject({
      at: '1970-01-01T00:00:00.000Z',
      broken: null,
      big: '12',
      nan: 'NaN',
      truncated: true,
    });
    expect(found.evidence).not.toHaveProperty('nothing');
    expect(found.detail).not.toMatch(/p{Cc}|[\ud800-\udbff]$/);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });
});

describe('globs', () => {
  it.each([
    ['*', '', true],
    ['a*', 'a', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abb', false],
    ['?_one', 'a_one', true],
    ['?_one', 'ab_one', false],
    ['a.c', 'abc', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['A', 'a', false],
  ])('%s and %s: %s', (glob, name, expected) => {
    expect(fitsGlob(glob, name)).toBe(expected);
  });

  it('that would make others backtrack end quickly', () => {
    const started = performance.now();
    expect(fitsGlob(`${'*a'.repeat(90)}b`, 'a'.repeat(5000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('find in an index what they find one by one', () => {
    const random = seededRandom(5);
    const word = (): string =>
      Array.from({ length: 1 + random.below(4) }, () => random.pick(['a', 'b', '_'])).join('');
    const names = [...new Set(Array.from({ length: 60 }, word))];
    const index = indexByName(names, (name) => name);
    for (let round = 0; round < 500; round += 1) {
      const glob = (): string =>
        Array.from({ length: 1 + random.below(3) }, () => random.pick(['a', 'b', '_', '*', '?'])).join('');
      const wanted = {
        names: Array.from({ length: 1 + random.below(2) }, glob),
        except: random.below(2) === 0 ? [] : [glob()],
      };
      expect(index.select(wanted), JSON.stringify(wanted)).toEqual(
        names.filter((name) => isMeant(wanted, name)).sort(),
      );
    }
  });
});

describe('the last time a schedule was due', () => {
  it.each([
    '* * * * *',
    '*/7 * * * *',
    '5 3 * * *',
    '0 0 $ * *',
    '30 2 * * sun',
    '15 9-17/2 1,15 * mon',
    '0 12 29 2 *',
  ])('%s is the last minute at which it is due', (source) => {
    const random = seededRandom(source.length);
    for (const timezone of ['UTC', 'America/New_York', 'Asia/Kolkata']) {
      const compiled = compileSchedule({ name: 'x', source, timezone });
      for (let round = 0; round < 12; round += 1) {
        const until = Date.UTC(
          2026,
          random.below(12),
          1 + random.below(28),
          random.below(24),
          random.below(60),
          random.below(60),
        );
        const after = until - random.pick([3, 90, 2000, 9000] as const) * 60_000;
        let expected: number | null = null;
        for (let at = Math.floor(until / 60_000) * 60_000; at > after && expected === null; at -= 60_000) {
          if (isDue(compiled, new Date(at))) expected = at;
        }
        expect(lastDue(compiled, { after, until }), `${timezone} ${new Date(until).toISOString()}`).toBe(
          expected,
        );
      }
    }
  });
});
