import * as z from 'zod';

/** What `sync` is asked. */
export const SyncRequest = z.strictObject({
  /** `incremental`: activity since the last pull; `full`: from the beginning; `totals_sweep`: totals that are stale. */
  mode: z.enum(['incremental', 'full', 'totals_sweep']).default('incremental'),
  /** Ask the game platform and count, write nothing. */
  dryRun: z.boolean().default(false),
  /** Only the competitors of one coach. */
  coachId: z.string().min(1).max(100).nullable().default(null),
});
export type SyncRequest = z.infer<typeof SyncRequest>;

/** What it answers; `remaining` competitors are left for the next call. */
export const SyncAnswer = z.looseObject({
  processed: z.int().nonnegative(),
  failed: z.int().nonnegative().default(0),
  remaining: z.int().nonnegative().default(0),
});
export type SyncAnswer = z.infer<typeof SyncAnswer>;
