import type { Json } from './json-schema.ts';
import type { OperationId } from './operations.ts';
import type { Store } from './store.ts';
import type { Identity, Need } from './tokens.ts';

/** A request after routing. */
export interface HandledRequest {
  readonly store: Store;
  readonly identity: Identity;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json | undefined;
  /** Base of the API, without a slash at the end. */
  readonly baseUrl: string;
}

/** A success. */
export interface HandledResponse {
  readonly status: number;
  readonly body?: Json;
  /** A list before paging; the server cuts the page and writes the Link header. */
  readonly page?: readonly Json[];
}

/** One operation: which permission it asks for (any one of them), and what it does. */
export interface Handler {
  readonly needs: (request: HandledRequest) => readonly Need[];
  readonly handle: (request: HandledRequest) => HandledResponse;
}

/** The operations of one resource group. */
export type Handlers = Partial<Record<OperationId, Handler>>;
