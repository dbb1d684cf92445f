import * as z from 'zod';
import { booleanInput, environmentInput, integerInput, tokenInput } from '../_shared/io/inputs.ts';

/** The inputs of action.yml; a contract test holds the two together. */
export const ReconcileInputs = z.strictObject({
  environment: environmentInput,
  dryRun: booleanInput(false),
  prune: booleanInput(false),
  allowDeletes: integerInput(1).optional(),
  expectDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the digest of a plan (64 hexadecimal digits)')
    .optional(),
  allowSuperseded: booleanInput(false),
  root: z.string().default('.'),
  githubToken: tokenInput,
});
export type ReconcileInputs = z.infer<typeof ReconcileInputs>;
