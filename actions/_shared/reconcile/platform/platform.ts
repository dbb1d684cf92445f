import type { ManagementClient } from '../../supabase/management-client.ts';

/** The Supabase project behind an environment, for what is not in its database. */
export interface Platform {
  readonly client: ManagementClient;
  /** Where functions are called, without a slash at its end. By default the project's own address. */
  readonly functionsUrl?: string;
  /** Between calls of a function that does not answer yet; waits by default. */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
  /** Told what is being done, one line at a time: deployments take seconds each. */
  readonly onProgress?: (message: string) => void;
  /** How long to wait for another apply that is changing the project, in milliseconds; ten minutes by default. */
  readonly lockTimeoutMs?: number;
}

/** Where the functions of a project are called. */
export function functionsUrlOf({ client, functionsUrl }: Platform): string {
  return functionsUrl ?? `https://${client.projectRef}.supabase.co/functions/v1`;
}
