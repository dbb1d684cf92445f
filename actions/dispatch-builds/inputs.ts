import * as z from 'zod';
import { environmentInput, integerInput, tokenInput } from '../_shared/io/inputs.ts';

/** The inputs of action.yml; a contract test holds the two together. */
export const DispatchBuildsInputs = z.strictObject({
  environment: environmentInput,
  limit: integerInput(1).default(50),
  root: z.string().default('.'),
  githubToken: tokenInput,
});
export type DispatchBuildsInputs = z.infer<typeof DispatchBuildsInputs>;
