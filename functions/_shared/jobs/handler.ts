import type * as z from 'zod';
import type { JobContext, JobDefinition } from './define-job.ts';
import { milliseconds } from './duration.ts';

/** A definition that was checked and is ready to run. */
export interface Handler {
  readonly taskType: string;
  readonly timeoutMs: number;
  readonly parse: (payload: unknown) => ParsedPayload;
  readonly run: (payload: unknown, context: JobContext) => unknown;
}

export type ParsedPayload =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly problem: string };

/** Task types as the queue and file names accept them. */
export const TASK_TYPE = /^[a-z][a-z0-9_-]{0,62}$/;

/** What is wrong with a module that should hold a handler. */
export class NotAHandler extends Error {
  override readonly name = 'NotAHandler';
}

/** The handler a definition makes. @throws NotAHandler that says what is missing */
export function handlerOf<Payload>(taskType: string, definition: JobDefinition<Payload>): Handler {
  return readHandler(taskType, { job: definition });
}

/**
 * Read the exports of a handler's file: `job`, or the default export.
 *
 * @throws NotAHandler that says what is missing
 */
export function readHandler(taskType: string, module: object): Handler {
  if (!TASK_TYPE.test(taskType)) {
    throw new NotAHandler(`${taskType} is no task type: lower-case letters, digits, _ and -, a letter first`);
  }
  const job: unknown = 'job' in module ? module.job : 'default' in module ? module.default : undefined;
  if (typeof job !== 'object' || job === null) {
    throw new NotAHandler('it does not export `job`: write `export const job = defineJob({ ... })`');
  }
  const run = 'run' in job && typeof job.run === 'function' ? job.run.bind(job) : undefined;
  if (run === undefined) throw new NotAHandler('`job` has no function `run`');
  const payload = 'payload' in job ? job.payload : undefined;
  if (!isSchema(payload)) throw new NotAHandler('`job.payload` is no zod schema');
  const timeoutMs =
    'timeout' in job && typeof job.timeout === 'string' ? milliseconds(job.timeout) : undefined;
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw new NotAHandler("`job.timeout` is no duration such as '30s'");
  }
  return { taskType, timeoutMs, parse: (value) => parse(payload, value), run };
}

/** The one method of a zod schema we use; the handler's copy of zod may be another than ours. */
interface Schema {
  safeParse(value: unknown): z.ZodSafeParseResult<unknown>;
}

function isSchema(value: unknown): value is Schema {
  return (
    typeof value === 'object' &&
    value !== null &&
    'safeParse' in value &&
    typeof value.safeParse === 'function'
  );
}

const MOST_PROBLEMS = 5;

function parse(schema: Schema, value: unknown): ParsedPayload {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, payload: parsed.data };
  const { issues } = parsed.error;
  const told = issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => `${jsonPath(path)}: ${message}`);
  const more = issues.length > MOST_PROBLEMS ? `; and ${issues.length - MOST_PROBLEMS} more` : '';
  return { ok: false, problem: `invalid payload - ${told.join('; ')}${more}` };
}

/** `payload.items[3].name`; names that are no plain words in quotes. */
function jsonPath(path: readonly PropertyKey[]): string {
  let text = 'payload';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else
      text += /^[A-Za-z_$][\w$]*$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`;
  }
  return text;
}
