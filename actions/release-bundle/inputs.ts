import * as z from 'zod';
import { environmentInput, tokenInput } from '../_shared/io/inputs.ts';

/** The inputs of action.yml; a contract test holds the two together. */
export const ReleaseBundleInputs = z.strictObject({
  environment: environmentInput,
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/, 'must be the whole name of a commit, 40 digits')
    .optional(),
  githubToken: tokenInput,
});
export type ReleaseBundleInputs = z.infer<typeof ReleaseBundleInputs>;
