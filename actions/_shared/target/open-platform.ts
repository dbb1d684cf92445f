import type { EnvironmentDeclaration } from '../declare/model.ts';
import { ConfigurationError } from '../io/errors.ts';
import type { Environment } from '../io/inputs.ts';
import type { Platform } from '../reconcile/platform/platform.ts';

/** Who is told what is being done, and what makes us wait. */
export interface PlatformNews {
  readonly onProgress?: (message: string) => void;
  readonly onWait?: (message: string) => void;
}

/**
 * The way to an environment's Supabase project: `project_ref` of the environment and the variable SUPABASE_ACCESS_TOKEN.
 * Undefined when either is missing: plans and applies then leave functions alone, and say so. SUPABASE_API_URL names another
 * Management API, OPSROOM_FUNCTIONS_URL another address of the project, for tests and for a project of one's own.
 *
 * @throws ConfigurationError for a token or an address that can't be right
 */
export async function openPlatform(
  { projectRef }: EnvironmentDeclaration,
  environment: Environment,
  news: PlatformNews = {},
): Promise<Platform | undefined> {
  const token = variableOf(environment, 'SUPABASE_ACCESS_TOKEN');
  if (projectRef === undefined || token === undefined) return undefined;
  const apiUrl = addressOf(environment, 'SUPABASE_API_URL');
  const projectUrl = addressOf(environment, 'OPSROOM_FUNCTIONS_URL');
  const { createManagementClient } = await import('../supabase/management-client.ts');
  return {
    client: createManagementClient({
      token,
      projectRef,
      ...(apiUrl === undefined ? {} : { apiUrl }),
      ...(news.onWait === undefined ? {} : { onWait: news.onWait }),
    }),
    ...(projectUrl === undefined ? {} : { functionsUrl: `${projectUrl}/functions/v1` }),
    ...(news.onProgress === undefined ? {} : { onProgress: news.onProgress }),
  };
}

function variableOf(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

/** A token goes over TLS, or stays on this machine. */
function addressOf(environment: Environment, name: string): string | undefined {
  const value = variableOf(environment, name);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isLocal = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || isLocal) return value.replace(/\/+$/, '');
  throw new ConfigurationError(`${name} is no address beginning with https://.`, {
    hint: 'Plain http is for this machine only.',
  });
}
