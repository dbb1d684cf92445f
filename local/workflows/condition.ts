import { WorkflowError } from './expressions.ts';

const IMPLIED = 'success() && (';

/**
 * A condition as GitHub's parser converted it. Text around `${{ }}` makes a condition a text, which is always true; in a block
 * (`if: >-`) its parser takes the indentation for such text. Nobody means that.
 *
 * @param where for people: the file, the job or step
 * @throws WorkflowError for a condition that holds text around its expression
 */
export function meantCondition(expression: string, where: string): string {
  const own = expression.startsWith(IMPLIED) ? expression.slice(IMPLIED.length, -1) : expression;
  if (!own.startsWith("format('") || endOfCall(own) !== own.length - 1) return expression;
  throw new WorkflowError(
    `${where}: the condition holds text around its expression, so it is always true; write it without \${{ }}`,
  );
}

/** Where the parenthesis of the first call closes. */
function endOfCall(text: string): number {
  let depth = 0;
  let isQuoted = false;
  for (const [at, character] of [...text].entries()) {
    // A quote inside a text is written twice, so it toggles twice.
    if (character === "'") isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === '(') depth += 1;
    else if (character === ')' && --depth === 0) return at;
  }
  return -1;
}
