import * as z from 'zod';

const Key = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'lower-case letters, digits and _, a letter first');

/** One typed input of a runbook, as its button asks for it. */
export const RunbookInput = z.strictObject({
  key: Key,
  label: z.string().min(1).max(200).optional(),
  type: z.enum(['string', 'number', 'boolean', 'choice', 'environment']).default('string'),
  options: z.array(z.string()).min(1).max(50).optional(),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  pattern: z.string().max(500).optional(),
});
export type RunbookInput = z.infer<typeof RunbookInput>;

const phase = z.enum(['preflight', 'execute', 'verify']).default('execute');
const step = { id: Key, title: z.string().min(1).max(200), phase };
const text = z.string().max(10_000);

/** One step; `kind` says what it does. Text may hold `{{ inputs.key }}`. */
export const RunbookStep = z.discriminatedUnion('kind', [
  /** Fire a declared job and follow it to its outcome. */
  z.strictObject({
    ...step,
    kind: z.literal('fire'),
    job: text,
    within: z.int().min(1).max(120).default(60),
  }),
  /** Call an Edge Function of this project with the job token; its JSON answer is kept. */
  z.strictObject({
    ...step,
    kind: z.literal('function'),
    function: text,
    body: z.record(z.string(), z.unknown()).default({}),
  }),
  /** Queue work; with `wait`, follow it to its end. */
  z.strictObject({
    ...step,
    kind: z.literal('enqueue'),
    task_type: text,
    payload: z.record(z.string(), z.unknown()).default({}),
    wait: z.int().min(0).max(120).default(0),
  }),
  /** Wait. */
  z.strictObject({ ...step, kind: z.literal('wait'), seconds: z.int().min(1).max(60) }),
  /** No active alert of these kinds (all, when none is named). */
  z.strictObject({ ...step, kind: z.literal('no_alerts'), kinds: z.array(text).max(50).default([]) }),
  /** A line in the log for people: what to look at, what to do by hand. */
  z.strictObject({ ...step, kind: z.literal('note'), message: text }),
]);
export type RunbookStep = z.infer<typeof RunbookStep>;

/** A runbook as `ops.run_templates.template_yaml` holds it. */
export const Runbook = z.strictObject({
  version: z.literal(1).or(z.literal('1')),
  inputs: z.array(RunbookInput).max(25).default([]),
  steps: z.array(RunbookStep).min(1).max(100),
});
export type Runbook = z.infer<typeof Runbook>;
