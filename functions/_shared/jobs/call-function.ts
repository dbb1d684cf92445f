import type * as z from 'zod';
import type { Json } from './define-job.ts';
import { FailForGood, RetryLater } from './job-failure.ts';

/** One call of an Edge Function on behalf of a job. */
export interface FunctionCall<Answer> {
  readonly slug: string;
  readonly body: Json;
  readonly answer: z.ZodType<Answer>;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

export type FunctionCaller = <Answer>(call: FunctionCall<Answer>) => Promise<Answer>;

/** Where functions are and what opens them; unset values fail closed when a job wants to call one. */
export interface FunctionAccess {
  /** Base URL of the project (OPSROOM_FUNCTIONS_URL), for example https://ref.supabase.co */
  readonly url: string | undefined;
  /** The static job token (OPSROOM_JOB_TOKEN), sent as `x-job-token`. */
  readonly token: string | undefined;
  readonly fetch?: typeof fetch;
}

const LONGEST_ANSWER = 1_048_576;
const LONGEST_WAIT_S = 6 * 3600;

/** A caller of this project's Edge Functions. Redirects are refused: a token goes to the place that was configured only. */
export function createFunctionCaller(access: FunctionAccess): FunctionCaller {
  const send = access.fetch ?? fetch;
  return async ({ slug, body, answer, idempotencyKey, signal }) => {
    const { address, token } = target(access, slug);
    const response = await send(address, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-job-token': token,
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify(body),
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Error(`function ${slug} was not reached`, { cause: error });
    });
    const text = await readBounded(response, slug);
    if (!response.ok) throw refusal(response, slug, text);
    return check(parseJson(text), slug, answer);
  };
}

// Ordinary errors: what the worker lacks, its next start or another worker may have.
function target(access: FunctionAccess, slug: string): { readonly address: URL; readonly token: string } {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,127}$/.test(slug))
    throw new FailForGood(`"${slug}" is no name of a function`);
  const { url, token } = access;
  if (url === undefined || url === '') {
    throw new Error('OPSROOM_FUNCTIONS_URL is not set: the worker does not know where functions are');
  }
  if (token === undefined || token === '') {
    throw new Error('OPSROOM_JOB_TOKEN is not set: the worker has nothing to prove itself to functions');
  }
  if (!URL.canParse(url)) throw new Error('OPSROOM_FUNCTIONS_URL is no URL');
  const address = new URL(`${url.replace(/\/+$/, '')}/functions/v1/${slug}`);
  if (address.protocol !== 'https:' && !isLoopback(address.hostname)) {
    throw new Error('OPSROOM_FUNCTIONS_URL must start with https://: the job token travels with each call');
  }
  return { address, token };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The body as text; a body beyond the limit is not waited for. */
async function readBounded(response: Response, slug: string): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_ANSWER)
      throw new FailForGood(`function ${slug} answered with more than ${LONGEST_ANSWER} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function refusal(response: Response, slug: string, text: string): Error {
  const { status } = response;
  const message = `function ${slug} answered ${status}${quote(text)}`;
  if (status === 429 || status === 503) {
    const seconds = retryAfter(response.headers.get('retry-after'));
    return seconds === undefined ? new Error(message) : new RetryLater(`${seconds}s`, message);
  }
  // Too early and a timeout of the other side pass; every other 4xx is the same next time.
  if (status >= 500 || status === 408 || status === 425) return new Error(message);
  return new FailForGood(message);
}

/** The function's own words, when it gave any. */
function quote(text: string): string {
  const body = parseJson(text);
  const error = isRecord(body) ? (body.error ?? body.message) : undefined;
  const words = isRecord(error) ? [error.code, error.message] : [error];
  const told = words.filter((word) => typeof word === 'string' && word !== '').join(' - ');
  return told === '' ? '' : `: ${told.slice(0, 500)}`;
}

function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d{1,6}$/.test(header)
    ? Number(header)
    : Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, LONGEST_WAIT_S) : undefined;
}

function check<Answer>(value: unknown, slug: string, answer: z.ZodType<Answer>): Answer {
  const parsed = answer.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  throw new FailForGood(
    `function ${slug} answered something unexpected - ${where}: ${issue?.message ?? 'invalid'}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
