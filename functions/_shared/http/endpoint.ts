import type * as z from 'zod';
import type { Caller, Way } from '../auth/caller.ts';
import { admit } from '../auth/ways-in.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Log } from '../log/log.ts';
import { asProblem } from './as-problem.ts';
import { allowedOrigins, corsHeaders } from './cors.ts';
import { HttpProblem } from './problem.ts';
import { readJson } from './read-json.ts';

/** What a handler is given once the request was found to be in order. */
export interface Call<Body> {
  readonly body: Body;
  readonly caller: Caller;
  readonly request: Request;
  readonly log: Log;
  /** Aborted when the time box ends: finish what is under way, hand back the rest. */
  readonly signal: AbortSignal;
  /** Milliseconds left of the time box. */
  readonly remaining: () => number;
}

/** The answer as data; `status` is 200 unless said otherwise. */
export interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Endpoint<Schema extends z.ZodType> {
  /** Slug of the function, on every log line. */
  readonly name: string;
  readonly method?: 'POST' | 'GET';
  readonly ways: readonly Way[];
  readonly body: Schema;
  readonly maxBytes?: number;
  /** Whether browsers call it. */
  readonly cors?: boolean;
  /** Milliseconds; the platform ends a request after 150 s, and pg_net stops listening earlier. */
  readonly timeBox?: number;
  readonly handle: (call: Call<z.output<Schema>>) => Promise<Answer>;
}

/**
 * Turn a handler into `(request) => response`. Checks in this order: method, credential, content type, size, encoding,
 * JSON, shape. Whatever is thrown becomes one JSON answer with the request's id, and one log line with the cause.
 */
export function endpoint<Schema extends z.ZodType>(
  dependencies: Dependencies,
  definition: Endpoint<Schema>,
): (request: Request) => Promise<Response> {
  const method = definition.method ?? 'POST';
  const origins = allowedOrigins(dependencies.env('OPS_ALLOWED_ORIGINS'));
  return async (request) => {
    const started = dependencies.now();
    const requestId = crypto.randomUUID();
    const log = dependencies.log.with({ function: definition.name, request_id: requestId });
    const cors = definition.cors === true ? corsHeaders(request, origins, [method]) : {};
    if (definition.cors === true && request.method === 'OPTIONS')
      return new Response(null, { status: 204, headers: cors });
    const box = timeBox(definition.timeBox ?? 25_000, dependencies.now);
    try {
      if (request.method !== method) throw methodNotAllowed(method);
      const caller = await admit(request, definition.ways, dependencies);
      const body = await readJson(request, definition.body, { maxBytes: definition.maxBytes ?? 64 * 1024 });
      const answer = await definition.handle({ body, caller, request, log, ...box });
      log.info('answered', {
        status: answer.status ?? 200,
        ms: dependencies.now() - started,
        caller: caller.kind,
      });
      return json(answer.status ?? 200, answer.body, { ...cors, ...answer.headers });
    } catch (error) {
      const problem = asProblem(error);
      const level = problem.status >= 500 ? 'error' : 'warn';
      log[level]('refused', {
        status: problem.status,
        code: problem.code,
        ms: dependencies.now() - started,
        ...(problem.status >= 500 ? { cause: problem.cause ?? error } : {}),
      });
      return json(
        problem.status,
        {
          error: {
            code: problem.code,
            message: problem.message,
            ...(problem.details.length > 0 ? { details: problem.details } : {}),
          },
          request_id: requestId,
        },
        { ...cors, ...problem.headers },
      );
    } finally {
      box.end();
    }
  };
}

function timeBox(milliseconds: number, now: () => number) {
  const controller = new AbortController();
  const deadline = now() + milliseconds;
  const timer = setTimeout(() => controller.abort(timedOut()), milliseconds);
  return {
    signal: controller.signal,
    remaining: () => Math.max(0, deadline - now()),
    end: () => clearTimeout(timer),
  };
}

function timedOut(): HttpProblem {
  return new HttpProblem(504, 'timed_out', 'It took too long and was stopped; what was finished is kept.', {
    headers: { 'retry-after': '5' },
  });
}

function methodNotAllowed(method: string): HttpProblem {
  return new HttpProblem(405, 'method_not_allowed', `Send a ${method} request.`, {
    headers: { allow: method },
  });
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}
