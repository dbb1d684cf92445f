/**
 * Cuts GitHub's OpenAPI description down to the operations we use. The description is 13 MB, so it is no dependency:
 * fetch `@octokit/openapi` into a scratch folder outside this repository and run
 *
 *     node local/github/make-slice.ts <scratch>/package/generated/api.github.com.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { OPERATIONS } from './operations.ts';

const Json = z.json();
type Json = z.infer<typeof Json>;

const Description = z.object({
  openapi: z.string(),
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Json)),
  components: z.record(z.string(), z.record(z.string(), Json)),
});
type Description = z.infer<typeof Description>;

const PROSE = new Set(['description', 'summary', 'example', 'examples', 'externalDocs', 'tags']);

/** The slice with these operations and everything they refer to, without prose. */
export function sliceOf(description: Description, operations: readonly string[]): Description {
  const wanted = new Set(operations);
  const paths: Description['paths'] = {};
  for (const [path, item] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const id = operationId(operation);
      if (id === null || !wanted.delete(id)) continue;
      paths[path] = { ...paths[path], [method]: withoutProse(operation) };
    }
  }
  if (wanted.size > 0) throw new Error(`no such operations: ${[...wanted].join(', ')}`);
  return {
    openapi: description.openapi,
    info: { version: description.info.version },
    paths,
    components: reachable(description.components, paths),
  };
}

function operationId(operation: Json): string | null {
  if (typeof operation !== 'object' || operation === null || Array.isArray(operation)) return null;
  return typeof operation.operationId === 'string' ? operation.operationId : null;
}

function reachable(all: Description['components'], from: Description['paths']): Description['components'] {
  const found: Description['components'] = {};
  const open: Json[] = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [, section = '', name = ''] of JSON.stringify(next).matchAll(
      /"#\/components\/([^/"]+)\/([^"]+)"/g,
    )) {
      if (found[section]?.[name] !== undefined) continue;
      const component = withoutProse(all[section]?.[name] ?? null);
      found[section] = { ...found[section], [name]: component };
      open.push(component);
    }
  }
  return found;
}

/** Drops prose keywords; a property that happens to be called `description` is a schema and stays. */
function withoutProse(node: Json, isPropertyMap = false): Json {
  if (Array.isArray(node)) return node.map((item) => withoutProse(item));
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(
    ([key]) => isPropertyMap || !(PROSE.has(key) || (key.startsWith('x-') && key !== 'x-multi-segment')),
  );
  return Object.fromEntries(
    kept.map(([key, value]) => [key, withoutProse(value, key === 'properties' && !isPropertyMap)]),
  );
}

if (import.meta.main) {
  const [, , source] = process.argv;
  if (source === undefined) throw new Error('say where api.github.com.json is');
  const slice = sliceOf(Description.parse(JSON.parse(readFileSync(source, 'utf8'))), OPERATIONS);
  const target = new URL('github-slice.json', import.meta.url);
  writeFileSync(target, `${JSON.stringify(slice)}\n`);
  process.stdout.write(
    `${OPERATIONS.length} operations, ${Object.keys(slice.components.schemas ?? {}).length} schemas\n`,
  );
}
