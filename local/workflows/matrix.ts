import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../github/json-schema.ts';
import { asObject, WorkflowError } from './expressions.ts';

/** The values of one job of a matrix. */
export type Combination = { [key: string]: Json };

// https://docs.github.com/en/actions/reference/limits
const MOST_JOBS = 256;

/**
 * The jobs a matrix makes: every combination of its vectors, without what `exclude` matches, then `include` adds to those
 * whose own values it leaves alone, or makes a job of its own.
 *
 * @param matrix evaluated
 * @throws WorkflowError for an empty vector, and for more jobs than GitHub makes
 */
export function expandMatrix(matrix: Json): Combination[] {
  const { include, exclude, ...vectors } = asObject(matrix);
  const crossed = Object.entries(vectors).reduce<Combination[]>(
    (sofar, [name, values]) =>
      sofar.flatMap((each) => vector(name, values).map((value) => ({ ...each, [name]: value }))),
    [{}],
  );
  const leftOut = filters('exclude', exclude);
  const kept = crossed.filter((each) => !leftOut.some((filter) => matches(each, filter)));
  const jobs = withIncludes(
    Object.keys(vectors).length === 0 ? [] : kept,
    filters('include', include),
    vectors,
  );
  if (jobs.length === 0) throw new WorkflowError('The matrix must define at least one vector');
  if (jobs.length > MOST_JOBS) {
    throw new WorkflowError(`The matrix makes ${jobs.length} jobs; GitHub makes ${MOST_JOBS} at most`);
  }
  return jobs;
}

function withIncludes(
  base: readonly Combination[],
  includes: readonly Combination[],
  vectors: Readonly<Record<string, Json>>,
): Combination[] {
  const grown = base.map((original) => ({ original, values: { ...original } }));
  const added: Combination[] = [];
  for (const include of includes) {
    const fitting = grown.filter(({ original }) =>
      Object.entries(include).every(
        ([key, value]) => !(key in vectors) || isDeepStrictEqual(original[key], value),
      ),
    );
    if (fitting.length === 0) added.push({ ...include });
    for (const { values } of fitting) Object.assign(values, include);
  }
  return [...grown.map(({ values }) => values), ...added];
}

function vector(name: string, values: Json | undefined): readonly Json[] {
  if (!Array.isArray(values)) throw new WorkflowError(`Matrix vector '${name}' is not a list`);
  if (values.length === 0) throw new WorkflowError(`Matrix vector '${name}' does not contain any values`);
  return values;
}

function filters(name: string, value: Json | undefined): Combination[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new WorkflowError(`Matrix ${name} is not a list`);
  return value.map(asObject);
}

function matches(combination: Combination, filter: Combination): boolean {
  return Object.entries(filter).every(([key, value]) => isDeepStrictEqual(combination[key], value));
}

/** What GitHub writes behind the name of a job: ` (staging, 24)`. */
export function matrixSuffix(combination: Combination): string {
  const values = Object.values(combination).flatMap(leaves);
  return values.length === 0 ? '' : ` (${values.join(', ')})`;
}

function leaves(value: Json): string[] {
  if (value === null) return [];
  return typeof value === 'object' ? Object.values(value).flatMap(leaves) : [String(value)];
}
