/**
 * Text we did not write (names and commands of hand-made jobs, messages of a server) made safe to print:
 * control characters become visible, so that a job name can neither move the cursor nor hide a line.
 *
 * @param limit Longest result, in characters; the rest is counted instead of shown.
 */
export function printable(text: string, limit = 400): string {
  const flat = text
    .replaceAll(/\r\n|\n|\r/g, '⏎ ')
    .replaceAll('\t', ' ')
    .replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '');
  if (flat.length <= limit) return flat;
  return `${[...flat.slice(0, limit)].slice(0, -1).join('')}… (${flat.length} characters)`;
}

/** One value of a plan's field for people. */
export function printableValue(value: string | number | boolean | null | undefined, limit = 400): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value !== 'string') return String(value);
  return value === '' ? '(empty)' : printable(value, limit);
}
