import type { Level } from './frame.ts';

/** Lines as they are stored: no line holds a newline, a NUL, or more characters than allowed. */
export interface PreparedLines {
  /** With newlines between, and none behind the last. */
  readonly text: string;
  readonly count: number;
  /** Left out when all are `info`. */
  readonly levels?: readonly Level[];
}

/**
 * Make lines of what a command wrote: what a terminal would show of a line that overwrites itself, endless lines cut,
 * GitHub's workflow commands read as what they mean (`::error::` is a line of that level, `::add-mask::` no line at all).
 * Text without any of that, which is nearly all, is looked through and left as it is.
 *
 * @param text whole lines; a newline behind the last is none of them
 * @param lineLength most characters of a line
 * @param onMask told of values a command wants to be hidden
 */
export function prepareLines(
  text: string,
  lineLength: number,
  onMask: (value: string) => void = () => undefined,
): PreparedLines | undefined {
  const plain = withoutReturns(text.includes('\0') ? text.replaceAll('\0', '') : text);
  const whole = plain.endsWith('\n') ? plain.slice(0, -1) : plain;
  const found = survey(whole, lineLength);
  if (!found.hasLong && !COMMAND.test(whole)) return { text: whole, count: found.count };
  return byLine(whole, lineLength, onMask);
}

const COMMAND = /^(?:::|##\[)/m;

function survey(text: string, lineLength: number): { readonly count: number; readonly hasLong: boolean } {
  let count = 1;
  let hasLong = false;
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    count += 1;
    hasLong ||= end - start > lineLength;
    start = end + 1;
  }
  return { count, hasLong: hasLong || text.length - start > lineLength };
}

/** A carriage return takes a terminal back to the start of its line: what was written last is what is seen. */
function withoutReturns(text: string): string {
  if (!text.includes('\r')) return text;
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/^.*\r(?=[^\n])/gm, '')
    .replaceAll('\r', '');
}

function byLine(
  text: string,
  lineLength: number,
  onMask: (value: string) => void,
): PreparedLines | undefined {
  const lines: string[] = [];
  const levels: Level[] = [];
  for (const raw of text.split('\n')) {
    const { level, line } = readLine(raw, onMask);
    if (line === undefined) continue;
    lines.push(line.length > lineLength ? cut(line, lineLength) : line);
    levels.push(level);
  }
  if (lines.length === 0) return undefined;
  const isUniform = levels.every((level) => level === 'info');
  return { text: lines.join('\n'), count: lines.length, ...(isUniform ? {} : { levels }) };
}

const WORKFLOW_COMMAND =
  /^(?:::(?<name>[a-z-]+)(?: [^:]*(?::(?!:)[^:]*)*)?::|##\[(?<old>[a-z-]+)\])(?<rest>.*)$/;

function readLine(
  raw: string,
  onMask: (value: string) => void,
): { readonly level: Level; readonly line: string | undefined } {
  const command = WORKFLOW_COMMAND.exec(raw)?.groups;
  if (command === undefined) return { level: 'info', line: raw };
  const rest = command.rest ?? '';
  switch (command.name ?? command.old) {
    case 'error':
    case 'warning':
    case 'notice':
    case 'debug': {
      const level = levelOf(command.name ?? command.old);
      return { level, line: unescaped(rest) };
    }
    case 'group':
    case 'command':
      return { level: 'info', line: rest };
    case 'add-mask':
      onMask(rest);
      return { level: 'info', line: undefined };
    case 'endgroup':
    case 'save-state':
    case 'set-output':
    case 'stop-commands':
      return { level: 'info', line: undefined };
    default:
      return { level: 'info', line: raw };
  }
}

function levelOf(word: string | undefined): Level {
  return word === 'error' || word === 'warning' || word === 'notice' || word === 'debug' ? word : 'info';
}

/** GitHub escapes these in a command's message; a line of ours stays one line. */
function unescaped(text: string): string {
  return text.replaceAll('%0D', '').replaceAll('%0A', ' ').replaceAll('%25', '%');
}

function cut(line: string, most: number): string {
  // Not between the halves of a character.
  const end = /[\uD800-\uDBFF]/.test(line.charAt(most - 1)) ? most - 1 : most;
  return `${line.slice(0, end)} … [${line.length - end} more characters]`;
}
