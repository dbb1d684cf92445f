/** Says what the `yaml` library complains about in words that name the cure. */
import type { YAMLError } from 'yaml';

export interface YamlProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly at: { readonly start: number; readonly end: number };
}

/** One problem for each fault: what follows from an unquoted `*` on the same line is not said again. */
export function explainYamlErrors(errors: readonly YAMLError[], text: string): readonly YamlProblem[] {
  const problems = new Map<number, YamlProblem>();
  for (const error of errors) {
    const start = unquotedStar(error, text) ?? error.pos[0];
    const known = problems.get(start);
    if (known !== undefined) continue;
    const end = start === error.pos[0] ? error.pos[1] : start + 1;
    problems.set(start, {
      ...(start === error.pos[0] ? explainYamlError(error, text) : UNQUOTED_STAR),
      at: { start, end },
    });
  }
  return [...problems.values()];
}

const UNQUOTED_STAR = {
  code: 'yaml-alias',
  message: 'a value that begins with `*` is an alias in YAML',
  hint: 'Put it in quotes, for example "*/15 * * * *".',
} as const;

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
    case 'BAD_INDENT':
      return {
        code: 'yaml-indent',
        message: 'this line is not indented like its neighbours',
        hint: 'Keys of one map start in the same column.',
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
