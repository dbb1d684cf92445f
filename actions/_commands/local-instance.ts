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

/** The control room that runs in this folder, if any and if it is what the environment means: only `local` does. */
export function localInstance(environment: string, root: string): LocalInstance | undefined {
  if (environment !== 'local') return undefined;
  try {
    const text = readFileSync(path.join(root, '.opsroom', 'instance.json'), 'utf8');
    return LocalInstance.safeParse(JSON.parse(text)).data;
  } catch {
    // Not running, or just being written: both mean that there is none now.
    return undefined;
  }
}

/** Variables that lead to an environment's Supabase project: those of this process, or of the control room here. */
export function platformVariables(environment: string, root: string): NodeJS.ProcessEnv {
  const local = localInstance(environment, root)?.supabase;
  if (local === undefined) return process.env;
  return {
    ...process.env,
    SUPABASE_ACCESS_TOKEN: local.accessToken,
    SUPABASE_API_URL: local.apiUrl,
    OPSROOM_FUNCTIONS_URL: local.projectUrl,
  };
}
