/**
 * The part of Supabase's Management API that we and the official command line tool use: routes, requests, answers. Shapes and
 * bounds are those of the API's own description as the supabase CLI 3.1.0 carries it (https://api.supabase.com/api/v1); the tool
 * itself is the second judge, in a contract test. Objects are strict on both sides: what is not described is noticed.
 */
import * as z from 'zod';
import {
  ApiKeyResponse,
  BulkFunction,
  CreateFunctionBody,
  CreateSecrets,
  DeployMetadata,
  FunctionResponse,
  FunctionSlug,
  PostgrestConfig,
  ProjectResponse,
  SecretResponse,
  SourceQuery,
  Switch,
  UpdateFunctionBody,
  UpdatePostgrestConfig,
} from './shapes.ts';

/** What a scoped token must allow. */
export type Permission =
  | 'project_admin_read'
  | 'edge_functions_read'
  | 'edge_functions_write'
  | 'edge_functions_secrets_read'
  | 'edge_functions_secrets_write'
  | 'data_api_config_read'
  | 'data_api_config_write'
  | 'api_gateway_keys_read';

/** One operation. */
export interface Described {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `{ref}` and `{slug}` stand for one segment. */
  readonly path: string;
  readonly permission: Permission;
  readonly query: z.ZodType;
  /** How the request's body is written; `source` is JSON or an eszip. */
  readonly body: 'none' | 'json' | 'multipart' | 'source';
  readonly request: z.ZodType;
  readonly status: number;
  /** Null for an answer without a described body. */
  readonly response: z.ZodType | null;
}

const NONE = { query: z.strictObject({}), body: 'none', request: z.undefined() } as const;
const FUNCTIONS = '/v1/projects/{ref}/functions';
const SECRETS = '/v1/projects/{ref}/secrets';
const POSTGREST = '/v1/projects/{ref}/postgrest';

/** The operations, by the ids of the API's description. */
export const OPERATIONS = {
  'v1-get-project': {
    ...NONE,
    method: 'GET',
    path: '/v1/projects/{ref}',
    permission: 'project_admin_read',
    status: 200,
    response: ProjectResponse,
  },
  'v1-list-all-functions': {
    ...NONE,
    method: 'GET',
    path: FUNCTIONS,
    permission: 'edge_functions_read',
    status: 200,
    response: z.array(FunctionResponse),
  },
  'v1-create-a-function': {
    method: 'POST',
    path: FUNCTIONS,
    permission: 'edge_functions_write',
    query: SourceQuery,
    body: 'source',
    request: CreateFunctionBody,
    status: 201,
    response: FunctionResponse,
  },
  'v1-bulk-update-functions': {
    method: 'PUT',
    path: FUNCTIONS,
    permission: 'edge_functions_write',
    query: z.strictObject({}),
    body: 'json',
    request: z.array(BulkFunction),
    status: 200,
    response: z.strictObject({ functions: z.array(FunctionResponse) }),
  },
  'v1-deploy-a-function': {
    method: 'POST',
    path: `${FUNCTIONS}/deploy`,
    permission: 'edge_functions_write',
    query: z.strictObject({ slug: FunctionSlug.optional(), bundleOnly: Switch.optional() }),
    body: 'multipart',
    request: DeployMetadata,
    status: 201,
    response: FunctionResponse.partial({ created_at: true, updated_at: true }),
  },
  'v1-get-a-function': {
    ...NONE,
    method: 'GET',
    path: `${FUNCTIONS}/{slug}`,
    permission: 'edge_functions_read',
    status: 200,
    response: FunctionResponse,
  },
  'v1-update-a-function': {
    method: 'PATCH',
    path: `${FUNCTIONS}/{slug}`,
    permission: 'edge_functions_write',
    query: SourceQuery,
    body: 'source',
    request: UpdateFunctionBody,
    status: 200,
    response: FunctionResponse,
  },
  'v1-delete-a-function': {
    ...NONE,
    method: 'DELETE',
    path: `${FUNCTIONS}/{slug}`,
    permission: 'edge_functions_write',
    status: 200,
    response: null,
  },
  'v1-get-a-function-body': {
    ...NONE,
    method: 'GET',
    path: `${FUNCTIONS}/{slug}/body`,
    permission: 'edge_functions_read',
    status: 200,
    response: null,
  },
  'v1-list-all-secrets': {
    ...NONE,
    method: 'GET',
    path: SECRETS,
    permission: 'edge_functions_secrets_read',
    status: 200,
    response: z.array(SecretResponse),
  },
  'v1-bulk-create-secrets': {
    method: 'POST',
    path: SECRETS,
    permission: 'edge_functions_secrets_write',
    query: z.strictObject({}),
    body: 'json',
    request: CreateSecrets,
    status: 201,
    response: null,
  },
  'v1-bulk-delete-secrets': {
    method: 'DELETE',
    path: SECRETS,
    permission: 'edge_functions_secrets_write',
    query: z.strictObject({}),
    body: 'json',
    request: z.array(z.string()),
    status: 200,
    response: null,
  },
  'v1-get-postgrest-service-config': {
    ...NONE,
    method: 'GET',
    path: POSTGREST,
    permission: 'data_api_config_read',
    status: 200,
    response: PostgrestConfig,
  },
  'v1-update-postgrest-service-config': {
    method: 'PATCH',
    path: POSTGREST,
    permission: 'data_api_config_write',
    query: z.strictObject({}),
    body: 'json',
    request: UpdatePostgrestConfig,
    status: 200,
    response: PostgrestConfig,
  },
  'v1-get-project-api-keys': {
    method: 'GET',
    path: '/v1/projects/{ref}/api-keys',
    permission: 'api_gateway_keys_read',
    query: z.strictObject({ reveal: Switch.optional() }),
    body: 'none',
    request: z.undefined(),
    status: 200,
    response: z.array(ApiKeyResponse),
  },
} as const satisfies Readonly<Record<string, Described>>;

/** An id of {@link OPERATIONS}. */
export type OperationId = keyof typeof OPERATIONS;

/** An operation and the segments its path holds. */
export interface MatchedOperation {
  readonly id: OperationId;
  readonly ref: string;
  readonly slug: string | null;
}

const ROUTES = (Object.keys(OPERATIONS) as OperationId[])
  .map((id) => {
    const { method, path } = OPERATIONS[id];
    const pattern = path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    return { id, method, pattern: new RegExp(`^${pattern}$`) };
  })
  // `functions/deploy` before `functions/{slug}`: fixed segments first.
  .sort(
    (a, b) =>
      (a.pattern.source.match(/\(\?</g)?.length ?? 0) - (b.pattern.source.match(/\(\?</g)?.length ?? 0),
  );

/** The operation of a request; null when there is none. */
export function matchOperation(method: string, path: string): MatchedOperation | null {
  for (const route of ROUTES) {
    const groups = route.method === method ? route.pattern.exec(path)?.groups : undefined;
    if (groups !== undefined) return { id: route.id, ref: groups.ref ?? '', slug: groups.slug ?? null };
  }
  return null;
}
