import * as z from 'zod';

/** What `openrouter-health-check` is asked; thresholds of one call, for trying them out. */
export const OpenRouterHealthCheckRequest = z.strictObject({
  /** Credits left, in US dollars, below which somebody should top up. */
  min_credits: z.number().nonnegative().optional(),
  /** What is left of the key's own limit, in US dollars. */
  min_key_limit: z.number().nonnegative().optional(),
  /** Minutes after which a cache counts as stale. */
  max_cache_age: z.number().positive().optional(),
});

/** What it answers. */
export const OpenRouterHealthCheckAnswer = z.object({
  ok: z.boolean(),
  raised: z.array(z.string()),
  resolved: z.array(z.string()),
});
export type OpenRouterHealthCheckAnswer = z.infer<typeof OpenRouterHealthCheckAnswer>;
