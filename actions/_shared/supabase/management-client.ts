import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ConfigurationError } from '../io/errors.ts';
import { waitBeforeRetry } from './rate-limit-wait.ts';

/** One project, as our narrow calls see it. */
export interface ManagementClient {
  readonly projectRef: string;
  /** Sends one request and gives back its JSON, parsed; null for an empty answer. */
  readonly send: (request: ManagementRequest) => Promise<unknown>;
}

/** A request to a path below `/v1/projects/{ref}`. */
export interface ManagementRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Made anew for every try: a form is read once. */
  readonly form?: () => FormData;
  /** What is being done, for messages: `list the functions`. */
  readonly what: string;
  /** Statuses that are an answer, not a failure; the call then gives undefined. */
  readonly alsoFine?: readonly number[];
  readonly timeoutMs?: number;
}

/** Settings of a client. */
export interface ManagementClientOptions {
  /** `sbp_…`. */
  readonly token: string;
  readonly projectRef: string;
  readonly apiUrl?: string;
  readonly fetch?: typeof fetch;
  /** Told when a limit or a failure makes us wait. */
  readonly onWait?: (message: string) => void;
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  readonly now?: () => number;
}

/** The API failed in a way nobody can set right in a file. */
export class ManagementApiError extends Error {
  override readonly name = 'ManagementApiError';
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

const API_URL = 'https://api.supabase.com';
const ANSWER_MS = 30_000;
const MOST_TRIES = 5;
const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504]);
const REF = /^[a-z]{20}$/;
const TOKEN = /^sbp_(?:oauth_)?[0-9a-f]{40}$/;
const Failure = z.object({ message: z.string() });

/**
 * A client of the Management API for one project. Every call we make may be repeated: reads, deletions, and writes that say
 * the whole of what should be (a deployment repeated is one version more with the same content). So a refusal by the rate limit,
 * a server error and a lost connection are tried again, as long as the API asks to wait, and then given up.
 *
 * @throws ConfigurationError when the token or the ref can't be right; nothing was sent
 */
export function createManagementClient(options: ManagementClientOptions): ManagementClient {
  const { projectRef, token } = options;
  if (!REF.test(projectRef)) {
    throw new ConfigurationError(`${JSON.stringify(projectRef)} is not the ref of a Supabase project.`, {
      hint: 'A ref has twenty lower-case letters; it stands in the address of the project in the dashboard.',
    });
  }
  if (!TOKEN.test(token)) {
    throw new ConfigurationError('The access token for Supabase does not look like one.', {
      hint: 'It begins with sbp_ and is made at https://supabase.com/dashboard/account/tokens.',
    });
  }
  return { projectRef, send: (request) => send(options, request) };
}

type Outcome =
  | { readonly kind: 'answer'; readonly body: unknown }
  /** Worth another try. */
  | { readonly kind: 'again'; readonly error: ManagementApiError; readonly headers: Headers | null };

async function send(options: ManagementClientOptions, request: ManagementRequest): Promise<unknown> {
  const { onWait = () => undefined, now = Date.now } = options;
  const pause = options.sleep ?? ((milliseconds: number) => sleep(milliseconds));
  for (let tries = 1; ; tries += 1) {
    const outcome = await tryOnce(options, request);
    if (outcome.kind === 'answer') return outcome.body;
    const wait = waitBeforeRetry(outcome.headers, { tries, now: now() });
    if (tries >= MOST_TRIES || wait === null) throw outcome.error;
    onWait(`${outcome.error.message}: waiting ${Math.ceil(wait / 1_000)} s`);
    await pause(wait);
  }
}

async function tryOnce(options: ManagementClientOptions, request: ManagementRequest): Promise<Outcome> {
  const { apiUrl = API_URL, projectRef, token } = options;
  const query = new URLSearchParams(request.query).toString();
  const url = `${apiUrl.replace(/\/$/, '')}/v1/projects/${projectRef}${request.path}${query === '' ? '' : `?${query}`}`;
  const body = request.form?.() ?? (request.json === undefined ? null : JSON.stringify(request.json));
  const type = request.json === undefined ? {} : { 'content-type': 'application/json' };
  let status: number | null = null;
  try {
    const response = await (options.fetch ?? fetch)(url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        'user-agent': 'ops-control-room',
        ...type,
      },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(request.timeoutMs ?? ANSWER_MS),
    });
    status = response.status;
    const text = await response.text();
    if (request.alsoFine?.includes(status)) return { kind: 'answer', body: undefined };
    if (response.ok) return { kind: 'answer', body: readJson(text, request) };
    const said = clean(reasonOf(text), token);
    if (!RETRIED.has(status)) throw refusal(request, { status, said, projectRef });
    const message = `Supabase could not ${request.what}: ${status}${said === '' ? '' : ` ${said}`}`;
    return { kind: 'again', error: new ManagementApiError(message, status), headers: response.headers };
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof ManagementApiError) throw error;
    const reason =
      error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : 'no connection';
    const message = `Supabase could not be asked to ${request.what}: ${reason}`;
    return { kind: 'again', error: new ManagementApiError(message, status, error), headers: null };
  }
}

function readJson(text: string, request: ManagementRequest): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ManagementApiError(`Supabase answered the request to ${request.what} with no JSON`, 200, error);
  }
}

function reasonOf(text: string): string {
  try {
    const parsed = Failure.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.message : '';
  } catch {
    return '';
  }
}

const LONGEST_REASON = 300;

/** What the API says is shown on one line, and never with our token in it. */
function clean(reason: string, token: string): string {
  return reason.replaceAll(token, '***').replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_REASON);
}

function refusal(
  request: ManagementRequest,
  {
    status,
    said,
    projectRef,
  }: { readonly status: number; readonly said: string; readonly projectRef: string },
): Error {
  const message = `Supabase refused to ${request.what} of project ${projectRef} (${status}${said === '' ? '' : `: ${said}`}).`;
  const hint = HINTS[status];
  return hint === undefined
    ? new ManagementApiError(message, status)
    : new ConfigurationError(message, { hint });
}

const HINTS: Readonly<Record<number, string>> = {
  400: 'The request itself is wrong: what is declared does not suit the project.',
  401: 'The access token is wrong, revoked or expired. Make one at https://supabase.com/dashboard/account/tokens and store it as the secret of the GitHub environment.',
  402: 'The plan of the organization does not allow more of this. Remove what is not needed, or change the plan.',
  403: 'The access token may not do this. A scoped token needs edge_functions_write, edge_functions_secrets_write and data_api_config_write.',
  404: 'There is no such project, or the token does not reach it. Compare `project_ref` in runbooks/environments.yaml.',
  413: 'A function may have 20 MB. Leave out static files it does not need.',
};
