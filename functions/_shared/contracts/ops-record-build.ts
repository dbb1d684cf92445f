import * as z from 'zod';

const leased = {
  build_id: z.uuid(),
  attempt: z.int().positive(),
  /** A bigint, as text. */
  lease_token: z.string().regex(/^\d{1,19}$/),
};

const Level = z.enum(['debug', 'info', 'notice', 'warning', 'error']);

/** One thing a recorder has to say; the arguments of ops.record_build_lines, _status, _artifact, _metrics and _deployment. */
export const RecordBuildCall = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('lines'),
    first_seq: z.int().positive(),
    lines: z.string().max(4_000_000),
    at: z
      .array(z.iso.datetime({ offset: true }))
      .max(10_000)
      .optional(),
    levels: z.array(Level).max(10_000).optional(),
    steps: z.array(z.string().max(200).nullable()).max(10_000).optional(),
    kind: z
      .string()
      .regex(/^[a-z_]{1,40}$/)
      .optional(),
  }),
  z.strictObject({
    op: z.literal('status'),
    status: z.enum(['running', 'succeeded', 'almost', 'failed', 'cancelled']),
    error: z.string().max(10_000).optional(),
    result: z.record(z.string(), z.unknown()).optional(),
    environment_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
  }),
  z.strictObject({
    op: z.literal('artifact'),
    name: z.string().min(1).max(200),
    kind: z.enum(['link', 'diff', 'file', 'log', 'image', 'dump']),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    size_bytes: z.int().nonnegative().optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
  z.strictObject({
    op: z.literal('metrics'),
    key: z.string().min(1).max(100),
    samples: z
      .array(
        z.strictObject({
          metric: z.string().min(1).max(200),
          value: z.number(),
          dims: z.record(z.string().max(100), z.string().max(500)).optional(),
          ts: z.iso.datetime({ offset: true }).optional(),
        }),
      )
      .min(1)
      .max(1000),
  }),
  z.strictObject({
    op: z.literal('deployment'),
    environment: z.string().min(1).max(255),
    state: z.enum(['in_progress', 'success', 'failure', 'error']),
    environment_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
  }),
]);

/** What `ops-record-build` is asked by a run that proved itself. */
export const RecordBuildRequest = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('start'),
    /** Left out: the build is opened for the run. */
    build_id: z.uuid().optional(),
    project: z.string().max(63).optional(),
    /** What is built, when it is not the commit of the run. */
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/)
      .optional(),
    trigger: z.enum(['push', 'dispatch', 'schedule', 'manual', 'api']).default('push'),
    runner_id: z.string().min(1).max(200),
  }),
  z.strictObject({ op: z.literal('heartbeat'), ...leased }),
  z.strictObject({ op: z.literal('write'), ...leased, calls: z.array(RecordBuildCall).min(1).max(100) }),
]);
