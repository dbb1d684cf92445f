import { json, type Outgoing } from '../http/message.ts';

/** An answer of the auth server that is not a success. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Clients that name the API version of 2024 get the code in `code`; others the older body. */
  toAnswer(apiVersion: string | undefined): Outgoing {
    const recent = apiVersion !== undefined && apiVersion >= '2024-01-01';
    const body = recent
      ? { code: this.code, message: this.message }
      : { code: this.status, error_code: this.code, msg: this.message };
    return json(this.status, body, {
      'x-sb-error-code': this.code,
      ...(recent ? { 'x-supabase-api-version': '2024-01-01' } : {}),
    });
  }
}
