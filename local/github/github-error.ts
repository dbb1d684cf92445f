import type { Json } from './json-schema.ts';
import { type Identity, kindOf } from './tokens.ts';

/** One reason of a 422, as GitHub spells it. */
export interface FieldError {
  readonly resource: string;
  readonly field: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  readonly message?: string;
  /** What was given, where GitHub repeats it. */
  readonly value?: string;
}

/** An answer that is not a success, thrown by a handler and written by the server. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[];

  constructor(
    status: number,
    message: string,
    more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly errors?: readonly FieldError[];
    } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = more.headers ?? {};
    this.errors = more.errors ?? [];
  }

  /** The body GitHub sends along. */
  toBody(): Json {
    return {
      message: this.message,
      ...(this.errors.length === 0 ? {} : { errors: this.errors.map((error) => ({ ...error })) }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

/** 404, also for what the token may not even see. */
export function notFound(message = 'Not Found'): GitHubError {
  return new GitHubError(404, message);
}

/** 403 of a token without the permission. */
export function notAccessible(identity?: Identity): GitHubError {
  const isPersonal = identity !== undefined && kindOf(identity) === 'person';
  return new GitHubError(
    403,
    `Resource not accessible by ${isPersonal ? 'personal access token' : 'integration'}`,
  );
}

/** 422 with its reasons. */
export function invalid(...errors: readonly FieldError[]): GitHubError {
  return new GitHubError(422, 'Validation Failed', { errors });
}
