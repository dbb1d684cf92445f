import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { inputName, readInputs } from '../../actions/_shared/io/inputs.ts';
import * as entries from '../../actions/entries.ts';
import { actionNames, entryName, readAction, root } from './action-metadata.ts';

/** The inputs of an action as its code knows them: the one zod object of its inputs.ts. */
async function inputsOf(name: string): Promise<z.ZodObject> {
  const module: Readonly<Record<string, unknown>> = await import(`../../actions/${name}/inputs.ts`);
  const schemas = Object.values(module).filter((each) => each instanceof z.ZodObject);
  const [schema, ...others] = schemas;
  if (schema === undefined || others.length > 0) throw new Error(`actions/${name}/inputs.ts: one schema`);
  return schema;
}

const SCHEMAS = new Map(
  await Promise.all(actionNames().map(async (name) => [name, await inputsOf(name)] as const)),
);

/** A value every input accepts, for those that have no default. */
const SAMPLES: Readonly<Record<string, string>> = {
  environment: 'production',
  'github-token': 'token',
  'allow-deletes': '3',
  'expect-digest': 'a'.repeat(64),
  environments: 'production',
  'job-status': 'success',
};

function environmentOf(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[`INPUT_${name.toUpperCase()}`, value] as const],
  );
  return Object.fromEntries(given);
}

describe.each(actionNames())('action %s', (name) => {
  const metadata = readAction(name);
  const schema = SCHEMAS.get(name);
  if (schema === undefined) throw new Error(`no schema known for action ${name}`);

  it('has the same inputs in action.yml and in code', () => {
    expect(Object.keys(metadata.inputs).sort()).toEqual(Object.keys(schema.shape).map(inputName).sort());
  });

  it('means the same by a default in action.yml and by an input left out', () => {
    for (const [input, { default: fallback }] of Object.entries(metadata.inputs)) {
      if (fallback === undefined || fallback.includes('${{')) continue;
      const others = Object.fromEntries(Object.keys(metadata.inputs).map((key) => [key, SAMPLES[key]]));
      const { [input]: _left, ...without } = others;
      const explicit = readInputs(schema, environmentOf({ ...others, [input]: fallback }));
      expect(readInputs(schema, environmentOf(without)), `default of ${input}`).toEqual(explicit);
    }
  });

  it('requires exactly the inputs action.yml calls required', () => {
    for (const [input, { required, default: fallback }] of Object.entries(metadata.inputs)) {
      const all = Object.fromEntries(Object.keys(metadata.inputs).map((key) => [key, SAMPLES[key]]));
      const without = environmentOf({ ...all, [input]: undefined });
      const filledByRunner = fallback?.includes('${{') === true;
      if (required || filledByRunner)
        expect(() => readInputs(schema, without), input).toThrow(`input ${input}: `);
      else expect(() => readInputs(schema, without), input).not.toThrow();
      expect(required && fallback !== undefined, `${input} is required and has a default`).toBe(false);
    }
  });

  it('runs on Node 24 through stubs of the one bundle', () => {
    const { using, main, post } = metadata.runs;
    expect({ using, main }).toEqual({ using: 'node24', main: 'index.js' });
    const stubs = {
      [main]: entryName(name),
      ...(post === undefined ? {} : { [post]: `${entryName(name)}Post` }),
    };
    for (const [file, entry] of Object.entries(stubs)) {
      const stub = readFileSync(path.join(root, 'actions', name, file), 'utf8');
      expect(stub).toBe(`import { ${entry} } from '../dist/index.js';\n\nawait ${entry}();\n`);
      expect(Object.keys(entries)).toContain(entry);
    }
  });

  it('is described in a README that names every input and output', () => {
    const readme = readFileSync(path.join(root, 'actions', name, 'README.md'), 'utf8');
    for (const key of [...Object.keys(metadata.inputs), ...Object.keys(metadata.outputs)]) {
      expect(readme).toContain(`\`${key}\``);
    }
  });

  it('answers with reason and result', () => {
    expect(Object.keys(metadata.outputs)).toEqual(expect.arrayContaining(['reason', 'result']));
  });
});

describe('all actions together', () => {
  it('describe the same input in the same words', () => {
    const seen = new Map<string, unknown>();
    for (const name of actionNames()) {
      for (const [input, definition] of Object.entries(readAction(name).inputs)) {
        if (seen.has(input)) expect(definition, `input ${input} of ${name}`).toEqual(seen.get(input));
        else seen.set(input, definition);
      }
    }
  });

  it('have their files', () => {
    for (const name of actionNames()) {
      for (const file of ['action.yml', 'README.md', 'main.ts', 'inputs.ts', 'index.js']) {
        expect(existsSync(path.join(root, 'actions', name, file)), `actions/${name}/${file}`).toBe(true);
      }
    }
  });
});
