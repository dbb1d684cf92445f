import * as z from 'zod';

/** What `archive-odoo-files` is asked. */
export const ArchiveOdooFilesRequest = z.strictObject({
  /** Files moved at most in this call. */
  limit: z.int().min(1).max(500).default(50),
});

/** What it answers once the batch is settled and logged. */
export const ArchiveOdooFilesAnswer = z.object({
  status: z.enum(['success', 'error']),
  migrated: z.number(),
  failed: z.number(),
  remaining: z.number(),
  /** Seconds. */
  elapsed_s: z.number(),
  errors: z.array(z.string()),
});
export type ArchiveOdooFilesAnswer = z.infer<typeof ArchiveOdooFilesAnswer>;
