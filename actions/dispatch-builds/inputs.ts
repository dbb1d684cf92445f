import * as z from 'zod';
import { environmentInput, integerInput, tokenInput } from '../_shared/io/inputs.ts';

/** The inputs of action.yml; a contract test holds the two together. */
export const DispatchBuildsInputs = z.strictObject({
  environment: environmentInput,
  limit: integerInput(1).default(50),
  pushProject: z.string().optional(),
  repositories: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
    .refine((names) => names.every((name) => /^[\w.-]+\/[\w.-]+$/.test(name)), 'give names such as acme/app'),
  root: z.string().default('.'),
  githubToken: tokenInput,
});
export type DispatchBuildsInputs = z.infer<typeof DispatchBuildsInputs>;
