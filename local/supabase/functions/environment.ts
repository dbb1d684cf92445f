/** The environment a function sees: what the platform sets, and the declared secrets. Nothing else. */
import type { ProjectKeys } from '../keys.ts';
import type { ServedFunction } from './function-source.ts';

/** The project a host belongs to. */
export interface HostProject {
  /** Twenty lower-case letters. */
  readonly ref: string;
  /** Base of the gateway, without a slash at the end. */
  readonly url: string;
  /** The database as a function may reach it, password included; null leaves SUPABASE_DB_URL out. */
  readonly databaseUrl: string | null;
  readonly region?: string;
}

/**
 * Default variables as in https://supabase.com/docs/guides/functions/secrets ; names that begin with SUPABASE_ belong to
 * the platform, so a secret can't take their place.
 */
export function functionEnvironment(options: {
  readonly served: ServedFunction;
  readonly project: HostProject;
  readonly keys: ProjectKeys;
  readonly secrets: Readonly<Record<string, string>>;
  readonly executionId: string;
}): Record<string, string> {
  const { served, project, keys, executionId } = options;
  const secrets = Object.entries(options.secrets).filter(([name]) => !name.startsWith('SUPABASE_'));
  return {
    ...Object.fromEntries(secrets),
    SUPABASE_URL: project.url,
    ...(project.databaseUrl === null ? {} : { SUPABASE_DB_URL: project.databaseUrl }),
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
    SUPABASE_JWKS: JSON.stringify(keys.jwks),
    SUPABASE_ANON_KEY: keys.anonJwt,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleJwt,
    SUPABASE_FUNCTION_SLUG: served.slug,
    SB_REGION: project.region ?? 'local',
    SB_EXECUTION_ID: executionId,
    DENO_DEPLOYMENT_ID: `${project.ref}_${served.id}_${served.version}`,
  };
}
