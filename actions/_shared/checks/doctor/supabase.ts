/** The Supabase project behind an environment: what the access token reaches, and what is deployed. */
import * as z from 'zod';
import type { DesiredState } from '../../declare/model.ts';
import { ConfigurationError } from '../../io/errors.ts';
import type { Environment } from '../../io/inputs.ts';
import type { Platform } from '../../reconcile/platform/platform.ts';
import { readDataApi } from '../../supabase/data-api.ts';
import { ManagementApiError, type ManagementRequest } from '../../supabase/management-client.ts';
import { type DoctorItem, itemsOf, judged, listed } from './item.ts';

const supabase = itemsOf('supabase');

const NamedList = z.array(z.object({ name: z.string() }));
const Functions = z.array(z.object({ slug: z.string(), status: z.string().optional() }));

/** Looks at the project; every refusal is an item that names the right the token lacks. */
export async function lookAtSupabase(
  platform: Platform | undefined,
  desired: DesiredState,
  env: Environment,
): Promise<readonly DoctorItem[]> {
  if (platform === undefined) return [notAsked(desired, env)];
  const { client } = platform;
  const get = (path: string, what: string): ManagementRequest => ({ method: 'GET', path, what });
  return [
    await ask('functions', 'Functions', 'edge_functions_read', async () =>
      judgeFunctions(Functions.parse(await client.send(get('/functions', 'list the functions'))), desired),
    ),
    await ask('secrets', 'Secrets of functions', 'edge_functions_secrets_read', async () =>
      judgeSecrets(NamedList.parse(await client.send(get('/secrets', 'list the secrets'))), desired),
    ),
    await ask('data_api', 'Schemas of the Data API', 'data_api_config_read', async () =>
      judgeSchemas((await readDataApi(client)).schemas, desired),
    ),
  ];
}

function notAsked({ environment }: DesiredState, env: Environment): DoctorItem {
  if (environment.projectRef === undefined) {
    return supabase.unknown(
      'project',
      'Project',
      `${environment.name} has no project_ref in environments.yaml.`,
      'Give it one, unless it is plain PostgreSQL.',
    );
  }
  return supabase.unknown(
    'project',
    'Project',
    (env.SUPABASE_ACCESS_TOKEN ?? '') === ''
      ? 'SUPABASE_ACCESS_TOKEN is not set.'
      : 'The project was not asked.',
    'Set it to a token that can read functions, their secrets and the settings of the Data API.',
  );
}

async function ask(
  thing: string,
  title: string,
  right: string,
  look: () => Promise<DoctorItem>,
): Promise<DoctorItem> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return supabase.bad(thing, title, {
        status: 'error',
        detail: error.message,
        remedy: `${error.hint ?? ''} Looking needs ${right}.`.trim(),
      });
    }
    if (error instanceof ManagementApiError || error instanceof z.ZodError) {
      return supabase.unknown(
        thing,
        title,
        error instanceof z.ZodError ? 'Supabase answered in an unknown form.' : error.message,
      );
    }
    throw error;
  }
}

function judgeFunctions(live: z.infer<typeof Functions>, { functions }: DesiredState): DoctorItem {
  const there = new Set(live.map(({ slug }) => slug));
  const missing = functions.filter(({ slug }) => !there.has(slug)).map(({ slug }) => slug);
  return judged(supabase, 'functions', 'Functions', {
    good: `All ${functions.length} the files name are deployed.`,
    trouble:
      missing.length === 0
        ? null
        : {
            status: 'error',
            detail: `Not deployed: ${listed(missing)}. Jobs that call them get 404.`,
            remedy: '`opsroom apply` (or a merge) deploys them.',
          },
  });
}

function judgeSecrets(live: z.infer<typeof NamedList>, { edgeSecrets }: DesiredState): DoctorItem {
  const there = new Set(live.map(({ name }) => name));
  const missing = edgeSecrets.filter(({ name }) => !there.has(name));
  return judged(supabase, 'secrets', 'Secrets of functions', {
    good: `All ${edgeSecrets.length} the files name are set.`,
    trouble:
      missing.length === 0
        ? null
        : {
            status: 'error',
            detail: `Not set: ${listed(missing.map(({ name }) => name))}. A guard that asks for a missing secret must fail closed.`,
            remedy: 'Apply with their values set (the variables secrets.yaml names).',
          },
  });
}

function judgeSchemas(live: readonly string[], { environment }: DesiredState): DoctorItem {
  const missing = (environment.apiSchemas ?? []).filter((name) => !live.includes(name));
  return judged(supabase, 'data_api', 'Schemas of the Data API', {
    good: live.join(', '),
    trouble:
      missing.length === 0
        ? null
        : {
            status: 'error',
            detail: `Not exposed: ${listed(missing)}. Functions get "The schema must be one of the following" (PGRST106).`,
            remedy: '`opsroom apply` exposes what environments.yaml names under `api:`.',
          },
  });
}
