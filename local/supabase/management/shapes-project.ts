/** Shapes of the Management API around keys and the database; see shapes.ts for where they come from. */
import * as z from 'zod';

const KeyName = z
  .string()
  .min(4)
  .max(64)
  .regex(/^[a-z_][a-z0-9_]+$/);
const JwtTemplate = z.record(z.string(), z.json());

/** A key to make. */
export const CreateApiKey = z.strictObject({
  type: z.enum(['publishable', 'secret']),
  name: KeyName,
  description: z.string().nullish(),
  secret_jwt_template: JwtTemplate.nullish(),
});

/** Changes to a key. */
export const UpdateApiKey = z.strictObject({
  name: KeyName.optional(),
  description: z.string().nullish(),
  secret_jwt_template: JwtTemplate.nullish(),
});

/** Whether the legacy keys are let in. */
export const LegacyApiKeys = z.strictObject({ enabled: z.boolean() });

/** A statement to run. */
export const RunQuery = z.strictObject({
  query: z.string().min(1),
  parameters: z.array(z.json()).optional(),
  read_only: z.boolean().optional(),
});

/** A statement that may only read. */
export const RunReadOnlyQuery = RunQuery.omit({ read_only: true });

/** Rows of the last statement. */
export const QueryRows = z.array(z.record(z.string(), z.unknown()));

/** A migration as the list shows it. */
export const MigrationRow = z.strictObject({ version: z.string(), name: z.string().optional() });

/** A migration in full. */
export const MigrationDetail = MigrationRow.extend({
  statements: z.array(z.string()).optional(),
  rollback: z.array(z.string()).optional(),
});

/** A migration to run, or (PUT) to record as run. */
export const CreateMigration = z.strictObject({
  query: z.string().min(1),
  name: z.string().optional(),
  rollback: z.string().optional(),
});

/** Changes to what is recorded of a migration. */
export const UpdateMigration = z.strictObject({
  name: z.string().optional(),
  rollback: z.string().optional(),
});

/** What an advisor says: splinter's rows. */
export const AdvisorsResponse = z.strictObject({
  lints: z.array(
    z.strictObject({
      name: z.string(),
      title: z.string(),
      level: z.enum(['ERROR', 'WARN', 'INFO']),
      facing: z.literal('EXTERNAL'),
      categories: z.array(z.enum(['PERFORMANCE', 'SECURITY'])),
      description: z.string(),
      detail: z.string(),
      remediation: z.string(),
      metadata: z.record(z.string(), z.unknown()),
      cache_key: z.string(),
    }),
  ),
});

/** A key that signs user tokens; secrets are never shown. */
export const SigningKeyResponse = z.strictObject({
  id: z.string(),
  algorithm: z.enum(['EdDSA', 'ES256', 'RS256', 'HS256']),
  status: z.enum(['in_use', 'previously_used', 'revoked', 'standby']),
  public_jwk: z.record(z.string(), z.unknown()).nullish(),
  created_at: z.string(),
  updated_at: z.string(),
});
