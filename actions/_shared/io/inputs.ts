import * as z from 'zod';
import { ConfigurationError } from './errors.ts';

/** What a process was started with. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `allowDeletes` in code is `allow-deletes` in action.yml. */
export function inputName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Reads the inputs of an action, which the runner passes as `INPUT_<NAME>` variables, and parses them once.
 * An empty input counts as not given, as in every form and workflow file.
 *
 * @param schema a strict object whose camelCase keys are the kebab-case inputs of action.yml
 * @throws ConfigurationError naming every wrong input, what is wrong with it and what is accepted
 */
export function readInputs<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Environment,
): z.infer<z.ZodObject<Shape>> {
  const given: Record<string, string> = {};
  for (const key of Object.keys(schema.shape)) {
    const text = environment[`INPUT_${inputName(key).toUpperCase()}`]?.trim();
    if (text !== undefined && text !== '') given[key] = text;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `input ${inputName(String(issue.path[0]))}: ${issue.message}`,
  );
  throw new ConfigurationError(problems.join('\n'), {
    hint: 'Look at the `with:` block of the step, and at the form when the run was started by hand.',
  });
}

/** `true` or `false`, as YAML writes booleans; anything else is refused. */
export function booleanInput(fallback: boolean) {
  return z
    .enum(['true', 'True', 'TRUE', 'false', 'False', 'FALSE'], { error: 'give true or false' })
    .transform((text) => text.toLowerCase() === 'true')
    .default(fallback);
}

/** A whole number of `least` or more. */
export function integerInput(least: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `give a whole number of ${least} or more`)
    .transform(Number)
    .refine((value) => value >= least, `give a whole number of ${least} or more`);
}

/** A name of environments.yaml. Only its form is checked here; whether it exists is the declarations' to say. */
export const environmentInput = z
  .string({ error: 'is required: a name of runbooks/environments.yaml' })
  .regex(
    /^[a-z][a-z0-9_-]{0,62}$/,
    'must be a name of runbooks/environments.yaml (small letters, digits, - and _)',
  );

/** The token the GitHub API is called with. */
export const tokenInput = z.string({ error: 'is required: usually github.token' });
