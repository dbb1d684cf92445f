import { parseDocument } from 'yaml';
import { Runbook, type RunbookInput, type RunbookStep } from '../_shared/contracts/runbook.ts';
import { faultsOf } from '../_shared/http/read-json.ts';

/** The runbook, its inputs or its steps are not what they should be: the run ends as an error that says so. */
export class RunbookInvalid extends Error {
  override readonly name = 'RunbookInvalid';
}

/** @throws RunbookInvalid with the line, or the path and what is wrong there */
export function readRunbook(yaml: string): Runbook {
  const document = parseDocument(yaml, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    throw new RunbookInvalid(`the runbook is not valid YAML${line === undefined ? '' : ` (line ${line})`}`);
  }
  const parsed = Runbook.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return unique(parsed.data);
  const faults = faultsOf(parsed.error.issues).map(({ path, message }) => `${path}: ${message}`);
  throw new RunbookInvalid(`the runbook is not valid: ${faults.join('; ')}`);
}

function unique(runbook: Runbook): Runbook {
  for (const keys of [runbook.inputs.map(({ key }) => key), runbook.steps.map(({ id }) => id)]) {
    const twice = keys.find((key, at) => keys.indexOf(key) !== at);
    if (twice !== undefined) throw new RunbookInvalid(`the runbook is not valid: ${twice} is there twice`);
  }
  return runbook;
}

/** Values of inputs, checked: defaults filled in, nothing unknown, nothing missing. */
export type Inputs = Readonly<Record<string, string | number | boolean>>;

/** @throws RunbookInvalid that names every input that is wrong */
export function checkInputs(
  declared: readonly RunbookInput[],
  given: Readonly<Record<string, unknown>>,
): Inputs {
  const faults: string[] = [];
  const values: Record<string, string | number | boolean> = {};
  for (const input of declared) {
    const value = given[input.key] ?? input.default;
    if (value === undefined || value === '') {
      if (input.required) faults.push(`${input.key} is missing`);
      continue;
    }
    const read = readValue(input, value);
    if (typeof read === 'object') faults.push(`${input.key} ${read.problem}`);
    else values[input.key] = read;
  }
  for (const key of Object.keys(given))
    if (!declared.some((input) => input.key === key)) faults.push(`${key} is not an input of this runbook`);
  if (faults.length > 0) throw new RunbookInvalid(`inputs: ${faults.join('; ')}`);
  return values;
}

function readValue(
  input: RunbookInput,
  value: unknown,
): string | number | boolean | { readonly problem: string } {
  switch (input.type) {
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      return { problem: 'is neither true nor false' };
    case 'number': {
      const number =
        typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : { problem: 'is no number' };
    }
    case 'string':
    case 'choice':
    case 'environment':
      if (typeof value !== 'string' || value.length > 2000)
        return { problem: 'is no text of 2,000 characters at most' };
      if (input.options !== undefined && !input.options.includes(value))
        return { problem: `is none of ${input.options.join(', ')}` };
      if (input.pattern !== undefined && !new RegExp(`^(?:${input.pattern})$`).test(value))
        return { problem: 'does not match its pattern' };
      return value;
  }
}

/** The steps with `{{ inputs.key }}` and `{{ env }}` filled in: this, exactly, is what will run. */
export function fillIn(steps: readonly RunbookStep[], inputs: Inputs, env: string): readonly RunbookStep[] {
  const known: Inputs = {
    ...Object.fromEntries(Object.entries(inputs).map(([key, value]) => [`inputs.${key}`, value])),
    env,
  };
  return steps.map((step) => Runbook.shape.steps.element.parse(filled(step, known)));
}

function filled(value: unknown, known: Inputs): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => {
      const found = known[name];
      if (found === undefined)
        throw new RunbookInvalid(`{{ ${name} }} is not known: no such input, or it was left out`);
      return String(found);
    });
  }
  if (Array.isArray(value)) return value.map((inner) => filled(inner, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, known)]));
}

/** Names exactly these steps: what was approved and what runs are the same when their digests are. */
export async function planDigest(steps: readonly RunbookStep[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(steps, sortKeys));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
