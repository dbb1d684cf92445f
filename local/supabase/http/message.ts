/** A request and an answer as the local services see them: plain values, because building Request and Response costs more than the work. */

/** A request whose body has been read. */
export interface Incoming {
  readonly method: string;
  /** The path below the service, still percent-encoded: `/rpc/add` for `/rest/v1/rpc/add`. */
  readonly path: string;
  /** What follows the question mark, still encoded. */
  readonly search: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An answer. */
export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** An answer in JSON. */
export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}
