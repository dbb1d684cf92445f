import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';
import type { Json } from '../github/json-schema.ts';
import type { Language } from './language.ts';

/** How things stand, for `success()`, `failure()`, `cancelled()`. */
export interface Standing {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
}

/** What an expression may ask for. Objects are taken as they are at first sight: replace them, don't change them. */
export interface Scope {
  readonly contexts: Readonly<Record<string, Json>>;
  readonly standing?: Standing;
  /** `hashFiles`, where there are files. */
  readonly hashFiles?: (patterns: readonly string[]) => string;
}

/** Evaluates what stands between `${{` and `}}`, with GitHub's own evaluator. */
export interface Expressions {
  /** The value of an expression. @throws WorkflowError when it does not parse */
  readonly evaluate: (expression: string, scope: Scope) => Json;
  /** Whether a condition holds, by GitHub's idea of truth. */
  readonly holds: (expression: string, scope: Scope) => boolean;
  /** A part of a workflow file, with its expressions evaluated. */
  readonly resolve: (token: TemplateToken | undefined, scope: Scope) => Json;
  /** The same as the text GitHub makes of it: null is empty, numbers and booleans are spelled out. */
  readonly text: (token: TemplateToken | undefined, scope: Scope) => string;
  /** A mapping of texts; its keys in the order of the file. */
  readonly texts: (token: TemplateToken | undefined, scope: Scope) => Record<string, string>;
}

/** A workflow or an action that GitHub would refuse too. */
export class WorkflowError extends Error {
  override readonly name = 'WorkflowError';
}

const CONTEXTS = [
  'github',
  'env',
  'vars',
  'job',
  'jobs',
  'steps',
  'runner',
  'secrets',
  'strategy',
  'matrix',
  'needs',
  'inputs',
] as const;

type Value = ReturnType<InstanceType<Language['expressions']['Evaluator']>['evaluate']>;
type Definition = Language['expressions']['wellKnownFunctions'][string];

const WELL: Standing = { success: true, failure: false, cancelled: false };

/** Expressions over GitHub's packages. */
export function createExpressions(language: Language): Expressions {
  const { Lexer, Parser, Evaluator, data } = language.expressions;
  const seen = new WeakMap<object, Value>();
  const toValue = (json: Json): Value => {
    const known = typeof json === 'object' && json !== null ? seen.get(json) : undefined;
    const value: Value = known ?? JSON.parse(JSON.stringify(json), data.reviver);
    if (typeof json === 'object' && json !== null) seen.set(json, value);
    return value;
  };

  const compute = (expression: string, scope: Scope): Value => {
    const functions = functionsOf(scope, data);
    try {
      const tree = new Parser(new Lexer(expression).lex().tokens, [...CONTEXTS], functions).parse();
      const pairs = CONTEXTS.map((key) => ({ key, value: toValue(scope.contexts[key] ?? {}) }));
      const byName = new Map(functions.map((each) => [each.name.toLowerCase(), each]));
      return new Evaluator(tree, new data.Dictionary(...pairs), byName).evaluate();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WorkflowError(`The expression \${{ ${expression} }} cannot be evaluated: ${reason}`, {
        cause,
      });
    }
  };

  const evaluate = (expression: string, scope: Scope): Json =>
    JSON.parse(JSON.stringify(compute(expression, scope), data.replacer));
  const { isBasicExpression, isMapping, isSequence, isLiteral } = language.workflows;
  const resolve = (token: TemplateToken | undefined, scope: Scope): Json => {
    if (token === undefined) return null;
    if (isBasicExpression(token)) return evaluate(token.expression, scope);
    if (isSequence(token)) return [...token].map((item) => resolve(item, scope));
    if (isMapping(token)) {
      const pairs = [...token].flatMap(({ key, value }): [string, Json][] => {
        const resolved = resolve(value, scope);
        if (key.isExpression && !isBasicExpression(key)) return Object.entries(asObject(resolved));
        return [[asText(resolve(key, scope)), resolved]];
      });
      return Object.fromEntries(pairs);
    }
    return isLiteral(token) ? literal(token.toJSON()) : null;
  };
  const text = (token: TemplateToken | undefined, scope: Scope): string =>
    token !== undefined && isBasicExpression(token)
      ? compute(token.expression, scope).coerceString()
      : asText(resolve(token, scope));
  return {
    evaluate,
    resolve,
    text,
    holds: (expression, scope) => isTrue(evaluate(expression, scope)),
    texts: (token, scope) =>
      Object.fromEntries(
        Object.entries(asObject(resolve(token, scope))).map(([name, value]) => [name, asText(value)]),
      ),
  };
}

function functionsOf(scope: Scope, data: Language['expressions']['data']): Definition[] {
  const { success, failure, cancelled } = scope.standing ?? WELL;
  const status = Object.entries({ success, failure, cancelled, always: true }).map(
    ([name, value]): Definition => ({
      name,
      minArgs: 0,
      maxArgs: 255,
      call: () => new data.BooleanData(value),
    }),
  );
  const hashFiles: Definition = {
    name: 'hashFiles',
    minArgs: 1,
    maxArgs: 255,
    call: (...patterns) =>
      new data.StringData(scope.hashFiles?.(patterns.map((each) => each.coerceString())) ?? ''),
  };
  return [...status, hashFiles];
}

function isTrue(value: Json): boolean {
  return !(value === null || value === false || value === '' || value === 0 || Number.isNaN(value));
}

function literal(value: unknown): Json {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** An object as it is; anything else is none. */
export function asObject(value: Json | undefined): { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

/** A scalar as GitHub spells it in texts. */
export function asText(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return 'Array';
  return typeof value === 'object' ? 'Object' : String(value);
}
