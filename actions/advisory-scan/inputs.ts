import * as z from 'zod';
import { environmentInput, tokenInput } from '../_shared/io/inputs.ts';

/** The inputs of action.yml; a contract test holds the two together. */
export const AdvisoryScanInputs = z.strictObject({
  environment: environmentInput,
  issueAuthor: z.string().default('github-actions[bot]'),
  root: z.string().default('.'),
  githubToken: tokenInput,
});
export type AdvisoryScanInputs = z.infer<typeof AdvisoryScanInputs>;
