import type { Json, JsonObject } from './json-schema.ts';
import type { OperationId } from './operations.ts';
import type { Allowance } from './rate-limit.ts';
import type { Identity, Need } from './tokens.ts';
import type { World } from './world.ts';

/** A request after routing. */
export interface HandledRequest extends World {
  readonly identity: Identity;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Json | undefined;
  /** Whether the caller asked for bytes as they are: `application/vnd.github.raw+json`. */
  readonly wantsRaw: boolean;
  /** What is left of the caller's hour. */
  readonly allowance: Allowance;
}

/** A success. */
export interface HandledResponse {
  readonly status: number;
  readonly body?: Json;
  /** Bytes instead of JSON. */
  readonly raw?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** A list before paging; the server cuts the page and writes the Link header. */
  readonly page?: readonly Json[];
  /** The list is not the body but stands in it under this name, beside `total_count`. */
  readonly pageName?: string;
  /** What else stands in it. */
  readonly more?: JsonObject;
}

/** One operation: which permission it asks for (any one of them), and what it does. */
export interface Handler {
  readonly needs: (request: HandledRequest) => readonly Need[];
  readonly handle: (request: HandledRequest) => HandledResponse;
}

/** The operations of one resource group. */
export type Handlers = Partial<Record<OperationId, Handler>>;
