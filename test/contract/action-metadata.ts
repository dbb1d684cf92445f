import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Root of the repository. */
export const root = path.resolve(import.meta.dirname, '../..');

const Input = z.strictObject({
  description: z.string().min(10),
  required: z.boolean().default(false),
  default: z.string().optional(),
});

/** What an action.yml of ours may hold. */
export const ActionMetadata = z.strictObject({
  name: z.string(),
  description: z.string().min(20),
  inputs: z.record(z.string(), Input),
  outputs: z.record(z.string(), z.strictObject({ description: z.string().min(10) })),
  runs: z.strictObject({
    using: z.string(),
    main: z.string(),
    post: z.string().optional(),
    'post-if': z.string().optional(),
  }),
});
export type ActionMetadata = z.infer<typeof ActionMetadata>;

/** Names of the folders of `actions/` that are actions. */
export function actionNames(): string[] {
  return readdirSync(path.join(root, 'actions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_') && entry.name !== 'dist')
    .map((entry) => entry.name)
    .sort();
}

/** The action.yml of an action. */
export function readAction(name: string): ActionMetadata {
  return ActionMetadata.parse(parse(readFileSync(path.join(root, 'actions', name, 'action.yml'), 'utf8')));
}

/** What the bundle calls an action: `record-build` is `recordBuild`. */
export function entryName(action: string): string {
  return action.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
