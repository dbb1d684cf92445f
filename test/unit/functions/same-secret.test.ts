import { describe, expect, it } from 'vitest';
import { sameSecret } from '../../../functions/_shared/auth/same-secret.ts';

describe('comparing secrets', () => {
  it.each([
    ['s3cret', 's3cret', true],
    ['s3cret', 's3creT', false],
    ['s3cret', 's3cret ', false],
    ['', '', true],
    ['s', '', false],
    ['é', 'e\u0301', false],
  ])('finds %j and %j the same: %j', async (given, expected, same) => {
    expect(await sameSecret(given, expected)).toBe(same);
  });
});
