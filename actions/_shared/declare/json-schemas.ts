/** JSON Schemas of our files, generated from their shapes, so that editors complete and check while typing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { KINDS } from './kinds/registry.ts';
import { shareDefinitions } from './share-definitions.ts';

/** Path in the repository -> text of the file, for every kind. The same shapes always give the same text. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const files = Object.entries(KINDS).map(([name, kind]) => {
    const schema = z.toJSONSchema(kind.schema.toZod(z), {
      target: 'draft-7',
      io: 'input',
      unrepresentable: 'any',
    });
    const { $schema, ...rest } = shareDefinitions(schema);
    return [
      `runbooks/schemas/${name}.schema.json`,
      `${JSON.stringify({ $schema, title: kind.title, ...rest }, null, 2)}\n`,
    ];
  });
  return Object.fromEntries(files);
}

/** Writes the schemas into a working tree: `node actions/_shared/declare/json-schemas.ts`. */
export function writeJsonSchemas(root: string): void {
  for (const [path, text] of Object.entries(jsonSchemas())) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

if (import.meta.main) writeJsonSchemas(join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..'));
