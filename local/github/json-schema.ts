import * as z from 'zod';

const Json = z.json();
/** Anything JSON can hold. */
export type Json = z.infer<typeof Json>;
/** An object of it. */
export type JsonObject = { [key: string]: Json };

/** True for an object, not for a list or null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Keywords of OpenAPI 3.0 that mean nothing, or something else, to a JSON Schema validator.
const NOT_SCHEMA = new Set([
  'nullable',
  'example',
  'examples',
  'discriminator',
  'xml',
  'externalDocs',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const VERBATIM = new Set(['enum', 'default', 'required', 'const']);

/**
 * OpenAPI 3.0's dialect as JSON Schema: `nullable` becomes a choice with null, references point into `$defs`.
 * GitHub's description carries `nullable` beside `$ref`, `allOf` and `enum`, which no validator accepts as it stands.
 */
export function toJsonSchema(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  if (typeof schema.$ref === 'string')
    return { $ref: schema.$ref.replace('#/components/schemas/', '#/$defs/') };
  const translated: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(schema)) {
    if (NOT_SCHEMA.has(key) || key.startsWith('x-')) continue;
    // Several of GitHub's choices overlap, so that "exactly one" never holds for what GitHub itself sends.
    translated[key === 'oneOf' ? 'anyOf' : key] = translate(key, value);
  }
  return schema.nullable === true ? { anyOf: [{ type: 'null' }, translated] } : translated;
}

function translate(key: string, value: Json): Json {
  if (VERBATIM.has(key)) return value;
  if (key !== 'properties' || typeof value !== 'object' || value === null || Array.isArray(value))
    return toJsonSchema(value);
  return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, toJsonSchema(property)]));
}

/** Names of the definitions a translated schema refers to. */
export function referredDefinitions(schema: Json): string[] {
  return [...JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g)].map(([, name = '']) => name);
}
