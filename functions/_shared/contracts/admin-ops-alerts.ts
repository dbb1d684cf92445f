import * as z from 'zod';

/** What `admin-ops-alerts` is asked. */
export const AdminOpsAlertsRequest = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('list'),
    limit: z.int().min(1).max(200).default(50),
    /** The smallest id of the page before. */
    before_id: z.int().positive().optional(),
    kind: z.string().min(1).max(100).optional(),
  }),
  z
    .strictObject({
      action: z.literal('resolve'),
      id: z.int().positive().optional(),
      dedupe_key: z.string().min(1).max(500).optional(),
      reason: z.string().max(500).optional(),
    })
    .refine(({ id, dedupe_key }) => (id === undefined) !== (dedupe_key === undefined), {
      message: 'Give exactly one of id and dedupe_key.',
    }),
  z.strictObject({
    action: z.literal('resolve_all'),
    kind: z.string().min(1).max(100).optional(),
    reason: z.string().max(500).optional(),
  }),
  z.strictObject({ action: z.literal('check_openrouter') }),
]);

/** An active alert as admins see it. */
export const Alert = z.looseObject({
  id: z.number(),
  kind: z.string(),
  dedupe_key: z.string(),
  severity: z.enum(['info', 'warning', 'critical']),
  title: z.string(),
  message: z.string(),
  status: z.string(),
  count: z.number(),
  first_seen_at: z.string(),
  last_seen_at: z.string(),
});
