import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../actions/_shared/reconcile/canonical-json.ts';

describe('canonical JSON', () => {
  it.each([
    [{ bb: 1, a: 2, aa: 3, c: [] }, '{"a": 2, "c": [], "aa": 3, "bb": 1}'],
    [{ a: undefined, b: null }, '{"b": null}'],
    [[1, 'x', true, { z: {} }], '[1, "x", true, {"z": {}}]'],
    [{ é: 1, zz: 2, abc: 3 }, '{"zz": 2, "é": 1, "abc": 3}'],
    ['tab\t"quote" \u0001 \u2028 é', '"tab\\t\\"quote\\" \\u0001 \u2028 é"'],
    [-0, '0'],
    [1.5, '1.5'],
    [1e21, '1000000000000000000000'],
    [1.5e-7, '0.00000015'],
    [-1.25e22, '-12500000000000000000000'],
    [123456789012345680000, '123456789012345680000'],
  ])('of %j is what Postgres prints', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});
