import { parse } from 'yaml';
import { Runbook, type RunbookInput } from '../../../../functions/_shared/contracts/runbook.ts';
import { ConfigurationError } from '../../io/errors.ts';

/**
 * Values as a runbook wants them, from the texts of a comment.
 *
 * @param yaml the runbook as ops.run_templates holds it
 * @throws ConfigurationError that names every input that is missing, unknown or of another type
 */
export function readInputs(
  yaml: string,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const runbook = Runbook.safeParse(parse(yaml));
  if (!runbook.success)
    throw new ConfigurationError('This runbook cannot be read; `opsroom validate` says why.');
  const { inputs } = runbook.data;
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(given)) {
    if (!inputs.some((input) => input.key === key)) problems.push(`\`${key}\` is no input of it`);
  }
  for (const input of inputs) {
    const text = Object.hasOwn(given, input.key) ? given[input.key] : undefined;
    if (text === undefined) {
      if (input.required && input.default === undefined) problems.push(`\`${input.key}\` is missing`);
      continue;
    }
    const value = valueFor(input, text);
    if (value instanceof Problem) problems.push(`\`${input.key}\` ${value.message}`);
    else values[input.key] = value;
  }
  if (problems.length === 0) return values;
  const usage = inputs.map(({ key, type, required }) => `${key}=<${type}>${required ? '' : ' (optional)'}`);
  throw new ConfigurationError(`${problems.join(', ')}.`, {
    hint: usage.length === 0 ? 'It takes no inputs.' : `It takes ${usage.join(', ')}.`,
  });
}

class Problem {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

function valueFor(input: RunbookInput, text: string): unknown {
  switch (input.type) {
    case 'number':
      return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : new Problem('must be a number');
    case 'boolean':
      return /^(?:true|false)$/i.test(text)
        ? text.toLowerCase() === 'true'
        : new Problem('must be true or false');
    case 'choice':
      return input.options?.includes(text) === true
        ? text
        : new Problem(`must be one of ${(input.options ?? []).join(', ')}`);
    case 'string':
    case 'environment':
      // Whether it fits a pattern the executor says, in its validate phase, with the same contract.
      return text;
  }
}
