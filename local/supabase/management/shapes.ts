/**
 * What the Management API takes and gives: names and bounds as in the API's own description (https://api.supabase.com/api/v1), as
 * the supabase CLI 3.1.0 carries it. Objects are strict: what is not described is noticed.
 */
import * as z from 'zod';

/** A project's ref. */
export const ProjectRef = z.string().regex(/^[a-z]{20}$/);
/** A slug that may be made. */
export const FunctionSlug = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/);
const AnySlug = z.string().regex(/^[A-Za-z0-9_-]+$/);
const Milliseconds = z.int();
/** A truth value of a query. */
export const Switch = z.union([z.boolean(), z.string()]);
const Status = z.enum(['ACTIVE', 'REMOVED', 'THROTTLED']);

/** A function as the API shows it. */
export const FunctionResponse = z.strictObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  status: Status,
  version: z.int(),
  created_at: Milliseconds,
  updated_at: Milliseconds,
  verify_jwt: z.boolean().optional(),
  import_map: z.boolean().optional(),
  entrypoint_path: z.string().optional(),
  import_map_path: z.string().optional(),
  ezbr_sha256: z.string().optional(),
});
/** A function as the API shows it. */
export type FunctionResponse = z.infer<typeof FunctionResponse>;

/** What the part `metadata` of a deployment says. */
export const DeployMetadata = z.strictObject({
  entrypoint_path: z.string(),
  import_map_path: z.string().optional(),
  static_patterns: z.array(z.string()).optional(),
  verify_jwt: z.boolean().optional(),
  name: z.string().optional(),
});

/** One function of a bulk update. */
export const BulkFunction = z.strictObject({
  id: z.string(),
  slug: FunctionSlug,
  name: z.string(),
  status: Status,
  version: z.int(),
  created_at: Milliseconds.optional(),
  verify_jwt: z.boolean().optional(),
  import_map: z.boolean().optional(),
  entrypoint_path: z.string().optional(),
  import_map_path: z.string().optional(),
  ezbr_sha256: z.string().optional(),
});

/** A function made from one text. */
export const CreateFunctionBody = z.strictObject({
  slug: FunctionSlug,
  name: z.string(),
  body: z.string(),
  verify_jwt: z.boolean().optional(),
});

/** Changes to a function. */
export const UpdateFunctionBody = CreateFunctionBody.omit({ slug: true }).partial();

/** Secrets to set. */
export const CreateSecrets = z
  .array(
    z.strictObject({
      name: z
        .string()
        .min(1)
        .max(256)
        .regex(/^(?!SUPABASE_)/, 'must not begin with SUPABASE_'),
      value: z.string().max(24_576),
    }),
  )
  .max(100);
/** A secret as the API shows it: `value` is the SHA-256 of the value. */
export const SecretResponse = z.strictObject({
  name: z.string(),
  value: z.string(),
  updated_at: z.string().optional(),
});

const PoolSetting = z.int().nullable();
/** How the Data API is set up. */
export const PostgrestConfig = z.strictObject({
  db_schema: z.string(),
  max_rows: z.int(),
  db_extra_search_path: z.string(),
  db_pool: PoolSetting,
  db_pool_acquisition_timeout: PoolSetting,
  db_pool_max_lifetime: PoolSetting,
  db_pool_max_idletime: PoolSetting,
});
/** How the Data API is set up. */
export type PostgrestConfig = z.infer<typeof PostgrestConfig>;

/** Changes to how the Data API is set up. */
export const UpdatePostgrestConfig = z.strictObject({
  db_schema: z.string().optional(),
  db_extra_search_path: z.string().optional(),
  max_rows: z.int().min(0).max(1_000_000).optional(),
  db_pool: z.int().min(0).max(1_000).optional(),
  db_pool_acquisition_timeout: z.int().min(0).max(60).optional(),
  db_pool_max_lifetime: z.int().min(0).max(3_600).optional(),
  db_pool_max_idletime: z.int().min(0).max(60).optional(),
});

/** An API key of the project. */
export const ApiKeyResponse = z.strictObject({
  api_key: z.string().nullish(),
  id: z.string().nullish(),
  type: z.enum(['legacy', 'publishable', 'secret']).nullish(),
  prefix: z.string().nullish(),
  name: z.string(),
  description: z.string().nullish(),
  hash: z.string().nullish(),
  secret_jwt_template: z.record(z.string(), z.json()).nullish(),
  inserted_at: z.string().nullish(),
  updated_at: z.string().nullish(),
});

/** The project. */
export const ProjectResponse = z.strictObject({
  id: z.string(),
  ref: ProjectRef,
  organization_id: z.string(),
  organization_slug: z.string(),
  name: z.string(),
  region: z.string(),
  created_at: z.string(),
  status: z.string(),
  database: z.strictObject({
    host: z.string(),
    version: z.string(),
    postgres_engine: z.string(),
    release_channel: z.string(),
  }),
});

/** What may stand in the query when a function is sent as an eszip. */
export const SourceQuery = z.strictObject({
  slug: AnySlug.optional(),
  name: z.string().optional(),
  verify_jwt: Switch.optional(),
  import_map: Switch.optional(),
  entrypoint_path: z.string().optional(),
  import_map_path: z.string().optional(),
  ezbr_sha256: z.string().optional(),
});
