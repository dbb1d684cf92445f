import * as z from 'zod';

/** A job for a machine: one run of a build. */
export const JobOrder = z.strictObject({
  kind: z.literal('job'),
  runId: z.number(),
  buildId: z.string(),
  repository: z.string(),
  branch: z.string(),
  lines: z.number(),
  /** Between two lines, on average. */
  paceMs: z.number(),
  how: z.enum(['success', 'warnings', 'failure']),
  /** Works until somebody stops it. */
  isEndless: z.boolean(),
  /** RUNNER_TEMP. */
  temp: z.string(),
  /** Where the job writes down what it says, before it says it. */
  said: z.string(),
  recorderUrl: z.string(),
  leaseMs: z.number(),
  heartbeatMs: z.number(),
  /** How long the end of the job waits for the database. */
  patienceMs: z.number(),
  /** ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN. */
  environment: z.record(z.string(), z.string()),
});
export type JobOrder = z.infer<typeof JobOrder>;

/** What a machine is told. `go`: an endless job may end as if nothing had been. */
export const ToMachine = z.discriminatedUnion('kind', [
  JobOrder,
  z.strictObject({ kind: z.literal('cancel'), runId: z.number() }),
  z.strictObject({ kind: z.literal('go'), runId: z.number() }),
]);
export type ToMachine = z.infer<typeof ToMachine>;

/** How a job of a machine ended. */
export const JobReport = z.strictObject({
  runId: z.number(),
  jobStatus: z.enum(['success', 'failure', 'cancelled']),
  /** What became of its story. `not_ours`: the build is another run's. `dropped`: nobody could keep it. */
  story: z.enum(['stored', 'stale', 'artifact', 'dropped', 'not_ours', 'refused']),
  /** It stopped because somebody stopped the build in the control room. */
  heardCancel: z.boolean(),
  note: z.string().nullable(),
});
export type JobReport = z.infer<typeof JobReport>;

/** What a machine tells. */
export const FromMachine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('writing'), runId: z.number() }),
  JobReport.extend({ kind: z.literal('ended') }),
]);
export type FromMachine = z.infer<typeof FromMachine>;

/** What a dispatcher works with. */
export const DispatcherOrder = z.strictObject({
  name: z.string(),
  url: z.string(),
  apiUrl: z.string(),
  token: z.string(),
  repository: z.string(),
  pauseMs: z.number(),
  patience: z.strictObject({
    listDelayMs: z.number(),
    looks: z.number(),
    againInMs: z.number(),
    missingMs: z.number(),
    postponeMs: z.number(),
  }),
  extendMs: z.number(),
  doublesAfterMs: z.number(),
  holdMs: z.number(),
  graceMs: z.number(),
});
export type DispatcherOrder = z.infer<typeof DispatcherOrder>;

/** What a dispatcher tells after each round. */
export const RoundReport = z.strictObject({
  /** How often what; `became succeeded`: silent builds that ended so. */
  did: z.record(z.string(), z.number()).optional(),
  failures: z.array(z.string()),
});
export type RoundReport = z.infer<typeof RoundReport>;
