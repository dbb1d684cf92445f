import { printable, printableValue } from './printable.ts';

/**
 * Foreign text as plain Markdown text inside a line: nothing in it formats, mentions a person, links, refers to an issue,
 * opens a tag or a comment. What only means something at the start of a line is left as it is.
 */
export function escapeMarkdown(text: string, limit = 400): string {
  return printable(text, limit)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*{}[\]|~$]/g, (character) => `\\${character}`)
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replaceAll(/#(?=\d)/g, '#\u200b')
    .replaceAll('@', '@\u200b')
    .replaceAll('://', ':\u200b//');
}

/** Foreign text as inline code; the fence is longer than any run of backticks inside. */
export function inlineCode(text: string, limit = 200): string {
  const flat = printable(text, limit);
  if (flat.trim() === '') return '(empty)';
  const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = flat.startsWith('`') || flat.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${flat}${pad}${fence}`;
}

/** A plan's value as inline code. */
export function codeValue(value: string | number | boolean | null | undefined, limit = 200): string {
  return value === null || value === undefined
    ? '*none*'
    : inlineCode(printableValue(value, limit), limit + 40);
}
