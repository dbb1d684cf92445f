import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import * as z from 'zod';
import { isObject, type Json, referredDefinitions, toJsonSchema } from './json-schema.ts';

const Parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().default(false),
  schema: z.json(),
  'x-multi-segment': z.boolean().optional(),
});
type Parameter = z.infer<typeof Parameter>;
const Content = z.object({ content: z.record(z.string(), z.object({ schema: z.json() })).optional() });
const Reference = z.object({ $ref: z.string() });

const Operation = z.object({
  operationId: z.string(),
  parameters: z.array(z.union([Reference, Parameter])).default([]),
  requestBody: Content.extend({ required: z.boolean().optional() }).optional(),
  responses: z.record(z.string(), z.union([Reference, Content])),
});
type Operation = z.infer<typeof Operation>;

const Slice = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), z.json()),
    parameters: z.record(z.string(), Parameter).default({}),
    responses: z.record(z.string(), Content).default({}),
  }),
});
type Slice = z.infer<typeof Slice>;

/** One operation a request was matched to. */
export interface MatchedOperation {
  readonly id: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A request and its response, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly requestBody: Json | undefined;
  readonly status: number;
  readonly responseBody: Json | undefined;
}

/** GitHub's OpenAPI description as a judge of traffic. It knows shapes, never behaviour. */
export interface Contract {
  readonly version: string;
  readonly operations: readonly string[];
  readonly match: (method: string, path: string) => MatchedOperation | null;
  /** What is wrong with an exchange; empty when nothing is. */
  readonly check: (exchange: Exchange) => string[];
}

// GitHub answers these anywhere, though the description names them only here and there.
const ALWAYS_POSSIBLE = new Set([400, 401, 403, 404, 422, 429, 500, 502, 503]);

// Described as one moment, but what it takes is the search syntax for dates: `>=2026-01-01`, `a..b`.
// https://docs.github.com/en/search-github/getting-started-with-searching-on-github/understanding-the-search-syntax#query-for-dates
const SEARCH_SYNTAX = new Set(['created']);

/** Loads the committed slice. */
export function loadContract(file: URL = new URL('github-slice.json', import.meta.url)): Contract {
  const slice = Slice.parse(JSON.parse(readFileSync(file, 'utf8')));
  const routes = routesOf(slice);
  const validator = createValidator(slice);
  const find = (method: string, path: string) =>
    routes.find((route) => route.method === method.toLowerCase() && route.pattern.test(path));
  return {
    version: slice.info.version,
    operations: routes.map((route) => route.operation.operationId),
    match: (method, path) => {
      const route = find(method, path);
      if (route === undefined) return null;
      return { id: route.operation.operationId, parameters: { ...route.pattern.exec(path)?.groups } };
    },
    check: (exchange) => {
      const route = find(exchange.method, exchange.path);
      if (route === undefined) return [`no such operation: ${exchange.method} ${exchange.path}`];
      return [
        ...checkQuery(route.operation, exchange, { slice, validator }),
        ...checkRequest(route.operation, exchange, validator),
        ...checkResponse(route.operation, exchange, { slice, validator }),
      ].map((problem) => `${route.operation.operationId} ${problem}`);
    },
  };
}

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
}

function routesOf(slice: Slice): Route[] {
  // Longer templates first, then static segments before parameters, so that `labels/{name}` cannot swallow a longer path.
  const weight = (template: string): string =>
    template
      .split('/')
      .map((segment) => (segment.startsWith('{') ? '1' : '0'))
      .join('');
  return Object.entries(slice.paths)
    .sort(([a], [b]) => weight(b).length - weight(a).length || (weight(a) < weight(b) ? -1 : 1))
    .flatMap(([template, item]) => {
      return Object.entries(item).map(([method, operation]) => ({
        method,
        pattern: patternOf(template, parametersOf(operation, slice)),
        operation,
      }));
    });
}

/** Branches and paths hold slashes, so their parameters span segments; names of groups know no dashes. */
function patternOf(template: string, parameters: readonly Parameter[]): RegExp {
  const spanning = new Set(
    parameters.filter((each) => each['x-multi-segment'] === true).map((each) => each.name),
  );
  const source = template
    .replaceAll('.', '\\.')
    .replaceAll(/\{([^}]+)\}/g, (_, name: string) => `(?<${name}>${spanning.has(name) ? '.+' : '[^/]+'})`);
  // The root of the repository is a path, too: `contents` and `contents/` both show it.
  return new RegExp(`^${source.replace(/\/\(\?<path>\.\+\)$/, '(?:/(?<path>.*))?')}$`);
}

