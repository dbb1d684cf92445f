/** What a JSON answer should say. Pure. */
import type { JsonExpectation } from '../../declare/kinds/checks-model.ts';

/** One thing it does not say. */
export interface JsonProblem {
  readonly what: string;
}

/** What of the expectations does not hold. */
export function jsonProblems(expected: readonly JsonExpectation[], text: string): readonly JsonProblem[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [{ what: 'the answer is no JSON, or longer than is read' }];
  }
  return expected.flatMap((one) => problemOf(one, valueAt(document, one.path)) ?? []);
}

function problemOf(expected: JsonExpectation, value: unknown): JsonProblem | null {
  const { written, equals, atLeast, atMost } = expected;
  if (value === undefined) return { what: `${written} is not there` };
  if (equals !== undefined && value !== equals) {
    return { what: `${written} is ${shown(value)}, not ${shown(equals)}` };
  }
  if (atLeast === undefined && atMost === undefined) return null;
  if (typeof value !== 'number') return { what: `${written} is ${shown(value)} and no number` };
  if (atLeast !== undefined && value < atLeast)
    return { what: `${written} is ${value}, less than ${atLeast}` };
  if (atMost !== undefined && value > atMost) return { what: `${written} is ${value}, more than ${atMost}` };
  return null;
}

function valueAt(document: unknown, path: readonly (string | number)[]): unknown {
  let at = document;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
