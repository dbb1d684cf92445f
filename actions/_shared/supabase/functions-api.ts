import * as z from 'zod';
import type { FunctionFile } from './function-graph.ts';
import type { ManagementClient } from './management-client.ts';

/** A deployed function. The API says nothing about its content. */
export const DeployedFunction = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    status: z.string(),
    version: z.int(),
    created_at: z.int().nullish(),
    updated_at: z.int().nullish(),
    verify_jwt: z.boolean().nullish(),
    entrypoint_path: z.string().nullish(),
    import_map_path: z.string().nullish(),
  })
  .transform((found) => ({
    id: found.id,
    slug: found.slug,
    name: found.name,
    status: found.status,
    version: found.version,
    createdAt: dateOf(found.created_at),
    updatedAt: dateOf(found.updated_at),
    verifyJwt: found.verify_jwt ?? null,
    entrypoint: found.entrypoint_path ?? null,
    importMap: found.import_map_path ?? null,
  }));
/** A deployed function. */
export type DeployedFunction = z.infer<typeof DeployedFunction>;

function dateOf(milliseconds: number | null | undefined): Date | null {
  return milliseconds === null || milliseconds === undefined ? null : new Date(milliseconds);
}

/** All functions of the project. */
export async function listFunctions(client: ManagementClient): Promise<DeployedFunction[]> {
  return z
    .array(DeployedFunction)
    .parse(await client.send({ method: 'GET', path: '/functions', what: 'list the functions' }));
}

/** What is deployed. Paths are from the project's root. */
export interface FunctionDeployment {
  readonly slug: string;
  readonly entrypoint: string;
  readonly importMap: string | null;
  readonly staticPatterns: readonly string[];
  /** Left as it is when undefined; a new function then checks JWTs. */
  readonly verifyJwt: boolean | undefined;
  /** In the order of upload. */
  readonly files: readonly FunctionFile[];
}

const DEPLOY_MS = 120_000;

/**
 * Deploys a function: makes it, or replaces all of it. The request is the one of `supabase functions deploy --use-api`
 * (3.1.0), part by part. https://api.supabase.com/api/v1#tag/edge-functions/POST/v1/projects/{ref}/functions/deploy
 */
export async function deployFunction(
  client: ManagementClient,
  deployment: FunctionDeployment,
): Promise<DeployedFunction> {
  const { slug } = deployment;
  const answer = await client.send({
    method: 'POST',
    path: '/functions/deploy',
    query: { slug },
    form: () => deployForm(deployment),
    what: `deploy function ${slug}`,
    timeoutMs: DEPLOY_MS,
  });
  return DeployedFunction.parse(answer);
}

function deployForm(deployment: FunctionDeployment): FormData {
  const form = new FormData();
  for (const { path, content } of deployment.files) {
    form.append('file', new File([new Uint8Array(content)], path, { type: 'application/octet-stream' }));
  }
  const { slug, verifyJwt } = deployment;
  form.append(
    'metadata',
    JSON.stringify({
      entrypoint_path: deployment.entrypoint,
      import_map_path: deployment.importMap ?? '',
      static_patterns: deployment.staticPatterns,
      ...(verifyJwt === undefined ? {} : { verify_jwt: verifyJwt }),
      name: slug,
    }),
  );
  return form;
}

/** Deletes a function. @returns false when it was gone already */
export async function deleteFunction(client: ManagementClient, slug: string): Promise<boolean> {
  const answer = await client.send({
    method: 'DELETE',
    path: `/functions/${encodeURIComponent(slug)}`,
    what: `delete function ${slug}`,
    alsoFine: [404],
  });
  return answer !== undefined;
}
