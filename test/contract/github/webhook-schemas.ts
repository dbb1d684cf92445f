import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import * as z from 'zod';
import type { GitHubEvent } from '../../../local/github/events/event.ts';
import { type Json, referredDefinitions, toJsonSchema } from '../../../local/github/json-schema.ts';

const Description = z.object({ components: z.object({ schemas: z.record(z.string(), z.json()) }) });

/** GitHub's description of webhooks as a judge of payloads: what is wrong with one; empty when nothing is. */
export function loadWebhookSchemas(): (event: Pick<GitHubEvent, 'name' | 'action' | 'payload'>) => string[] {
  const file = createRequire(import.meta.url).resolve(
    '@octokit/openapi-webhooks/generated/api.github.com.json',
  );
  const { schemas } = Description.parse(JSON.parse(readFileSync(file, 'utf8'))).components;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  for (const format of ['repo.nwo', 'timestamp', 'int64', 'uri-template']) ajv.addFormat(format, true);
  return (event) => {
    const name = schemaName(event);
    const schema = schemas[name];
    if (schema === undefined) return [`GitHub knows no ${name}`];
    const validate = ajv.getSchema(name) ?? ajv.compile({ $id: name, ...wholeSchema(schema, schemas) });
    if (validate(event.payload) === true) return [];
    return (validate.errors ?? []).map(
      (error) => `${name} ${error.instancePath} ${error.message ?? 'is wrong'}`,
    );
  };
}

function schemaName({ name, action }: Pick<GitHubEvent, 'name' | 'action'>): string {
  // The description shows one made-up type for the event whose types are ours.
  if (name === 'repository_dispatch') return 'webhook-repository-dispatch-sample';
  return ['webhook', name, action ?? '']
    .filter((part) => part !== '')
    .join('-')
    .replaceAll('_', '-');
}

function wholeSchema(schema: Json, schemas: Readonly<Record<string, Json>>): { [key: string]: Json } {
  const root = toJsonSchema(schema);
  const $defs: Record<string, Json> = {};
  const open = referredDefinitions(root);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if ($defs[name] !== undefined) continue;
    const definition = toJsonSchema(schemas[name] ?? false);
    $defs[name] = definition;
    open.push(...referredDefinitions(definition));
  }
  return { allOf: [root], $defs };
}
