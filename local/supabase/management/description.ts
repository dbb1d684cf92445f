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
import {
  AdvisorsResponse,
  CreateApiKey,
  CreateMigration,
  LegacyApiKeys,
  MigrationDetail,
  MigrationRow,
  QueryRows,
  RunQuery,
  RunReadOnlyQuery,
  SigningKeyResponse,
  UpdateApiKey,
  UpdateMigration,
} from './shapes-project.ts';

/** What a scoped token must allow. */
export type Permission =
  | 'project_admin_read'
  | 'edge_functions_read'
  | 'edge_functions_write'
  | 'edge_functions_secrets_read'
  | 'edge_functions_secrets_write'
  | 'data_api_config_read'
  | 'data_api_config_write'
  | 'api_gateway_keys_read'
  | 'api_gateway_keys_write'
  | 'database_read'
  | 'database_write'
  | 'database_migrations_read'
  | 'database_migrations_write'
  | 'advisors_read'
  | 'auth_signing_keys_read';

/** One operation. */
export interface Described {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What stands in braces is one segment. */
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
const API_KEYS = '/v1/projects/{ref}/api-keys';
const DATABASE = '/v1/projects/{ref}/database';
const ADVISORS = '/v1/projects/{ref}/advisors';
const SIGNING_KEYS = '/v1/projects/{ref}/config/auth/signing-keys';
const REVEAL = z.strictObject({ reveal: Switch.optional() });

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
  'v1-create-project-api-key': {
    method: 'POST',
    path: API_KEYS,
    permission: 'api_gateway_keys_write',
    query: REVEAL,
    body: 'json',
    request: CreateApiKey,
    status: 201,
    response: ApiKeyResponse,
  },
  'v1-get-project-legacy-api-keys': {
    ...NONE,
    method: 'GET',
    path: `${API_KEYS}/legacy`,
    permission: 'api_gateway_keys_read',
    status: 200,
    response: LegacyApiKeys,
  },
  'v1-update-project-legacy-api-keys': {
    method: 'PUT',
    path: `${API_KEYS}/legacy`,
    permission: 'api_gateway_keys_write',
    query: z.strictObject({ enabled: Switch }),
    body: 'none',
    request: z.undefined(),
    status: 200,
    response: LegacyApiKeys,
  },
  'v1-get-project-api-key': {
    method: 'GET',
    path: `${API_KEYS}/{id}`,
    permission: 'api_gateway_keys_read',
    query: REVEAL,
    body: 'none',
    request: z.undefined(),
    status: 200,
    response: ApiKeyResponse,
  },
  'v1-update-project-api-key': {
    method: 'PATCH',
    path: `${API_KEYS}/{id}`,
    permission: 'api_gateway_keys_write',
    query: REVEAL,
    body: 'json',
    request: UpdateApiKey,
    status: 200,
    response: ApiKeyResponse,
  },
  'v1-delete-project-api-key': {
    method: 'DELETE',
    path: `${API_KEYS}/{id}`,
    permission: 'api_gateway_keys_write',
    query: REVEAL.extend({ was_compromised: Switch.optional(), reason: z.string().optional() }),
    body: 'none',
    request: z.undefined(),
    status: 200,
    response: ApiKeyResponse,
  },
  'v1-run-a-query': {
    method: 'POST',
    path: `${DATABASE}/query`,
    permission: 'database_write',
    query: z.strictObject({}),
    body: 'json',
    request: RunQuery,
    status: 201,
    response: QueryRows,
  },
  'v1-read-only-query': {
    method: 'POST',
    path: `${DATABASE}/query/read-only`,
    permission: 'database_read',
    query: z.strictObject({}),
    body: 'json',
    request: RunReadOnlyQuery,
    status: 201,
    response: QueryRows,
  },
  'v1-list-migration-history': {
    ...NONE,
    method: 'GET',
    path: `${DATABASE}/migrations`,
    permission: 'database_migrations_read',
    status: 200,
    response: z.array(MigrationRow),
  },
  'v1-apply-a-migration': {
    method: 'POST',
    path: `${DATABASE}/migrations`,
    permission: 'database_migrations_write',
    query: z.strictObject({}),
    body: 'json',
    request: CreateMigration,
    status: 200,
    response: null,
  },
  'v1-upsert-a-migration': {
    method: 'PUT',
    path: `${DATABASE}/migrations`,
    permission: 'database_migrations_write',
    query: z.strictObject({}),
    body: 'json',
    request: CreateMigration,
    status: 200,
    response: null,
  },
  'v1-rollback-migrations': {
    method: 'DELETE',
    path: `${DATABASE}/migrations`,
    permission: 'database_migrations_write',
    query: z.strictObject({ gte: z.string().regex(/^\d+$/) }),
    body: 'none',
    request: z.undefined(),
    status: 200,
    response: null,
  },
  'v1-get-a-migration': {
    ...NONE,
    method: 'GET',
    path: `${DATABASE}/migrations/{version}`,
    permission: 'database_migrations_read',
    status: 200,
    response: MigrationDetail,
  },
  'v1-patch-a-migration': {
    method: 'PATCH',
    path: `${DATABASE}/migrations/{version}`,
    permission: 'database_migrations_write',
    query: z.strictObject({}),
    body: 'json',
    request: UpdateMigration,
    status: 200,
    response: null,
  },
  'v1-get-security-advisors': {
    method: 'GET',
    path: `${ADVISORS}/security`,
    permission: 'advisors_read',
    query: z.strictObject({ lint_type: z.literal('sql').optional() }),
    body: 'none',
    request: z.undefined(),
    status: 200,
    response: AdvisorsResponse,
  },
  'v1-get-performance-advisors': {
    ...NONE,
    method: 'GET',
    path: `${ADVISORS}/performance`,
    permission: 'advisors_read',
    status: 200,
    response: AdvisorsResponse,
  },
  'v1-get-project-signing-keys': {
    ...NONE,
    method: 'GET',
    path: SIGNING_KEYS,
    permission: 'auth_signing_keys_read',
    status: 200,
    response: z.strictObject({ keys: z.array(SigningKeyResponse) }),
  },
  'v1-get-project-signing-key': {
    ...NONE,
    method: 'GET',
    path: `${SIGNING_KEYS}/{id}`,
    permission: 'auth_signing_keys_read',
    status: 200,
    response: SigningKeyResponse,
  },
} as const satisfies Readonly<Record<string, Described>>;

/** An id of {@link OPERATIONS}. */
export type OperationId = keyof typeof OPERATIONS;

/** An operation and the segments its path holds. */
export interface MatchedOperation {
  readonly id: OperationId;
  readonly ref: string;
  readonly slug: string | null;
  /** `{id}` or `{version}`. */
  readonly item: string;
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
    if (groups !== undefined)
      return {
        id: route.id,
        ref: groups.ref ?? '',
        slug: groups.slug ?? null,
        item: groups.id ?? groups.version ?? '',
      };
  }
  return null;
}
