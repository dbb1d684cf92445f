import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

/** What a running `npm start` of a checkout publishes for the commands. */
const LocalInstance = z.object({
  databaseUrl: z.string(),
  /** Its Supabase project: variables as a person would set them for a real one. */
  supabase: z
    .object({ accessToken: z.string(), apiUrl: z.string(), projectUrl: z.string() })
    .optional()
    .catch(undefined),
  /** Values of the variables its files name: random ones, made for this laptop. */
  variables: z.record(z.string(), z.string()).optional().catch(undefined),
});
export type LocalInstance = z.infer<typeof LocalInstance>;

/** The control room that runs in this folder, if any. */
export function localInstance(root: string): LocalInstance | undefined {
  try {
    const text = readFileSync(path.join(root, '.opsroom', 'instance.json'), 'utf8');
    return LocalInstance.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
