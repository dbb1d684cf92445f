import * as z from 'zod';
import { booleanInput } from '../_shared/io/inputs.ts';

/** A JSON object, given as text. */
const jsonObject = z.string().transform((text, context) => {
  const parsed = z.record(z.string(), z.unknown()).safeParse(safeParse(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'must be a JSON object' });
  return z.NEVER;
});

/** The inputs of action.yml; a contract test holds the two together. */
export const RecordBuildInputs = z.strictObject({
  buildId: z.uuid('must be the id of a build').optional(),
  project: z.string().max(63).optional(),
  databaseUrl: z.string().optional(),
  functionUrl: z.url({ protocol: /^https?$/, error: 'must be an http address' }).optional(),
  audience: z.string().default('opsroom'),
  run: z.string().optional(),
  shell: z.string().default('bash'),
  workingDirectory: z.string().default('.'),
  step: z.string().max(200).optional(),
  artifacts: z.string().optional(),
  metrics: z.string().optional(),
  environmentUrl: z.url('must be an address').optional(),
  result: jsonObject.optional(),
  warnings: booleanInput(false),
  finish: booleanInput(true),
  mask: z.string().optional(),
  jobStatus: z.enum(['success', 'failure', 'cancelled'], { error: 'is required: usually job.status' }),
});
export type RecordBuildInputs = z.infer<typeof RecordBuildInputs>;

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
