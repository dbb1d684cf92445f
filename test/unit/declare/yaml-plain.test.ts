import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readYamlDocument } from '../../../actions/_shared/declare/yaml-document.ts';
import { readPlainYaml } from '../../../actions/_shared/declare/yaml-plain.ts';
import { mutate } from './mutate.ts';
import { seededRandom } from './random.ts';
import { FULL_JOB, SQL_JOB } from './samples.ts';

function full(text: string): { readonly value: unknown; readonly faults: number } {
  let faults = 0;
  const { value } = readYamlDocument(text, () => {
    faults += 1;
  });
  return { value, faults };
}

const LISTED_MAPS =
  'description: x\nsuppressions:\n  - cache_key: "a.b()"\n    owner: "@team"\n    reason: "only: this"\n  - cache_key: c\n    # d\n    expires: 2027-05-31\n    to: [1, 2]\n    deep:\n      - e: f\n';

const RUNBOOKS = new URL('../../../runbooks/', import.meta.url);

/** Every file of this repository, so that none of them makes each start load the full parser. */
function realFiles(): Record<string, string> {
  const paths = readdirSync(RUNBOOKS, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.yaml'),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, RUNBOOKS), 'utf8')]));
}

describe('the plain reader', () => {
  it.each(Object.entries({ ...realFiles(), full: FULL_JOB, sql: SQL_JOB }))(
    'reads %s itself, as the full parser does',
    (_, text) => {
      const plain = readPlainYaml(text);
      expect(plain).not.toBeNull();
      expect(plain?.value).toEqual(full(text).value);
    },
  );

  it.each([
    ['scalars', 'a: text\nb: 1\nc: -7\nd: true\ne: null\nf: ~\ng:\nh: 30s\ni: 0 * * * *\nj: ^https://x\n'],
    ['quotes', 'a: "x # y"  # comment\nb: \'it is\'\nc: ""\n'],
    ['lists', 'a:\n- x\n- 2\nb:\n  - [1, two]\n  - { c: d }\n'],
    ['empty', 'a: {}\nb: []\n'],
    [
      'maps in lists',
      'a:\n  - b: c # d\n\n    # e\n    f:\n      g: 1\n  -   h:\n      - i\n      j: [2]\n  - k:\n  - l: |\n      m\n\n      n: o\nb:\n- c: 1\n- d\n',
    ],
    ['a block at the end', 'a:\n  b: |\n    one\n\n      two\n    three\n\n\n'],
    ['a stripped block', 'a: |-\n  one\n  two\nb: 1\n'],
    ['comments everywhere', '# a\na: 1 # b\n\n# c\nb:\n  # d\n  c: 2\n'],
    ['keys in any order of depth', 'a:\n    b:\n        c: 1\n    d: 2\ne: 3\n'],
  ])('reads %s', (_, text) => {
    expect(readPlainYaml(text)?.value).toEqual(full(text).value);
    expect(full(text).faults).toBe(0);
  });

  it.each([
    ['no newline at the end', 'a: 1'],
    ['a tab', 'a:\t1\n'],
    ['windows line ends', 'a: 1\r\n'],
    ['a duplicate key', 'a: 1\na: 2\n'],
    ['an anchor', 'a: &x 1\n'],
    ['an alias', 'a: *x\n'],
    ['a tag', 'a: !!str 1\n'],
    ['an escape', 'a: "\\n"\n'],
    ['text over two lines', 'a: one\n  two\n'],
    ['folded text', 'a: >\n  one\n'],
    ['a flow over two lines', 'a: [1,\n  2]\n'],
    ['a second document', 'a: 1\n---\nb: 2\n'],
    ['numbers with more than one reading', 'a: 1e3\n'],
    ['hexadecimal', 'a: 0x1F\n'],
    ['a leading zero', 'a: 007\n'],
    ['an unquoted at sign', 'a: @x\n'],
    ['a colon in plain text', 'a: b: c\n'],
    ['a list in a list', 'a:\n  - - b\n'],
    ['a map in a list whose keys do not line up', 'a:\n  - b: c\n   d: e\n'],
    ['text over two lines in a list', 'a:\n  - b: c\n    d\n'],
    ['__proto__', '__proto__: 1\n'],
    ['wrong indentation', 'a:\n    b: 1\n  c: 2\n'],
    ['an empty file', '\n'],
  ])('leaves %s to the full parser', (_, text) => {
    expect(readPlainYaml(text)).toBeNull();
  });

  it('never differs from the full parser, on twenty thousand damaged files', () => {
    const random = seededRandom(7);
    const sources = [...Object.values(realFiles()), FULL_JOB, SQL_JOB, LISTED_MAPS];
    let own = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const text = mutate(sources[round % sources.length] ?? '', random);
      const plain = readPlainYaml(text);
      if (plain === null) continue;
      own += 1;
      const reference = full(text);
      expect(reference.faults, text).toBe(0);
      expect(plain.value, text).toEqual(reference.value);
    }
    expect(own).toBeGreaterThan(4_000);
  }, 120_000);
});
