import type { Outgoing } from '../http/message.ts';

/** The body of every error of the Data API. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details: unknown;
  readonly hint: string | null;
}

/** An answer that is not a success, with PostgREST's code. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      readonly details?: unknown;
      readonly hint?: string | null;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.body = { code, message, details: more.details ?? null, hint: more.hint ?? null };
    this.headers = more.headers ?? {};
  }

  /** As it goes out: the code is also in Proxy-Status, so that a client sees it without reading the body. */
  toAnswer(): Outgoing {
    return {
      status: this.status,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'proxy-status': `PostgREST; error=${printable(this.body.code)}`,
        ...this.headers,
      },
      body: JSON.stringify(this.body),
    };
  }
}

/** 400 of a query string that cannot be read. `where` is the place PostgREST names: what was read and the column. */
export function badQuery(message: string, details: string): RestError {
  return new RestError(400, 'PGRST100', message, { details });
}

/** 400 of a body that cannot be read. */
export function badBody(message: string): RestError {
  return new RestError(400, 'PGRST102', message);
}

/** 400 as PostgreSQL says it of a column that is not there, found before asking it. */
export function noSuchColumn(table: string, column: string, hint: string | null): RestError {
  return new RestError(400, '42703', `column ${table}.${column} does not exist`, { hint });
}

/** Codes come from `raise`, too: a header takes no control characters. */
function printable(code: string): string {
  return code.replaceAll(/[^\x20-\x7e]/g, '?');
}
