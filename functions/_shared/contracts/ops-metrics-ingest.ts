import * as z from 'zod';

/** What `ops-metrics-ingest` is asked: samples of one moment, or each with a moment of its own. */
export const MetricsIngestRequest = z.strictObject({
  project_id: z.uuid(),
  branch_id: z.uuid().optional(),
  ts: z.iso.datetime({ offset: true }),
  samples: z
    .array(
      z.strictObject({
        metric: z.string().min(1).max(200),
        value: z.number(),
        dims: z
          .record(z.string().max(100), z.union([z.string().max(500), z.number(), z.boolean()]))
          .optional(),
        ts: z.iso.datetime({ offset: true }).optional(),
      }),
    )
    .min(1)
    .max(10_000),
});

/** What it answers: how many samples were kept. */
export const MetricsIngestAnswer = z.object({ inserted: z.int().nonnegative() });
