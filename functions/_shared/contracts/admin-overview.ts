import * as z from 'zod';

const Section = z.record(z.string(), z.unknown());

/** What `admin-overview` answers; the sections are those of ops.overview(). */
export const AdminOverview = z.looseObject({
  alerts: z.unknown(),
  cron: z.unknown(),
  queue: Section,
  builds: z.unknown(),
  advisories: z.unknown(),
});
