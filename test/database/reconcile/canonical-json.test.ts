import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalJson } from '../../../actions/_shared/reconcile/canonical-json.ts';
import { bareDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await bareDatabase(import.meta.url);
});
afterAll(() => database.drop());

/** A small reproducible source of odd values. */
function values(seed: number): unknown {
  let state = seed;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  const texts = [
    '',
    'a',
    'bb',
    'Ä',
    '日本',
    '"',
    '\\',
    '\n\t',
    '\u0001\u001f\u007f',
    '😀',
    '\ue000',
    "it's",
    '{}',
    '1',
  ];
  const numbers = [
    0,
    -0,
    1,
    -1,
    0.1,
    1e-7,
    1e21,
    -2.5e-10,
    123456789.125,
    2 ** 53,
    1.7976931348623157e308,
    5e-324,
  ];
  const make = (depth: number): unknown => {
    switch (next(depth > 3 ? 4 : 6)) {
      case 0:
        return texts[next(texts.length)];
      case 1:
        return numbers[next(numbers.length)];
      case 2:
        return next(2) === 0;
      case 3:
        return null;
      case 4:
        return Array.from({ length: next(4) }, () => make(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: next(6) }, () => [`${texts[next(texts.length)]}${next(9)}`, make(depth + 1)]),
        );
    }
  };
  return make(0);
}

it('canonical JSON is the text of the jsonb made of it, for 3,000 odd values', async () => {
  const texts = Array.from({ length: 3000 }, (_, seed) => canonicalJson(values(seed + 1)));
  const rows = await database.superuser`
    select text, text::jsonb::text as printed, encode(sha256(convert_to(text::jsonb::text, 'UTF8')), 'hex') as digest
    from json_array_elements_text(${JSON.stringify(texts)}::text::json) as text`;
  expect(rows).toHaveLength(texts.length);
  const wrong = rows.filter((row) => row.text !== row.printed);
  expect(wrong.slice(0, 3)).toEqual([]);
  const [first] = rows;
  expect(first?.digest).toBe(createHash('sha256').update(String(first?.text)).digest('hex'));
});
