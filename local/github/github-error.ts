import type { Json } from './json-schema.ts';

/** One reason of a 422, as GitHub spells it. */
export interface FieldError {
  readonly resource: string;
  readonly field: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'custom';
  readonly message?: string;
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
export function notFound(): GitHubError {
  return new GitHubError(404, 'Not Found');
}

/** 403 of a token without the permission. */
export function notAccessible(): GitHubError {
  return new GitHubError(403, 'Resource not accessible by integration');
}

/** 422 with its reasons. */
export function invalid(...errors: readonly FieldError[]): GitHubError {
  return new GitHubError(422, 'Validation Failed', { errors });
}
