import * as z from 'zod';
import { environmentInput, tokenInput } from '../_shared/io/inputs.ts';

/** The inputs of action.yml; a contract test holds the two together. */
export const DriftInputs = z.strictObject({
  environment: environmentInput,
  label: z.string().max(50, 'must be a label of at most 50 characters').default('ops-drift'),
  issueAuthor: z.string().default('github-actions[bot]'),
  root: z.string().default('.'),
  githubToken: tokenInput,
});
export type DriftInputs = z.infer<typeof DriftInputs>;
