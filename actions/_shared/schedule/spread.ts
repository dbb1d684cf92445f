/**
 * Where `H` lands: a stable number drawn from the job's name, so that many jobs written `H * * * *` spread over the
 * hour, and one job never moves by itself. The recipe is part of the language and never changes: 32-bit FNV-1a over
 * the UTF-8 bytes of `<job name>/<field name>`, finished with murmur3's mixer, then modulo the size of the range.
 */
import type { FieldName } from './fields.ts';

const encoder = new TextEncoder();

/** The 32-bit number `H` is drawn from, 0..2^32-1. */
export function spreadHash(job: string, field: FieldName): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(`${job}/${field}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The value `H` takes in `low..high`, both included. */
export function spreadValue(job: string, field: FieldName, low: number, high: number): number {
  return low + (spreadHash(job, field) % (high - low + 1));
}
