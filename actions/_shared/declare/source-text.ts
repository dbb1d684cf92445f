/** Text of a file and the lines in it. */
import type { SourceLocation } from './model.ts';

/** Larger files are refused unread: no declaration comes near, and a parser should not be asked to try. */
export const MAX_FILE_BYTES = 256 * 1024;

/** The text of a file, or what is wrong with its bytes. A byte order mark is dropped; line ends stay as they are. */
export function decodeText(
  bytes: Uint8Array,
): { readonly text: string } | { readonly problem: string; readonly hint: string } {
  if (bytes.length > MAX_FILE_BYTES) {
    const problem = `the file has ${bytes.length} bytes, more than the ${MAX_FILE_BYTES} that are read`;
    return { problem, hint: 'Split it, or move large content out of it.' };
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { problem: 'the file is written in UTF-16', hint: 'Save it as UTF-8.' };
  }
  try {
    return { text: decoder.decode(bytes) };
  } catch (error) {
    if (error instanceof TypeError)
      return { problem: 'the file is not valid UTF-8', hint: 'Save it as UTF-8.' };
    throw error;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Line and column of offsets in a text; both count from 1 and never leave the text. */
export function locateOffsets(
  file: string,
  text: string,
  span: { readonly start: number; readonly end: number },
): SourceLocation {
  const start = Math.max(0, Math.min(span.start, text.length));
  const before = text.slice(0, start);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line += 1;
  const newline = text.indexOf('\n', start);
  const lineEnd = newline < 0 ? text.length : newline;
  const column = start - lineStart + 1;
  const end = Math.min(span.end, lineEnd);
  return { file, line, column, ...(end > start ? { endColumn: end - lineStart + 1 } : {}) };
}

/** One line of a text without its line end; undefined past the last. */
export function lineOf(text: string, line: number): string | undefined {
  return text.split('\n')[line - 1]?.replace(/\r$/, '');
}

/** Line of a key at the left margin, 1 when it is not there. Found without parsing, for files that are good. */
export function lineOfTopKey(text: string, key: string): number {
  for (const candidate of [`${key}:`, `"${key}":`, `'${key}':`]) {
    if (text.startsWith(candidate)) return 1;
    const at = text.indexOf(`\n${candidate}`);
    if (at >= 0) return locateOffsets('', text, { start: at + 1, end: at + 1 }).line;
  }
  return 1;
}
