/** An error the server reported: SQLSTATE and texts as PostgreSQL sends them. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string;
  readonly detail: string | null;
  readonly hint: string | null;

  constructor(fields: Readonly<Record<string, string>>) {
    super(fields.M ?? 'unknown error');
    this.code = fields.C ?? 'XX000';
    this.detail = fields.D ?? null;
    this.hint = fields.H ?? null;
  }
}

/** The server could not be reached, or the connection ended under us. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure';
  /** `open` never worked, `lost` ended while a batch was under way, `busy` had no connection free in time. */
  readonly kind: 'open' | 'lost' | 'busy';

  constructor(kind: ConnectionFailure['kind'], message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.kind = kind;
  }
}
