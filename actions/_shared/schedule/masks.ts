/**
 * Sets of small numbers as bit masks, the form TypeScript and SQL share. A mask with bit 31 set is larger than a
 * signed 32-bit integer: always read through `hasBit`, always write through `maskOf`.
 */

/** Bit n stands for the value n (0..31). */
export function maskOf(values: Iterable<number>): number {
  let mask = 0;
  for (const value of values) mask |= 1 << value;
  return mask >>> 0;
}

export function hasBit(mask: number, value: number): boolean {
  return ((mask >>> value) & 1) === 1;
}

/** The values of a mask in ascending order. */
export function valuesOf(mask: number): readonly number[] {
  const values: number[] = [];
  for (let value = 0; value < 32; value += 1) {
    if (hasBit(mask, value)) values.push(value);
  }
  return values;
}
