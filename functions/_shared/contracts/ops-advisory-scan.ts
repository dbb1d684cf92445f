import * as z from 'zod';

/** What `ops-advisory-scan` is asked. */
export const AdvisoryScanRequest = z.strictObject({
  /** A project without a build for so many days gets advice. */
  quiet_days: z.int().min(1).max(365).default(7),
});

/** What it answers. */
export const AdvisoryScanAnswer = z.object({
  raised: z.int().nonnegative(),
  resolved: z.int().nonnegative(),
  projects: z.int().nonnegative(),
});
