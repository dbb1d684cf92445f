/** One thing wrong with a request: where in the body (a JSON path such as `samples[3].value`) and what. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/**
 * An answer that is the caller's to mend, or the platform's to explain: thrown anywhere below an endpoint, sent as
 * `{ error: { code, message, details? }, request_id }`. Messages never repeat what the caller sent.
 */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly details: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      readonly details?: readonly Fault[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = status;
    this.code = code;
    this.details = more.details ?? [];
    this.headers = more.headers ?? {};
  }
}

/** No credential, or one that opens nothing: which of the two, and which way was tried, stays with us. */
export function unauthorized(): HttpProblem {
  return new HttpProblem(401, 'unauthorized', 'A valid credential is needed.', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** Who asks is known, and may not. */
export function forbidden(): HttpProblem {
  return new HttpProblem(403, 'forbidden', 'This needs rights you do not have.');
}

/** Not there, or not visible to the caller: the answer is the same on purpose. */
export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, 'not_found', `There is no such ${what}.`);
}
