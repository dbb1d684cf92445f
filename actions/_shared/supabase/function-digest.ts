import { hash } from 'node:crypto';

/**
 * Digest of a function's files, whatever their order: equal when a deploy would upload the same thing.
 *
 * @param settings further values that make a difference, such as `verify_jwt`
 * @returns 64 hexadecimal characters
 */
export function hashFunction(
  files: readonly { readonly path: string; readonly sha256: string }[],
  settings: Readonly<Record<string, string | boolean | readonly string[] | null>>,
): string {
  const named = files
    .map(({ path: file, sha256 }) => [file, sha256] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify({ files: named, settings: sorted }), 'hex');
}

const digests = new WeakMap<Buffer, string>();

/** SHA-256 of a content in hexadecimal, worked out once for each buffer. */
export function contentDigest(content: Buffer): string {
  const known = digests.get(content);
  if (known !== undefined) return known;
  const digest = hash('sha256', content, 'hex');
  digests.set(content, digest);
  return digest;
}
