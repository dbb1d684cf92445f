import { hash } from 'node:crypto';

/** sha256 in hex. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

/** Digest of some fields: separators can't be forged because the unit separator is no character of a field. */
export function fieldsDigest(fields: readonly (string | boolean | null)[]): string {
  return sha256(fields.join('\u001f'));
}
