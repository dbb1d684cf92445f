import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jsonSchemas } from '../../../actions/_shared/declare/json-schemas.ts';
import { shareDefinitions } from '../../../actions/_shared/declare/share-definitions.ts';

const Node = z.record(z.string(), z.unknown());
const long = (title: string) => ({ type: 'string', title, description: 'x'.repeat(120) });
const setting = { type: 'object', properties: { enabled: long('enabled'), level: long('level') } };
const schema = {
  type: 'object',
  properties: {
    rules: { type: 'object', properties: { a: setting, b: setting, c: setting } },
    owner: long('owner'),
    choice: { anyOf: [long('enabled'), { type: 'array', items: long('enabled') }] },
    once: { type: 'object', additionalProperties: long('level') },
  },
};

/** Every reference replaced by what it stands for. */
function expanded(value: unknown, definitions: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((item) => expanded(item, definitions));
  const { data } = Node.safeParse(value);
  if (data === undefined) return value;
  const reference = typeof data.$ref === 'string' ? data.$ref.split('/').at(-1) : undefined;
  if (reference !== undefined) return expanded(definitions[reference], definitions);
  return Object.fromEntries(Object.entries(data).map(([key, part]) => [key, expanded(part, definitions)]));
}

describe('shared definitions', () => {
  const { definitions, ...shared } = Node.parse(shareDefinitions(schema));
  const known = Node.parse(definitions);

  it('say what is repeated once, under the name it has where it stands', () => {
    expect(Object.keys(known)).toEqual(['enabled_part', 'rules_entry']);
    expect(shared).toMatchObject({
      properties: { rules: { properties: { a: { $ref: '#/definitions/rules_entry' } } } },
    });
  });

  it('say the same as before', () => {
    expect(expanded(shared, known)).toEqual(schema);
  });

  it('leave alone what is short or rare, and what is a value and no schema', () => {
    const plain = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      default: {},
    };
    expect(shareDefinitions(plain)).toEqual(plain);
  });

  it('keep every schema small enough to read', () => {
    for (const [path, text] of Object.entries(jsonSchemas())) expect(text.length, path).toBeLessThan(50_000);
  });
});
