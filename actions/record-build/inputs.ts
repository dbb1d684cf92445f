import * as z from 'zod';
import type { Finish } from '../_shared/builds/recorder/session.ts';
import { booleanInput } from '../_shared/io/inputs.ts';

/** A JSON object, given as text. */
const jsonObject = z.string().transform((text, context) => {
  const parsed = z.record(z.string(), z.unknown()).safeParse(safeParse(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'must be a JSON object' });
  return z.NEVER;
});

/** When this job ends the build. */
const finishInput = z
  .enum(['true', 'false', 'failed'], { error: 'give true, false or failed' })
  .default('true')
  .transform((word): Finish => (word === 'true' ? 'always' : word === 'false' ? 'never' : 'failed'));

/** The inputs of action.yml; a contract test holds the two together. */
export const RecordBuildInputs = z.strictObject({
  buildId: z.uuid('must be the id of a build').optional(),
  project: z.string().max(63).optional(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/, 'must be the whole id of a commit')
    .optional(),
  databaseUrl: z.string().optional(),
  functionUrl: z.url({ protocol: /^https?$/, error: 'must be an http address' }).optional(),
  audience: z.string().default('opsroom'),
  run: z.string().optional(),
  shell: z.string().default('bash'),
  workingDirectory: z.string().default('.'),
  step: z.string().max(200).optional(),
  artifacts: z.string().optional(),
  metrics: z.string().optional(),
  environmentUrl: z.url({ protocol: /^https?$/, error: 'must be an http address' }).optional(),
  result: jsonObject.optional(),
  warnings: booleanInput(false),
  finish: finishInput,
  deployment: z.string().max(255).optional(),
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
