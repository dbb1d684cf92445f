/** A command as it stands in a comment. */
export interface WrittenCommand {
  /** The word after the slash, in small letters. */
  readonly word: string;
  /** What follows on the same line. */
  readonly rest: string;
}

const LONGEST_COMMENT = 10_000;
const LONGEST_LINE = 500;
const COMMAND = /^\/(?<word>[a-z][a-z-]{0,30})(?:[ \t]+(?<rest>\S.*))?$/i;

/**
 * The command a comment gives: its first line, which must begin with a slash, and nothing further down. So what is quoted,
 * indented or fenced is never one, nor is a path (`/usr/bin/x`), nor anything somebody pasted pages of text behind.
 *
 * @returns null when the comment is none
 */
export function readCommand(body: string): WrittenCommand | null {
  if (body.length > LONGEST_COMMENT) return null;
  const [line = ''] = body.split(/\r?\n/, 1);
  if (line.length > LONGEST_LINE) return null;
  const groups = COMMAND.exec(line.trimEnd())?.groups;
  if (groups === undefined) return null;
  return { word: (groups.word ?? '').toLowerCase(), rest: groups.rest ?? '' };
}