function parametersOf(operation: Operation, slice: Slice): Parameter[] {
  return operation.parameters.flatMap((item) => {
    const parameter = '$ref' in item ? slice.components.parameters[nameOf(item.$ref)] : item;
    return parameter === undefined ? [] : [parameter];
  });
}

type Validator = (schema: Json, value: Json) => string[];

function createValidator(slice: Slice): Validator {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  formats.default(ajv);
  for (const name of ['repo.nwo', 'timestamp', 'int64']) ajv.addFormat(name, true);
  // Where there is no address GitHub gives an empty text, which its description has as the default of a `uri`.
  ajv.addFormat('uri', (text: string) => text === '' || URL.canParse(text));
  const compiled = new Map<string, ValidateFunction>();
  const compile = (schema: Json): ValidateFunction => {
    const key = JSON.stringify(schema);
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const root = toJsonSchema(schema);
    const made = ajv.compile({ allOf: [root], $defs: definitionsFor(root, slice) });
    compiled.set(key, made);
    return made;
  };
  return (schema, value) => {
    const validate = compile(schema);
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath || '/'} ${error.message ?? 'is wrong'}`,
    );
  };
}

function definitionsFor(root: Json, slice: Slice): Record<string, Json> {
  const definitions: Record<string, Json> = {};
  const open = referredDefinitions(root);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (definitions[name] !== undefined) continue;
    const definition = toJsonSchema(slice.components.schemas[name] ?? false);
    definitions[name] = definition;
    open.push(...referredDefinitions(definition));
  }
  return definitions;
}

interface Judge {
  readonly slice: Slice;
  readonly validator: Validator;
}

function checkQuery(operation: Operation, exchange: Exchange, { slice, validator }: Judge): string[] {
  const known = new Map(
    parametersOf(operation, slice)
      .filter((item) => item.in === 'query')
      .map((item) => [item.name, item]),
  );
  const missing = [...known.values()].filter(({ name, required }) => required && !exchange.query.has(name));
  const wrong = [...exchange.query].flatMap(([name, text]) => {
    const parameter = known.get(name);
    if (parameter === undefined) return [`request: unknown query parameter ${name}`];
    if (SEARCH_SYNTAX.has(name)) return [];
    return validator(parameter.schema, typedParameter(parameter.schema, text)).map(
      (problem) => `request ?${name} ${problem}`,
    );
  });
  return [...missing.map(({ name }) => `request: query parameter ${name} is required`), ...wrong];
}

function typedParameter(schema: Json, text: string): Json {
  const type =
    typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? schema.type : undefined;
  switch (type) {
    case 'integer':
      return Number(text);
    case 'boolean':
      return text === 'true';
    case 'array':
      return text.split(',');
    default:
      return text;
  }
}

function checkRequest(operation: Operation, { requestBody }: Exchange, validator: Validator): string[] {
  const schema = operation.requestBody?.content?.['application/json']?.schema;
  if (requestBody === undefined)
    return operation.requestBody?.required === true ? ['request: a body is required'] : [];
  if (schema === undefined) return ['request: no body is documented'];
  const unknown = undocumentedFields(schema, requestBody).map(
    (name) => `request: undocumented body field ${name}`,
  );
  return [...validator(schema, requestBody).map((problem) => `request ${problem}`), ...unknown];
}

function undocumentedFields(schema: Json, body: Json): string[] {
  if (!isObject(schema) || !isObject(schema.properties) || !isObject(body)) return [];
  const documented = schema.properties;
  return Object.keys(body).filter((name) => !(name in documented));
}

function checkResponse(operation: Operation, exchange: Exchange, { slice, validator }: Judge): string[] {
  const declared = operation.responses[String(exchange.status)];
  if (declared === undefined) {
    return ALWAYS_POSSIBLE.has(exchange.status) ? [] : [`response: undocumented status ${exchange.status}`];
  }
  const response = '$ref' in declared ? slice.components.responses[nameOf(declared.$ref)] : declared;
  const schema = response?.content?.['application/json']?.schema;
  if (schema === undefined) {
    return exchange.responseBody === undefined ? [] : ['response: a body where none is documented'];
  }
  return validator(schema, exchange.responseBody ?? null).map((problem) => `response ${problem}`);
}

function nameOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}
