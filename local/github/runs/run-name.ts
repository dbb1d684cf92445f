import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { JsonObject } from '../json-schema.ts';

type Value = ReturnType<Evaluator['evaluate']>;

// What GitHub documents for `run-name`: these contexts, no status functions.
// https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#context-availability
const CONTEXTS = ['github', 'inputs', 'vars'];

/**
 * The title GitHub gives a run from its `run-name`, by GitHub's own evaluator. Null when it comes out empty or cannot be
 * evaluated: GitHub then falls back to its usual title.
 */
export function evaluateRunName(
  template: string,
  contexts: Readonly<Record<string, JsonObject>>,
): string | null {
  try {
    const title = template.replaceAll(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) =>
      evaluate(expression.trim(), contexts).coerceString(),
    );
    return title.trim() === '' ? null : title.trim();
  } catch {
    return null;
  }
}

function evaluate(expression: string, contexts: Readonly<Record<string, JsonObject>>): Value {
  const tree = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, []).parse();
  const pairs = CONTEXTS.map((key): { key: string; value: Value } => ({
    key,
    value: JSON.parse(JSON.stringify(contexts[key] ?? {}), data.reviver),
  }));
  return new Evaluator(tree, new data.Dictionary(...pairs)).evaluate();
}
