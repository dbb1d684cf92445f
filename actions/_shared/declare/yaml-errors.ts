/** Says what the `yaml` library complains about in words that name the cure. */
import type { YAMLError } from 'yaml';

export interface YamlProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly at: { readonly start: number; readonly end: number };
}

/** Where the quote or bracket was opened that something ends without; null when nothing does. */
export type FindOpening = (end: number) => number | null;

/** One problem for each fault: what follows from it at the same place is not said again. */
export function explainYamlErrors(
  errors: readonly YAMLError[],
  text: string,
  findOpening: FindOpening,
): readonly YamlProblem[] {
  const problems = new Map<number, YamlProblem>();
  const add = (problem: YamlProblem): void => {
    if (!problems.has(problem.at.start)) problems.set(problem.at.start, problem);
  };
  const deeper = new Map(
    errors.flatMap((error) => {
      const line = error.code === 'MULTILINE_IMPLICIT_KEY' ? lineBelow(error, text) : null;
      return line === null ? [] : [[error.pos[0], line] as const];
    }),
  );
  for (const error of errors) {
    const [start, end] = error.pos;
    const star = unquotedStar(error, text);
    const line = deeper.get(start);
    const opening = isUnclosed(error) ? findOpening(start) : null;
    if (star !== null) add({ ...UNQUOTED_STAR, at: { start: star, end: star + 1 } });
    else if (line !== undefined) add({ ...TOO_DEEP, at: { start: line, end: line + 1 } });
    else if (opening !== null) add({ ...UNCLOSED, at: { start: opening, end: opening + 1 } });
    else if (isIndent(error)) add({ ...INDENT, at: { start: pastBlanks(text, start), end } });
    else if (error.message.includes('call stack')) {
      add({ ...TOO_NESTED, at: { start, end } });
      break;
    } else add({ ...explainYamlError(error, text), at: { start, end } });
  }
  return [...problems.values()];
}

const UNQUOTED_STAR = {
  code: 'yaml-alias',
  message: 'a value that begins with `*` is an alias in YAML',
  hint: 'Put it in quotes, for example "*/15 * * * *".',
} as const;

const TOO_DEEP = {
  code: 'yaml-indent',
  message: 'this line is indented deeper than the one it belongs beside',
  hint: 'Keys of one map start in the same column.',
} as const;

const INDENT = {
  code: 'yaml-indent',
  message: 'this line is not indented like its neighbours',
  hint: 'Keys of one map, and items of one list, start in the same column.',
} as const;

const UNCLOSED = {
  code: 'yaml-syntax',
  message: 'what is opened here is never closed',
  hint: 'Close the quote or bracket, or indent the following lines.',
} as const;

const TOO_NESTED = {
  code: 'yaml-too-deep',
  message: 'the file is nested too deeply to be read',
  hint: 'Flatten it.',
} as const;

function isUnclosed(error: YAMLError): boolean {
  return error.code === 'MISSING_CHAR'
    ? /^Missing closing/.test(error.message)
    : error.code === 'BAD_INDENT' && error.message.startsWith('Flow ');
}

function isIndent(error: YAMLError): boolean {
  return (
    error.code === 'BAD_INDENT' ||
    (error.code === 'BLOCK_AS_IMPLICIT_KEY' && error.message.includes('sequence'))
  );
}

/** A value that goes on below and turns out to be a key: offset of the line that was meant as a key. */
function lineBelow({ pos: [start, end] }: YAMLError, text: string): number | null {
  const newline = text.lastIndexOf('\n', end - 1);
  return newline > start ? pastBlanks(text, newline + 1) : null;
}

function pastBlanks(text: string, at: number): number {
  let next = at;
  while (text[next] === ' ') next += 1;
  return next;
}

/** Offset of a value on the error's line that begins with `*`, such as an unquoted schedule. */
function unquotedStar(error: YAMLError, text: string): number | null {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const match = /^[ ]*[\w-]+:[ ]+\*/.exec(text.slice(lineStart, lineStart + 200));
  return match === null ? null : lineStart + match[0].length - 1;
}

function explainYamlError(error: YAMLError, text: string): Omit<YamlProblem, 'at'> {
  const near = text.slice(error.pos[0], error.pos[0] + 1);
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { code: 'yaml-tab', message: 'a tab is used to indent', hint: 'Indent with blanks.' };
    case 'MULTIPLE_DOCS':
      return {
        code: 'yaml-multiple-documents',
        message: 'a second YAML document begins here',
        hint: 'One object a file: move it to a file of its own and remove `---`.',
      };
    case 'BAD_ALIAS':
      return UNQUOTED_STAR;
    case 'MISSING_CHAR':
      return {
        code: 'yaml-syntax',
        message: lowerFirst(error.message),
        hint: 'Close the quote or bracket, or indent the following lines.',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        code: 'yaml-syntax',
        message: 'a map begins where a value was expected',
        hint: 'Put the value in quotes when it holds `: `, or indent the map on the next line.',
      };
    case 'BAD_SCALAR_START':
      return {
        code: 'yaml-syntax',
        message: `a value cannot begin with \`${near}\``,
        hint: 'Put it in quotes.',
      };
    default:
      return {
        code: 'yaml-syntax',
        message: lowerFirst(error.message),
        hint:
          near === '@' || near === '`' ? 'Put it in quotes.' : 'Check quotes, brackets and indentation here.',
      };
  }
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
