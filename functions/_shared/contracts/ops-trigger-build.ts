import * as z from 'zod';

/** What `ops-trigger-build` is asked. */
export const TriggerBuildRequest = z.strictObject({
  project_id: z.uuid(),
  branch_id: z.uuid(),
  commit_sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional(),
  inputs: z
    .record(z.string().min(1).max(100), z.union([z.string().max(2000), z.number(), z.boolean()]))
    .refine((inputs) => Object.keys(inputs).length <= 25, {
      message: 'At most 25 inputs, as workflow_dispatch allows.',
    })
    .default({}),
});

/** What it answers. */
export const TriggerBuildAnswer = z.object({
  build_id: z.uuid(),
  status: z.string(),
  queue_id: z.number(),
  created_at: z.string(),
});
