import * as z from 'zod';
import { booleanInput, tokenInput } from '../_shared/io/inputs.ts';

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/** The inputs of action.yml; a contract test holds the two together. */
export const PlanInputs = z.strictObject({
  environments: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
    .refine((names) => names.every((name) => NAME.test(name)), 'must be names of runbooks/environments.yaml'),
  prune: booleanInput(false),
  annotate: booleanInput(true),
  comment: booleanInput(true),
  commentAuthor: z.string().default('github-actions[bot]'),
  root: z.string().default('.'),
  githubToken: tokenInput,
});
export type PlanInputs = z.infer<typeof PlanInputs>;
