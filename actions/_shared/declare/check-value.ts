/** Checks a value against a shape. Only a value that is not plainly good takes zod, which is loaded for it. */
import type { ReportFinding, ValuePath } from './finding.ts';
import type { Shape } from './shape.ts';
import { tool } from './tool.ts';

const explainer = tool(() => import('./explain-value.ts'));

/**
 * The value, or null after reporting everything that is wrong with it. `under` is where the value stands. Unknown keys
 * are reported and left out, so that what is wrong with the rest of the file is said in the same run.
 *
 * @throws ToolNeeded when something may be wrong and what says so is not loaded yet
 */
export function checkValue<T>(
  shape: Shape<T>,
  value: unknown,
  report: ReportFinding,
  under: ValuePath = [],
): T | null {
  if (shape.accepts(value)) return value;
  // What zod parses with the schema of a shape is what the shape stands for.
  return explainer().explainValue(shape, value, report, under) as T | null;
}
