/** Reads the tables of expected.ts, which are written for people. */

/** Lines of `name cell cell ...` by name; a line in brackets is a heading. @throws Error for a name that is there twice. */
export function table(text: string): Readonly<Record<string, string>> {
  const lines = contentOf(text).map((line) => line.split(/\s+/));
  return unique(lines.map(([name = '', ...cells]) => [name, cells.join(' ')]));
}

/** The same cells for every name of a list. */
export function everyone(text: string, cells: string): Readonly<Record<string, string>> {
  const names = contentOf(text).flatMap((line) => line.split(/\s+/));
  return unique(names.map((name) => [name, cells]));
}

/** Several tables as one. @throws Error for a name that is in two of them. */
export function together(
  ...parts: readonly Readonly<Record<string, string>>[]
): Readonly<Record<string, string>> {
  return unique(parts.flatMap((part) => Object.entries(part)));
}

function contentOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('['));
}

function unique(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  const names = entries.map(([name]) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) throw new Error(`Twice in expected.ts: ${twice.join(', ')}`);
  return Object.fromEntries(entries);
}
